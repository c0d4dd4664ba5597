"""What a store promises, method by method.

Every method that changes something returns only when the change is durable, and raises
`StoreUnavailableError` where it cannot be made so now (nothing is then changed). Nothing here
assumes one process, a global order, or a row that can be updated for free: receipts and lanes
belong to a partition, a partition has one owner, claims are leases that end with the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from gateway.model.agent import RosterEntry
    from gateway.model.alarm import StandingAlarm
    from gateway.model.delivery import Answer, Delivery, NewDelivery, Outcome
    from gateway.model.event import Event
    from gateway.model.outgoing import OutgoingRequest
    from gateway.model.receipt import JournaledReceipt, VerifiedReceipt


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


@dataclass(frozen=True, slots=True)
class Appended:
    """A receipt is durable: its id, and which of its records were seen before."""

    receipt_id: str
    duplicates: frozenset[int]


@dataclass(frozen=True, slots=True)
class RoutedEvent:
    """An event with the deliveries it is owed."""

    event: Event
    deliveries: tuple[NewDelivery, ...]


@dataclass(frozen=True, slots=True)
class SeenState:
    """An activity or state name that a source has told."""

    source: str
    code: str | None
    label: str | None
    status: str
    mapped: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """All that translating one receipt came to; it becomes durable as one.

    *agents* maps agent keys to the JSON of what is known of them now. *quarantined* are the
    records that could not be translated after all.
    """

    receipt: JournaledReceipt
    events: tuple[RoutedEvent, ...] = ()
    agents: Mapping[str, bytes] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()
    seen_states: tuple[SeenState, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """What a lane remembers: the mapping's small *memory*, and what was last delivered.

    *delivered* is the digest of the last delivered part, `None` where the vendor's state is not
    known for certain (an attempt of unknown outcome, a restart with something owed).
    """

    memory: Mapping[str, Any] = field(default_factory=dict)
    delivered: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClaimedLane:
    """A lane with what it owes, oldest first. *more*: the store has further ones behind."""

    lane: str
    state: Lane
    deliveries: tuple[Delivery, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of one delivery at *at*. *lane_state*: the lane's new memory, or `None` to
    leave it. *mapping* is the destination mapping's name and version (kept with dead letters).
    """

    delivery: Delivery
    outcome: Outcome
    at: datetime
    mapping: str
    lane_state: Lane | None = None


@dataclass(frozen=True, slots=True)
class DestinationMark:
    """What must survive a restart of a destination's health."""

    paused: bool = False
    parked_since: datetime | None = None


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


class Outbox(Protocol):
    """Durable outbound."""

    async def claim(
        self, destination: str, *, lanes: int, depth: int, busy: frozenset[str]
    ) -> Sequence[ClaimedLane]:
        """Claim up to *lanes* lanes not in *busy*, each with its *depth* oldest deliveries.

        Lanes take turns; those whose first delivery is due come before those whose is not. What
        `finish` has just returned may be told again (the same *seq*).
        """
        ...

    async def refill(self, destination: str, lane: str, *, after: int, depth: int) -> ClaimedLane:
        """Return the lane's next deliveries behind sequence number *after* (0: all it owes)."""
        ...

    async def lane_states(self, destination: str, lanes: Sequence[str]) -> Mapping[str, Lane]:
        """Return what these lanes remember (absent where nothing is); one read for all."""
        ...

    async def forget_uncertain(self, destination: str) -> None:
        """Forget what was last delivered in the lanes that owe something: an attempt may have
        been under way when their worker ended.
        """
        ...

    async def record(self, recorded: Sequence[Recorded]) -> None:
        """Make outcomes durable, all or none."""
        ...

    async def backlog(self, destination: str) -> Backlog:
        """Count what a destination is owed."""
        ...

    async def marks(self) -> Mapping[str, DestinationMark]:
        """Return each destination's mark."""
        ...

    async def mark(self, destination: str, mark: DestinationMark) -> None:
        """Keep whether a destination is paused or parked. Un-parking moves the start of
        `give_up_after` of what waited by as long as it was parked.
        """
        ...


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A quarantined record or request as operators see it."""

    id: str
    source: str
    receipt_id: str
    received_at: datetime
    entry: Quarantined
    body: bytes
    """The excerpt of the record, or the whole request's bytes."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up. *mapping* is ``name version``."""

    id: str
    destination: str
    subject: str
    event_id: str
    event_type: str
    event: bytes
    reason: str
    detail: str
    mapping: str
    status: int | None
    answer: bytes
    attempts: int
    dead_at: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Which quarantine entries or dead letters are meant; `None` does not narrow.

    *name* is the source or the destination; *since* and *until* bound when it was set aside.
    """

    ids: tuple[str, ...] | None = None
    name: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a destination is owed: *pending* deliveries to send, *held* ones that wait for a
    roster change; *oldest* is the receipt time of the oldest pending.
    """

    pending: int
    held: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class HeldAgent:
    """An agent for whom deliveries are held at a destination. *event* is the newest one's."""

    destination: str
    subject: str
    count: int
    event: bytes


