"""The filer of one destination: writes a span's files when it is over, makes up what was missed,
and corrects what late events have changed.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from gateway.engine.clock import LoopClock
from gateway.engine.files.calendar import next_end, shape_of, spans
from gateway.engine.files.figured import figured
from gateway.engine.files.health import FilerHealth
from gateway.engine.files.writing import INCOMPLETE, Writing
from gateway.mapping.files import Unit
from gateway.model.clock import from_millis, to_millis
from gateway.model.errors import FolderError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from gateway.engine.clock import Clock
    from gateway.engine.files.figured import Scope
    from gateway.engine.files.people import People
    from gateway.figures import Interval
    from gateway.ports import DestinationMark, Filed, Folder, Store
    from gateway.settings import FileDestinationSettings


AT_ONCE = {Unit.INTERVAL: 8, Unit.DAY: 1}
"""Spans whose figures are in memory together."""

NEWEST = {Unit.INTERVAL: 4, Unit.DAY: 1}
"""Spans written last that are compared at every look: most late events are about them."""

OLDER = {Unit.INTERVAL: 8, Unit.DAY: 1}
"""Older ones that are compared at a look, in turn: in a day or two all of them were."""

BACK = timedelta(days=14)
"""So far back spans are made up and corrected, if the ledger goes as far."""

MARGIN = timedelta(days=1)
"""So long before the ledger lets go of something it is not looked at any more; at most half of
what it keeps.
"""

AGAIN_FIRST = timedelta(seconds=15)
AGAIN_MOST = timedelta(minutes=5)
LOOK_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Filer:
    """Writes the files of one destination. *retention* is how far back the ledger goes."""

    def __init__(
        self,
        settings: FileDestinationSettings,
        *,
        books: Store,
        folder: Folder,
        people: People,
        scope: Scope,
        retention: timedelta,
        clock: Clock | None = None,
        on_written: Callable[[str, int], object] = lambda _what, _count: None,
    ) -> None:
        self.health = FilerHealth()
        self._settings = settings
        self._unit = settings.mapping.unit
        self._books = books
        self._scope = scope
        self._retention = retention
        self._clock = clock or LoopClock()
        self._writing = Writing(
            settings,
            books=books,
            folder=folder,
            people=people,
            health=self.health,
            on_written=on_written,
        )
        self._turn = 0
        self._pause = AGAIN_FIRST
        self._is_first = True
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """Look soon."""
        self._asked.set()

    async def run(self) -> None:
        """Look whenever a span is over, for ever."""
        while True:
            self._asked.clear()
            at = await self.look()
            self.health.next_at = at
            alarm = self._clock.call_at(at, self._asked.set)
            try:
                await self._asked.wait()
            finally:
                alarm.cancel()

    async def look(self) -> datetime:
        """Write what is due, and correct; return when to look again."""
        now = self._clock.now()
        name = self._settings.name
        try:
            mark: DestinationMark | None = (await self._books.marks()).get(name)
            self.health.paused = mark is not None and mark.paused
            if not self.health.paused:
                await self._work(now)
        except (FolderError, StoreError) as problem:
            self.health.fail(str(problem), now)
            log.warning("files.failed", destination=name, problem=str(problem))
            wait, self._pause = self._pause, min(self._pause * 2, AGAIN_MOST)
            return now + wait
        self.health.succeed()
        self._pause = AGAIN_FIRST
        self.health.looked_at = now
        return min(self._next_due(now), now + LOOK_EVERY)

    def _next_due(self, now: datetime) -> datetime:
        grace = self._settings.grace
        return next_end(self._settings, now - grace) + grace

    async def _work(self, now: datetime) -> None:
        settings, books = self._settings, self._books
        oldest = now - min(self._retention - min(MARGIN, self._retention / 2), BACK)
        since = await books.filing_since(settings.name, shape_of(settings), now)
        due = [
            span
            for span in spans(settings, max(since, oldest), now - settings.grace)
            if span.start >= to_millis(oldest)
        ]
        kept = await self._kept(due)
        self._count(due, kept)
        fresh = [span for span in due if _is_owed(kept.get(span))]
        # The comparing comes last, and is bounded: what is missing must not wait for it.
        for several in (fresh, self._to_compare(due, kept)):
            for run in _runs(several, AT_ONCE[self._unit]):
                await self._write(run, kept, now)
                self._count(due, kept)
        self._is_first = False
        await books.prune_filed(oldest - LOOK_EVERY)

    async def _kept(self, due: Sequence[Interval]) -> dict[Interval, Filed]:
        if not due:
            return {}
        rows = await self._books.filed(self._settings.name, due[0].start, due[-1].start + 1)
        by_span = {(each.start, each.until): each for each in rows}
        return {span: by_span[span] for span in due if span in by_span}

    async def _write(
        self, run: Sequence[Interval], kept: dict[Interval, Filed], now: datetime
    ) -> None:
        read = partial(figured, spans=run, scope=self._scope, now=to_millis(now))
        for each in await self._books.read_ledger(read):
            kept[each.span] = await self._writing.settle(each, kept.get(each.span), now)

    def _to_compare(
        self, due: Sequence[Interval], kept: dict[Interval, Filed]
    ) -> Sequence[Interval]:
        """Return the spans that were settled before and are looked at once more: the newest, and
        some older ones in turn. At the first look also those that were withheld: what was wrong
        may be mended.
        """
        settled = [span for span in due if not _is_owed(kept.get(span))]
        newest, older = NEWEST[self._unit], OLDER[self._unit]
        chosen = set(settled[-newest:])
        rest = settled[:-newest]
        if rest:
            turn = self._turn % len(rest)
            chosen.update((rest[turn:] + rest[:turn])[:older])
            self._turn = (turn + older) % len(rest)
        if self._is_first:
            chosen.update(span for span in rest if kept[span].problem is not None)
        return sorted(chosen)

    def _count(self, due: Sequence[Interval], kept: dict[Interval, Filed]) -> None:
        """Say what waits, and what is withheld."""
        health = self.health
        waiting = [span for span in due if _is_owed(kept.get(span))]
        withheld = [span for span in due if span in kept and kept[span].problem is not None]
        health.waiting, health.withheld = len(waiting), len(withheld)
        health.waiting_since = from_millis(waiting[0].end) if waiting else None
        problems = [str(kept[span].problem) for span in withheld]
        health.problem = problems[-1] if problems else None
        to_mend = [each for each in problems if not each.startswith(INCOMPLETE)]
        health.to_mend, health.mend = len(to_mend), to_mend[-1] if to_mend else None
        newest = max(
            (each for each in kept.values() if each.revision), key=_written_at, default=None
        )
        if newest is not None:
            health.written_at, health.names = newest.at, newest.names


def _is_owed(filed: Filed | None) -> bool:
    """Whether a span was not yet looked at, or somebody asked for it once more."""
    return filed is None or (filed.figures is None and filed.problem is None)


def _written_at(filed: Filed) -> datetime:
    return filed.at


def _runs(several: Sequence[Interval], longest: int) -> Iterator[list[Interval]]:
    """Yield the spans in runs of those that follow one another, none longer than *longest*."""
    run: list[Interval] = []
    for span in several:
        if run and (len(run) == longest or run[-1].end != span.start):
            yield run
            run = []
        run.append(span)
    if run:
        yield run
