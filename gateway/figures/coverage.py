"""How much of an interval everybody concerned was heard."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.figures.grid import Interval
    from gateway.model.ledger import Heard, Millis

Span = tuple["Millis", "Millis"]


class Coverage:
    """The share of an interval, 0 to 1, in which *all* of some sources were heard.

    A source is concerned from where it was first heard: one that was added yesterday takes
    nothing from last week. One that never was heard leaves 0 everywhere.
    """

    def __init__(self, heard: Iterable[Heard], sources: Iterable[str] | None = None) -> None:
        spans: dict[str, list[Span]] = {name: [] for name in sources or ()}
        for each in heard:
            if sources is None or each.source in spans:
                spans.setdefault(each.source, []).append((each.since, each.until))
        self._spans = {source: _joined(several) for source, several in spans.items()}

    def of(self, interval: Interval) -> float:
        """Return the share of *interval*."""
        concerned = [
            spans for spans in self._spans.values() if not spans or spans[0][0] < interval.end
        ]
        common: list[Span] = [(interval.start, interval.end)] if concerned else []
        for spans in concerned:
            common = _both(common, spans)
        return sum(until - since for since, until in common) / interval.millis


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that meet made one."""
    joined: list[Span] = []
    for since, until in sorted(spans):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        elif since < until:
            joined.append((since, until))
    return joined


def _both(common: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """Return what is in one of *common* and in one of *spans*, which are joined."""
    found: list[Span] = []
    for since, until in common:
        place = max(0, bisect_right(spans, (since, since)) - 1)
        while place < len(spans) and spans[place][0] < until:
            begin, end = max(since, spans[place][0]), min(until, spans[place][1])
            if begin < end:
                found.append((begin, end))
            place += 1
    return found
