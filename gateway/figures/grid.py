"""Intervals on the clock of a zone, right through its changes of time.

An interval begins where the zone's clock shows a multiple of its minutes, and wherever the clock
is put forward or back. So an hour that the clock shows twice has its intervals twice, with
different beginnings in UTC, and an hour that it leaves out has none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.model.clock import from_millis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo
    from typing import TypeVar

    from gateway.model.ledger import Millis

    T = TypeVar("T")

MINUTE = 60_000
SECOND = 1_000


class Interval(NamedTuple):
    """From *start* until just before *end*."""

    start: Millis
    end: Millis

    @property
    def millis(self) -> Millis:
        """How long it is: the minutes asked for, but where the clock is put by less than those."""
        return self.end - self.start


def intervals(since: Millis, until: Millis, minutes: int, zone: tzinfo) -> Iterator[Interval]:
    """Yield the intervals that have some of ``since <= t < until``, whole, in order."""
    start = _floor(since, minutes * MINUTE, zone) if since < until else until
    while start < until:
        end = _next(start, minutes * MINUTE, zone)
        yield Interval(start, end)
        start = end


def split(
    entries: Iterable[T], asked: Sequence[Interval], time_of: Callable[[T], Millis | None]
) -> Iterator[tuple[Interval, list[T]]]:
    """Yield every interval with its entries, which come in the order of their times.

    Those without a time, before the first interval or after the last one, are left out.
    """
    rest = iter(entries)
    first = asked[0].start if asked else 0
    waiting: T | None = None
    for interval in asked:
        end, found = interval.end, []
        if waiting is not None and (time_of(waiting) or 0) < end:
            found.append(waiting)
            waiting = None
        if waiting is None:
            for entry in rest:
                at = time_of(entry)
                if at is None or at < first:
                    continue
                if at >= end:
                    waiting = entry
                    break
                found.append(entry)
        yield interval, found


def offset_at(at: Millis, zone: tzinfo) -> Millis:
    """Return how far the zone's clock is ahead of UTC."""
    offset = from_millis(at).astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(milliseconds=1)


def _floor(at: Millis, length: Millis, zone: tzinfo) -> Millis:
    offset = offset_at(at, zone)
    start = at - (at + offset) % length
    before = offset_at(start, zone)
    return start if before == offset else _change(start, at, before, zone)


def _next(start: Millis, length: Millis, zone: tzinfo) -> Millis:
    offset = offset_at(start, zone)
    end = start + length - (start + offset) % length
    return end if offset_at(end, zone) == offset else _change(start, end, offset, zone)


def _change(low: Millis, high: Millis, before: Millis, zone: tzinfo) -> Millis:
    """Return when the clock is put, which is after *low* and not after *high*, by a second."""
    first, last = low // SECOND, -(-high // SECOND)
    while last - first > 1:
        middle = (first + last) // 2
        if offset_at(middle * SECOND, zone) == before:
            first = middle
        else:
            last = middle
    return last * SECOND
