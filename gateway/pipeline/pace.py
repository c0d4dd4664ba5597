"""Pace: at most so many requests in a while, evenly; after silence several at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TICK = timedelta(milliseconds=2)
"""How late a timer may fire: what it costs is made good, so that the rate is kept."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A generic cell rate algorithm: *burst* requests at once after silence, else one in each
    *interval*. *due_at* is when the last one that left would have been due, and one more.
    """

    interval: timedelta
    burst: int = 1
    due_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When the next request may leave; `None`: at once."""
        if self.due_at is None:
            return None
        return self.due_at - (self.burst - 1) * self.interval

    def left(self, now: datetime) -> Pace:
        """Return the pace after a request has left at *now*."""
        due_at = self.due_at
        if due_at is None or now - due_at > TICK:
            due_at = now
        return replace(self, due_at=due_at + self.interval)
