"""What operators look at and decide: quarantine, dead letters, agents, what is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gateway.model.badge import BadgeChange
    from gateway.model.delivery import Delivery
    from gateway.ports.journal import Quarantined, SeenState, ToldState
    from gateway.ports.outbox import Backlog, DestinationMark


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
class HeldAgent:
    """An agent for whom deliveries are held at a destination. *lane*, *reason* and *event* are
    the newest one's.
    """

    destination: str
    subject: str
    count: int
    lane: str
    reason: str
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
        self,
        selection: Selection,
        *,
        skip_superseded: frozenset[str],
        offer: Callable[[Sequence[Delivery]], None] | None = None,
    ) -> tuple[Sequence[Delivery], int]:
        """Owe dead letters again, at the end of their lanes. At the destinations named in
        *skip_superseded* a collapsing one with a newer collapsing event in its lane since is
        recorded as superseded instead. Return the new deliveries and the number superseded.

        *offer* is told of the new deliveries of each step as soon as they are durable: before
        anything that is owed later can be sent.
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

    async def told_states(self) -> Sequence[ToldState]:
        """Return every status with its reason that events told, the newest `MOST_TOLD_STATES`."""
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
        badges: Sequence[BadgeChange] = (),
    ) -> Sequence[Delivery]:
        """Let go of an agent's held deliveries into *lane*; return them. They keep their *seq*,
        so they stand before what the lane was owed later. With *skip_superseded* a collapsing
        one with a newer collapsing event in the lane since is recorded as superseded instead; of
        those held for a conflict only the newest counts in any case. *badges* are kept with it.
        """
        ...

    async def marks(self) -> Mapping[str, DestinationMark]:
        """Return each destination's mark."""
        ...
