"""The books that figures are made of: kept in the transaction that makes the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from typing import TypeVar

    from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Millis

    T = TypeVar("T")


class Ledger(Protocol):
    """What was told of agents and contacts, by time. Kept as long as `ledger.retention` says."""

    async def read_ledger(self, work: Callable[[LedgerPages], T]) -> T:
        """Do *work* on one consistent picture of the books, off the loop, and return what it
        returns.
        """
        ...

    async def hear(self, sources: Sequence[str], at: datetime, patience: timedelta) -> None:
        """Note that *sources* are heard at *at*: a span that was noted no longer than *patience*
        ago goes on, else a new one begins.
        """
        ...

    async def prune_ledger(self, now: datetime, retention: timedelta) -> int:
        """Remove one small step of what is past its time; return how much was removed."""
        ...


class LedgerPages(Protocol):
    """Pages that are read one after another: memory stays flat however long the time."""

    def agent_entries(self, since: Millis, until: Millis) -> Iterable[AgentEntry]:
        """Yield the entries of ``since <= at < until`` in the order of their times (of one time:
        as they were kept).
        """
        ...

    def agents_before(self, at: Millis) -> Mapping[str, Sequence[AgentEntry]]:
        """Return by agent key how everybody stood just before *at*: the last entry of a state and
        the last one of a login or logout, where there are such.
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
