"""How many requests may leave in a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *count* requests in each *per*, and after silence *burst* of them at once."""

    count: int
    per: timedelta
    burst: int = 1

    @property
    def interval(self) -> timedelta:
        """How far apart they are when there are many."""
        return self.per / self.count

    @property
    def a_minute(self) -> float:
        """How many in a minute."""
        return self.count * (MINUTE / self.per)
