"""What a source mapping makes of a record: a picture, a change, or a contact fact.

Times in observations are the platform's, as read; whether they are believed is decided by the
tracker (from 2000-01-01 to five minutes after receipt). `None` means that none was told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.model.agent import Channel, Contact, Identity, Named, Reason, Status
from gateway.model.contact import ContactPiece
from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@quick
@dataclass(frozen=True, slots=True)
class Activity:
    """What an agent chose to be in: its status by the mapping's tables, and since when.

    *mapped* is false where no table of the operator's or the platform's names it, so that it
    is listed as unmapped.
    """

    status: Status
    reason: Reason
    since: datetime | None = None
    mapped: bool = True


@quick
@dataclass(frozen=True, slots=True)
class Departure:
    """A contact told as no longer held, and when it ended."""

    key: str
    at: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class Picture:
    """All that one agent is at one moment. Contacts not in it are no longer held.

    *at* orders the pictures of an agent. *activity* is `None` where the platform told nothing
    of it: what was last known stays. *live_channels*: on these a contact decides the status
    even against an activity that is not ready.
    """

    agent: Identity
    at: datetime | None
    native_id: str | None = None
    activity: Activity | None = None
    contacts: tuple[Contact, ...] = ()
    departures: tuple[Departure, ...] = ()
    channels: tuple[Channel, ...] = ()
    live_channels: frozenset[str] = frozenset()


@quick
@dataclass(frozen=True, slots=True)
class Held:
    """What a platform told of one contact of an agent.

    *version* counts the tellings of the contact, `None` where the platform does not; they are in
    order by it, else by time. *is_gone*: the agent holds it no longer.
    """

    contact: Contact
    version: int | None = None
    is_gone: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Glimpse:
    """One piece of an agent at one moment; what is not told stays as it is.

    Each piece has an order of its own: the activity by the time of its change (*activity* with a
    *since*) or of the glimpse, a contact by its version or time. *live_channels* as in a
    `Picture`.
    """

    agent: Identity
    at: datetime | None
    native_id: str | None = None
    activity: Activity | None = None
    held: Held | None = None
    channel: Channel | None = None
    live_channels: frozenset[str] = frozenset()


@quick
@dataclass(frozen=True, slots=True)
class RollCall:
    """How one agent stands by the platform's own answer to our question.

    *at* is when was asked, by our clock. *contacts* are all that are held (their *since* the last
    change told of each), *departures* some that are not; `None`: was not asked. What is concluded
    from it is inferred.
    """

    agent: Identity
    at: datetime
    activity: Activity | None = None
    contacts: tuple[Contact, ...] | None = None
    departures: tuple[Departure, ...] = ()
    live_channels: frozenset[str] = frozenset()
    native_id: str | None = None


class ChangeKind(StrEnum):
    """What a change does to the agent's session."""

    LOGIN = "login"
    LOGOUT = "logout"
    STATE = "state"


@quick
@dataclass(frozen=True, slots=True)
class Change:
    """One agent went from one state to another.

    *outcome* and *follows* are the platform's own words for the state after and before, made
    comparable by the mapping (base, aux); they put the changes of one second in order.
    *follows* is `None` where the platform did not tell. *status_after* replaces *status* where
    *follows* is `None` and the first word of the outcome held is one of its keys.
    *session_seconds* is the length of the session as the platform tells it at a logout.
    """

    agent: Identity
    at: datetime | None
    kind: ChangeKind
    status: Status = Status.UNKNOWN
    reason: Reason = field(default_factory=Reason)
    next: Status | None = None
    native_id: str | None = None
    session_id: str | None = None
    session_seconds: float | None = None
    outcome: tuple[str, str] = ("", "")
    follows: tuple[str, str] | None = None
    status_after: Mapping[str, Status] = field(default_factory=dict)
    contact: Contact | None = None
    mapped: bool = True


@quick
@dataclass(frozen=True, slots=True)
class ContactFact:
    """One contact came to its end. Durations are seconds.

    *agent* is `None` where nobody took it.
    """

    agent: Identity | None
    contact_id: str | None
    native_id: str | None = None
    account_id: str | None = None
    conversation_id: str | None = None
    channel: str | None = None
    direction: str | None = None
    queue: Named | None = None
    outcome: str = "unknown"
    disposition: str | None = None
    customer_address: str | None = None
    dialed_number: str | None = None
    started_at: datetime | None = None
    duration_seconds: float | None = None
    queue_seconds: float | None = None
    recording_url: str | None = None


AgentObservation = Picture | Glimpse | RollCall | Change | ContactFact
Observation = AgentObservation | ContactPiece
