"""What the ledger says of some spans, read in one go: figures, coverage, and their digest."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from gateway.figures import Interval, Period, agent_queues, agents, queues
from gateway.mapping.files import Figures, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.figures import Options
    from gateway.ports.ledger import LedgerPages

READ = {Need.QUEUES: queues, Need.AGENTS: agents, Need.AGENT_QUEUES: agent_queues}
ALL_OF_IT = 0.9999
"""A coverage that is no gap: sums of shares are not exact."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: *sources*, each with whose its agents are, and what is *needed* of them."""

    options: Options
    sources: Mapping[str, str]
    needed: frozenset[Need]


@dataclass(frozen=True, slots=True)
class Figured:
    """The figures of one span, nobody in them known yet. *coverage* is that of the whole span."""

    span: Interval
    figures: Figures
    coverage: float
    digest: bytes

    @property
    def is_complete(self) -> bool:
        """Whether everybody concerned was heard throughout."""
        return self.coverage >= ALL_OF_IT


def figured(pages: LedgerPages, spans: Sequence[Interval], scope: Scope, now: int) -> list[Figured]:
    """Return what the ledger says of *spans*, which follow one another."""
    period = Period(
        spans[0].start, spans[-1].end, scope.options, tuple(scope.sources), min(now, spans[-1].end)
    )
    coverage = period.frame(pages).coverage
    found: dict[Need, list[list[Any]]] = {}
    for need in sorted(scope.needed):
        rows = (each for each in READ[need](pages, period) if _is_in(each, scope))
        found[need] = _parted(rows, spans)
    made = []
    for number, span in enumerate(spans):
        mine: dict[str, Any] = {need.value: tuple(rows[number]) for need, rows in found.items()}
        figures = Figures(**mine)
        made.append(Figured(span, figures, coverage.of(span), _digest(figures)))
    return made


def _is_in(row: Any, scope: Scope) -> bool:
    source = getattr(row, "source", None)
    if source is not None:
        return source in scope.sources
    return row.agent.partition(":")[0] in scope.sources.values()


def _parted(rows: Iterable[Any], spans: Sequence[Interval]) -> list[list[Any]]:
    """Return the rows of each span."""
    starts = [span.start for span in spans]
    parts: list[list[Any]] = [[] for _ in spans]
    for row in rows:
        place = bisect_right(starts, row.start) - 1
        if place >= 0 and row.start < spans[place].end:
            parts[place].append(row)
    return parts


def _digest(figures: Figures) -> bytes:
    """Return what tells figures apart; what was heard is none."""
    told = [
        replace(row, coverage=1.0)
        for rows in (figures.queues, figures.agents, figures.agent_queues)
        for row in rows
    ]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()
