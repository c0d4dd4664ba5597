"""The pages of the ledger, read for one period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.figures.agents import agent_intervals, agent_queue_intervals
from gateway.figures.coverage import Coverage
from gateway.figures.frame import Frame
from gateway.figures.grid import intervals
from gateway.figures.measures import Slice, measures
from gateway.figures.options import Options
from gateway.figures.queues import queue_intervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.model.ledger import (
        AgentInterval,
        AgentQueueInterval,
        ContactEntry,
        Millis,
        QueueInterval,
    )
    from gateway.ports.ledger import LedgerPages

EVER: Millis = 1 << 60
"""After the end of every book."""

AT_ONCE = 8
"""Of so many intervals the agents' rows are made together: entries come agent after agent, and
where each one stood before is looked up once for all of them.
"""


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked for: ``since <= t < until``, in intervals whole; whose silence is a gap.

    *sources* `None`: that of all that were ever heard. Nobody has spent any time after *now*.
    """

    since: Millis
    until: Millis
    options: Options = field(default_factory=Options)
    sources: Sequence[str] | None = None
    now: Millis | None = None

    def frame(self, pages: LedgerPages) -> Frame:
        """Return the intervals that have some of it, and what was heard in them."""
        options = self.options
        cut = list(intervals(self.since, self.until, options.minutes, options.zone))
        heard = Coverage(pages.heard(0, EVER), self.sources)  # one first heard later is known too
        return Frame(cut, options, heard, self.now)


def queues(pages: LedgerPages, period: Period) -> Iterator[QueueInterval]:
    """Yield the rows of the queues by interval."""
    frame = period.frame(pages)
    yield from queue_intervals(_booked(pages, frame), frame)


def agents(pages: LedgerPages, period: Period) -> Iterator[AgentInterval]:
    """Yield the rows of the agents by interval."""
    for frame in period.frame(pages).parts(AT_ONCE):
        entries = pages.agent_entries(frame.start, frame.end)
        yield from agent_intervals(entries, _booked(pages, frame), frame)


def agent_queues(pages: LedgerPages, period: Period) -> Iterator[AgentQueueInterval]:
    """Yield the rows of the agents' queues by interval."""
    frame = period.frame(pages)
    yield from agent_queue_intervals(_booked(pages, frame), frame)


def contacts(
    pages: LedgerPages, period: Period, by: Sequence[str], limit: int | None = None
) -> list[Slice]:
    """Return the measures of the contacts booked in the period, by *by*.

    Raises:
        OperationError: there are more than *limit* combinations.
    """
    booked_by = period.options.booked_by
    booked = pages.contact_entries(period.since, period.until, booked_by=booked_by)
    return measures(booked, by, period.options, limit)


def _booked(pages: LedgerPages, frame: Frame) -> Iterable[ContactEntry]:
    return pages.contact_entries(frame.start, frame.end, booked_by=frame.options.booked_by)
