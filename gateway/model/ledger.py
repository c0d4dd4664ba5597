"""The ledger: what is kept of states and contacts so that figures can be made of them.

Times are milliseconds since 1970, UTC; durations are seconds. `None`: not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.model.agent import Named, Status
from gateway.model.values import Word, quick

if TYPE_CHECKING:
    from collections.abc import Mapping

Millis = int


class Mark(Word):
    """What an agent's entry marks."""

    LOGIN = "login"
    LOGOUT = "logout"
    STATE = "state"


@quick
@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An agent logged in, logged out, or came into a state at *at*.

    *status* and *reason* (the platform's label, else its code) are those of the agent from then
    on. Entries of one agent may come late: of those of one time the last one kept counts.
    """

    agent: str
    at: Millis
    mark: Mark
    status: Status
    reason: str | None = None


ACTIVITY = ""
"""What a glimpse entry is of where it is of the agent's activity."""

EVERYTHING = "*"
"""Of all contacts at once: none of them is held."""

GONE = "gone"
"""The word of a contact that is held no more."""


@quick
@dataclass(frozen=True, slots=True)
class GlimpseEntry:
    """One piece of an agent at *at*, by which their states are put together in the order of time,
    however late it came.

    *of* is `ACTIVITY` (*word* is its status, *reason* the platform's label or code), the key of a
    contact (*word* is its phase, or `GONE`), or `EVERYTHING`. *is_live*: the contact counts against
    an activity that is not ready.
    """

    agent: str
    source: str
    at: Millis
    of: str
    word: str
    reason: str | None = None
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """A contact came into a queue."""

    queue: Named
    at: Millis


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A contact as told last: its newest `contact.completed`.

    *key* is ``{source}:{contact id}``; *conversation* joins the contacts of one conversation;
    *agent* the agent key, `None` where nobody took it. *hops* are the queues it went through, in
    order. *started_at* is its arrival, *ended_at* the end of the conversation, before wrap-up.
    *is_abandoned*: the customer left before anybody answered (an override of the platform's
    included). A contact without a *direction* counts as inbound. *is_transfer*: another agent sent
    it here, so that its first queue is not offered it anew; *is_sent_on*: its own agent sent it on.
    """

    key: str
    revision: int
    source: str
    conversation: str
    outcome: str
    is_abandoned: bool
    agent: str | None = None
    channel: str | None = None
    direction: str | None = None
    queue: Named | None = None
    team: Named | None = None
    hops: tuple[Hop, ...] = ()
    started_at: Millis | None = None
    answered_at: Millis | None = None
    ended_at: Millis | None = None
    queue_seconds: float | None = None
    ring_seconds: float | None = None
    talk_seconds: float | None = None
    hold_seconds: float | None = None
    wrap_seconds: float | None = None
    is_transfer: bool = False
    is_sent_on: bool = False
    customer_id: str | None = None
    city: str | None = None
    country: str | None = None
    phone: str | None = None
    zip: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """From *since* until *until* the gateway was up and heard a source."""

    source: str
    since: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class QueueInterval:
    """One queue in one interval; inbound contacts only. Counts are contacts.

    *offered* are those that came into this queue first, *overflow_in* those that came from another
    one (of one that an agent has transferred, the first queue too), *overflow_out* those that went
    on to another one without an agent: ``offered + overflow_in = answered + abandoned +
    overflow_out + other`` (*other*: ended without an agent and without being abandoned: cancelled
    by a time limit, deflected, unknown). *abandoned_within* leaves the short ones out. *coverage*
    is 0 to 1: how much of the interval every feed was heard.
    """

    start: Millis
    minutes: int
    source: str
    queue: Named
    channel: str | None = None
    offered: int = 0
    overflow_in: int = 0
    overflow_out: int = 0
    answered: int = 0
    answered_within: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    abandoned_within: int = 0
    other: int = 0
    answered_queue_seconds: float = 0
    abandoned_queue_seconds: float = 0
    longest_answered_seconds: float = 0
    longest_abandoned_seconds: float = 0
    ring_seconds: float = 0
    talk_seconds: float = 0
    hold_seconds: float = 0
    wrap_seconds: float = 0
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class AgentInterval:
    """One agent in one interval: seconds of each status, split at its borders, and contacts.

    *by_reason* are the not-ready seconds by the platform's reason, where it told one. *inbound*
    and *outbound* count the contacts answered that are booked in the interval, with their talk
    seconds, *transferred_out* those of them that the agent sent on.
    """

    start: Millis
    minutes: int
    agent: str
    logged_in_seconds: float = 0
    ready_seconds: float = 0
    reserved_seconds: float = 0
    busy_seconds: float = 0
    after_call_work_seconds: float = 0
    not_ready_seconds: float = 0
    unknown_seconds: float = 0
    by_reason: Mapping[str, float] = field(default_factory=dict)
    inbound: int = 0
    inbound_talk_seconds: float = 0
    outbound: int = 0
    outbound_talk_seconds: float = 0
    transferred_out: int = 0
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class AgentQueueInterval:
    """One agent in one queue in one interval: the inbound contacts that they answered of it."""

    start: Millis
    minutes: int
    agent: str
    source: str
    queue: Named
    answered: int = 0
    talk_seconds: float = 0
    hold_seconds: float = 0
    wrap_seconds: float = 0
    transferred_out: int = 0
    coverage: float = 1.0
