"""The books that figures are made of: kept in the transaction that makes the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta
    from typing import TypeVar

    from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Millis

    T = TypeVar("T")


class Ledger(Protocol):
    """What was told of agents and contacts, by time. Kept as long as `ledger.retention` says."""

    async def read_ledger(self, work: Callable[[LedgerPages], T]) -> T:
        """Do *work* off the loop and return what it returns. Each page shows the books as they are
        when it is read.
        """
        ...

    async def hear(self, sources: Sequence[str], at: datetime, patience: timedelta) -> None:
        """Note that *sources* are heard at *at*: a span that was noted no longer than *patience*
        ago goes on, else a new one begins.
        """
        ...

    async def unhear(self, source: str, since: datetime) -> None:
        """Take back that a source was heard after *since*."""
        ...

    async def prune_ledger(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time; return how much was removed."""
        ...


class LedgerPages(Protocol):
    """Pages that are read one after another: memory stays flat however long the time."""

    def agent_entries(self, since: Millis, until: Millis) -> Iterable[AgentEntry]:
        """Yield the entries of ``since <= at < until``, one agent after another, each agent's in
        the order of their times (of one time: as they were kept). Before them come how the agent
        stood just before *since*: the last state and the last login or logout, where there are
        such; also of agents of whom nothing else is.
        """
        ...

    def contact_entries(
        self, since: Millis, until: Millis, *, booked_by: str
    ) -> Iterable[ContactEntry]:
        """Yield the contacts whose ``arrival`` or ``end`` (*booked_by*) is in the time asked for,
        in its order.
        """
        ...

    def heard(self, since: Millis, until: Millis) -> Sequence[Heard]:
        """Return the spans that overlap the time asked for, by source and time."""
        ...
