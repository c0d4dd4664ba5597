"""What rows are made in: intervals, what counts in them, and what was heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.figures.coverage import Coverage
    from gateway.figures.grid import Interval
    from gateway.figures.options import Options
    from gateway.model.ledger import Millis


@dataclass(frozen=True, slots=True)
class Frame:
    """The *intervals* asked for, one after another. Nobody has spent any time after *now*."""

    intervals: Sequence[Interval]
    options: Options
    coverage: Coverage
    now: Millis | None = None

    @property
    def start(self) -> Millis:
        """Where the first one begins."""
        return self.intervals[0].start if self.intervals else 0

    @property
    def end(self) -> Millis:
        """Where the last one ends."""
        return self.intervals[-1].end if self.intervals else 0

    def parts(self, length: int) -> Iterator[Frame]:
        """Yield frames of *length* intervals each, the last one of what is left."""
        for first in range(0, len(self.intervals), length):
            yield replace(self, intervals=self.intervals[first : first + length])

    def passed(self, interval: Interval) -> Millis:
        """Return until when time has passed in *interval*."""
        return interval.end if self.now is None else min(interval.end, self.now)
