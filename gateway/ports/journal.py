"""Durable inbound: what a receipt comes to, and what is promised of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.badge import BadgeChange
    from gateway.model.delivery import Delivery, NewDelivery
    from gateway.model.event import Event
    from gateway.model.ledger import AgentEntry, GlimpseEntry
    from gateway.model.receipt import JournaledReceipt, VerifiedReceipt

MOST_TOLD_STATES = 2000
"""How many are kept: a platform has some dozens; whoever makes up names gets no more room."""


@quick
@dataclass(frozen=True, slots=True)
class RecordKey:
    """A record of a receipt that can be translated. *digest* `None`: never a duplicate."""

    index: int
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something authentic that cannot be read; its receipt is kept as long as it is.

    *index* is the record's place in its request, `None` for the whole body; *excerpt* the
    record's JSON (at most 64 KiB; empty for the whole body, whose bytes are the receipt's);
    *reason* a word (``content``, ``unreadable``, ``foreign_account``, ``translate``,
    ``crashed``), *detail* what is wrong, without secrets.
    """

    reason: str
    detail: str
    index: int | None = None
    excerpt: bytes = b""


@quick
@dataclass(frozen=True, slots=True)
class Appended:
    """A receipt is durable: its id, and which of its records were seen before."""

    receipt_id: str
    duplicates: frozenset[int]


@quick
@dataclass(frozen=True, slots=True)
class RoutedEvent:
    """An event with the deliveries it is owed."""

    event: Event
    deliveries: tuple[NewDelivery, ...]


class SeenState(NamedTuple):
    """An activity or state name that a source has told."""

    source: str
    code: str | None
    label: str | None
    status: str
    mapped: bool


class ToldState(NamedTuple):
    """A status with its reason, as the events of a source told it."""

    source: str
    status: str
    code: str | None
    label: str | None


@quick
@dataclass(frozen=True, slots=True)
class Finished:
    """All that translating one receipt came to; it becomes durable as one.

    *agents* maps agent keys to the JSON of what is known of them now. *quarantined* are the
    records that could not be translated after all. *told_states* are those that were not told
    before, as far as anybody remembers. *badges*: what agents go by from now on.
    *contacts* maps the keys of contacts told in pieces to the JSON of what is known of them now,
    *conversations* names to the conversation that they belong to. *glimpses* and *late* changes are
    what the ledger keeps beside the events; the former in place of the states that they made.
    """

    receipt: JournaledReceipt
    events: tuple[RoutedEvent, ...] = ()
    agents: Mapping[str, bytes] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()
    seen_states: tuple[SeenState, ...] = ()
    told_states: tuple[ToldState, ...] = ()
    badges: tuple[BadgeChange, ...] = ()
    contacts: Mapping[str, bytes] = field(default_factory=dict)
    conversations: Mapping[str, str] = field(default_factory=dict)
    glimpses: tuple[GlimpseEntry, ...] = ()
    late: tuple[AgentEntry, ...] = ()


class Journal(Protocol):
    """Durable inbound."""

    async def append(
        self,
        verified: VerifiedReceipt,
        records: Sequence[RecordKey],
        quarantined: Sequence[Quarantined] = (),
    ) -> Appended:
        """Make a request durable; tell duplicates apart in the same transaction."""
        ...

    async def quarantine(self, verified: VerifiedReceipt, entry: Quarantined) -> str:
        """Keep a request that cannot be read at all; return its receipt's id."""
        ...

    async def untranslated(self, limit: int) -> Sequence[JournaledReceipt]:
        """Claim the oldest receipts not yet translated, in order; wait until there is one.

        After an unclean end it may be one at a time, the next only when that one is finished.
        """
        ...

    def under_way(self, receipt: JournaledReceipt | None) -> None:
        """Note which receipt a mapping is at work on (`None`: none). The note outlives the
        process, costs no write, and lets a receipt that ended the process twice be set aside.
        """
        ...

    async def finish(self, finished: Sequence[Finished]) -> Sequence[Delivery]:
        """Record several translations at once; return the deliveries that may be sent.

        What was held of an agent whom the roster did not name goes first when it does now.
        """
        ...

    def untranslated_count(self) -> int:
        """How many receipts wait to be translated."""
        ...

    async def known_agents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is known of these agents (absent where nothing is)."""
        ...

    async def known_contacts(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is known of these contacts (absent where nothing is)."""
        ...

    async def conversations(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return to which conversation names belong (absent where to none)."""
        ...

    async def own_key(self, name: str) -> bytes:
        """Return a key of our own by its name, 32 bytes that no other store has."""
        ...
