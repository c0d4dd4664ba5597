"""A limit as vendors state them: so many a second, and bursts of so many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Bucket:
    """Holds *burst* at most and fills with *rate* a second. Time is an argument."""

    rate: float
    burst: int
    _level: float = 0.0
    _at: datetime | None = None

    def take(self, now: datetime, count: int = 1) -> bool:
        """Take so many at once, or none."""
        if self._at is None:
            self._level = self.burst
        else:
            passed = max((now - self._at).total_seconds(), 0.0)
            self._level = min(self._level + passed * self.rate, self.burst)
        self._at = now
        if self._level + 1e-9 < count:
            return False
        self._level -= count
        return True

    @property
    def seconds_left(self) -> int:
        """Whole seconds, rounded up, until one can be taken."""
        return max(math.ceil((1 - self._level) / self.rate), 1)