class Records(Protocol):
    """What operators look up and decide."""

    async def quarantine_entries(
        self, selection: Selection, *, limit: int = 100
    ) -> Sequence[QuarantineEntry]:
        """Return the newest entries that are meant."""
        ...

    async def retry_quarantine(self, selection: Selection) -> int:
        """Give receipts back to translation, just the entries' records; return how many entries."""
        ...

    async def discard_quarantine(self, selection: Selection) -> int:
        """Remove entries; return how many."""
        ...

    async def dead_letters(self, selection: Selection, *, limit: int = 100) -> Sequence[DeadLetter]:
        """Return the newest dead letters that are meant."""
        ...

    async def retry_dead_letters(
        self, selection: Selection, *, skip_superseded: frozenset[str]
    ) -> tuple[Sequence[Delivery], int]:
        """Owe dead letters again, at the end of their lanes. At the destinations named in
        *skip_superseded* a collapsing one with a newer collapsing event in its lane since is
        recorded as superseded instead. Return the new deliveries and the number superseded.
        """
        ...

    async def discard_dead_letters(self, selection: Selection) -> int:
        """Remove dead letters; return how many."""
        ...

    async def agents(self, *, source: str | None = None) -> Mapping[str, bytes]:
        """Return what is known of every agent, by key."""
        ...

    async def agent_keys(self) -> Sequence[str]:
        """Return the key of every agent of whom something is known."""
        ...

    async def seen_states(self) -> Sequence[SeenState]:
        """Return every activity and state name told, by source."""
        ...

    async def backlog(self, destination: str) -> Backlog:
        """Count what a destination is owed."""
        ...

    async def sizes(self) -> Mapping[str, int]:
        """Count rows: ``receipts``, ``untranslated``, ``events``, ``quarantine`` (and
        ``quarantine:{source}``), ``dead_letters`` (and ``dead_letters:{destination}``),
        ``agents``, and ``outcome:{destination}:{outcome}``.
        """
        ...

    async def held(self) -> Sequence[HeldAgent]:
        """Return the agents for whom deliveries are held, by destination."""
        ...

    async def release(
        self,
        destination: str,
        subject: str,
        *,
        lane: str,
        identity: str | None,
        skip_superseded: bool = False,
    ) -> Sequence[Delivery]:
        """Let go of an agent's held deliveries into *lane*; return them. They keep their *seq*,
        so they stand before what the lane was owed later. With *skip_superseded* a collapsing
        one with a newer collapsing event in the lane since is recorded as superseded instead.
        """
        ...

    async def marks(self) -> Mapping[str, DestinationMark]:
        """Return each destination's mark."""
        ...


@dataclass(frozen=True, slots=True)
class Newest:
    """The last sequence numbers that are durable: a receipt's, and a delivery's."""

    receipt: int
    delivery: int


class Everybody(Protocol):
    """Everybody at once, for snapshots: read in slices, so that nothing waits for the whole."""

    def newest(self) -> Newest:
        """Return the last sequence numbers that are durable."""
        ...

    async def waiting_sources(self, upto: int) -> frozenset[str]:
        """Return the sources that have receipts up to that number not yet translated."""
        ...

    async def agents_after(self, key: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Return what is known of the next agents behind *key*, by key."""
        ...

    async def lanes_after(
        self, destination: str, lane: str, limit: int
    ) -> Sequence[tuple[str, bytes | None]]:
        """Return what was last delivered in the next lanes behind *lane*, by name."""
        ...

    async def told(
        self, destination: str, lanes: Mapping[str, bytes | None], *, newest: int = 0
    ) -> None:
        """Keep what the vendor was told in *lanes* besides deliveries (`None`: not certain).
        Dead letters of them up to *newest* are overtaken. Not all of it becomes durable at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm was raised or cleared; *routed* is the event that tells of it."""

    standing: StandingAlarm
    is_raised: bool
    routed: RoutedEvent


class Alarms(Protocol):
    """What is raised, beyond the life of a process."""

    async def alarms(self) -> Sequence[StandingAlarm]:
        """Return the alarms that are raised, oldest first."""
        ...

    async def keep_alarms(self, changes: Sequence[AlarmChange]) -> Sequence[Delivery]:
        """Keep changes and what their events are owed, all or none; return the deliveries.

        A change that is kept already changes nothing.
        """
        ...


class Store(Journal, Outbox, Records, Everybody, Alarms, Protocol):
    """The whole of what is durable."""

    async def check_writable(self) -> None:
        """Make something small durable, or raise `StoreUnavailableError`: it cannot accept now."""
        ...

    async def close(self) -> None:
        """Finish what is under way, mark the end as clean, and let go of the store."""
        ...

    async def prune(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time; return how much was removed."""
        ...


class Transport(Protocol):
    """The wire to one destination."""

    async def send(self, request: OutgoingRequest) -> Answer:
        """Make one attempt. Whatever goes wrong on the wire is an answer with status 0."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a sender is answered: the records that can be translated, those seen before, those
    that cannot be read, those of kinds that the source does not use.
    """

    receipt: str
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    ignored: int = 0


class Intake(Protocol):
    """The way in for a request whose sender is believed."""

    async def accept(self, verified: VerifiedReceipt) -> Accepted:
        """Make it durable and say what it holds.

        Raises:
            ContentError: 400 or 422; the bytes are in quarantine.
            StoreUnavailableError: nothing is kept; the sender must send again.
        """
        ...


class Roster(Protocol):
    """Who the agents are to the vendors."""

    def entry(self, source: str, agent_id: str) -> RosterEntry | None:
        """Return what the roster says of the agent with the platform's id."""
        ...

    def agents_of(self, source: str) -> Sequence[RosterEntry]:
        """Return everybody whom the roster names of a source."""
        ...
