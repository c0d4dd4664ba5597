"""Pace: at most so many requests in a while, evenly, without bursts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TICK = timedelta(milliseconds=2)
"""How late a timer may fire: what it costs is made good, so that the rate is kept."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A generic cell rate algorithm with no burst tolerance but a timer's tick."""

    interval: timedelta
    next_at: datetime | None = None

    def left(self, now: datetime) -> Pace:
        """Return the pace after a request has left at *now*."""
        after = now + self.interval
        if self.next_at is not None and now - self.next_at <= TICK:
            after = self.next_at + self.interval
        return replace(self, next_at=after)
