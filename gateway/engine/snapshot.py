"""Snapshots: when everybody is told of: at an interval, after an outage, on demand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from gateway.engine.clock import Reminder
from gateway.engine.telling import Came, Telling
from gateway.model.clock import rfc3339_or_none
from gateway.model.errors import OperationError
from gateway.pipeline.deliver import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.engine.clock import Clock
    from gateway.engine.standings import StandingsReader
    from gateway.engine.telling import Lanes, Prepared, Told
    from gateway.ports import Transport
    from gateway.settings import DestinationSettings
    from gateway.telemetry.metrics import Metrics

    Asked = tuple[bool, asyncio.Future[Told]]

LOOK_AGAIN = timedelta(seconds=5)
LOOK_AGAIN_AT_LATEST = timedelta(minutes=1)

log = structlog.get_logger(__name__)


class Snapshots:
    """Has one destination told of everybody when it is time. *draw* gives numbers from 0 to 1."""

    def __init__(
        self,
        settings: DestinationSettings,
        telling: Telling,
        *,
        clock: Clock,
        draw: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._name = settings.name
        self._plan = settings.snapshot
        self._every = settings.snapshot.every if settings.snapshot is not None else None
        self._give_up_after = settings.retry.give_up_after
        self._policy = RetryPolicy(settings.retry)
        self._telling = telling
        self._clock = clock
        self._draw = draw
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._asked: list[Asked] = []
        self._due_at: datetime | None = None
        self._first_failed_at: datetime | None = None
        self._tries = 0
        self._last: Told | None = None

    def outage_ended(self) -> None:
        """The vendor is back: tell it of everybody, where that is wanted."""
        if self._plan is not None and self._plan.after_outage:
            self._due_at = self._clock.now()
            self._tries = 0
            self._wake.set()

    async def resync(self, *, force: bool) -> Told:
        """Tell of everybody now; return what came of it. *force*: whoever is logged out by it.

        Raises:
            OperationError: the worker ended before.
        """
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._asked.append((force, future))
        self._wake.set()
        return await future

    async def prepare(self) -> Prepared:
        """Return what would be sent now, and what stands in the way; see `telling.prepare`."""
        return await self._telling.prepare()

    def health(self) -> dict[str, Any]:
        """Return what operators are told, ready for JSON."""
        last = self._last.json() if self._last is not None else None
        return {"last": last, "next_at": rfc3339_or_none(self._due_at)}

    async def run(self) -> None:
        """Tell whenever it is time, until cancelled."""
        self._due_at = self._after(self._clock.now())
        reminder = Reminder(self._clock, self._wake.set)
        try:
            while True:
                reminder.at(self._due_at)
                await self._wake.wait()
                self._wake.clear()
                if self._asked or self._is_due():
                    await self._tell()
                reminder.cancel()
        finally:
            reminder.cancel()
            _answer(self._asked, None)

    def _is_due(self) -> bool:
        return self._due_at is not None and self._due_at <= self._clock.now()

    async def _tell(self) -> None:
        asked, self._asked = self._asked, []
        told = None
        try:
            told = await self._telling.tell(force=any(force for force, _future in asked))
            self._note(told)
            self._schedule(told)
        finally:
            _answer(asked, told)

    def _after(self, now: datetime) -> datetime | None:
        return now + self._every if self._every is not None else None

    def _schedule(self, told: Told) -> None:
        """Decide when the next one is due."""
        was_due = self._is_due()
        if told.came is Came.DELIVERED or (told.is_over and was_due):
            self._begin_anew(told.at)
        elif told.came is Came.FAILED and not told.is_over:
            self._retry(told)
        elif told.came is Came.REFUSED and was_due:
            self._look_again(told.at)

    def _begin_anew(self, now: datetime) -> None:
        self._tries, self._first_failed_at = 0, None
        self._due_at = self._after(now)

    def _look_again(self, now: datetime) -> None:
        self._tries += 1
        waits = min(LOOK_AGAIN * self._tries, LOOK_AGAIN_AT_LATEST)
        if self._every is not None:
            waits = min(waits, self._every)
        self._due_at = None if self._plan is None else now + waits

    def _retry(self, told: Told) -> None:
        self._tries += 1
        self._first_failed_at = self._first_failed_at or told.at
        if told.at - self._first_failed_at >= self._give_up_after:
            self._begin_anew(told.at)
            return
        due_at = told.at + self._policy.wait(self._tries, self._draw())
        self._due_at = max(due_at, told.not_before or due_at)

    def _note(self, told: Told) -> None:
        """Count it; log it where it is news."""
        self._metrics.snapshots.labels(self._name, told.came.value).inc()
        last, self._last = self._last, told
        if told.came is Came.DELIVERED:
            numbers = {"agents": told.agents, "logged_in": told.logged_in}
            log.info("snapshot.delivered", destination=self._name, **numbers)
        elif last is None or (last.came, last.why) != (told.came, told.why):
            event = f"snapshot.{told.came}"
            log.warning(event, destination=self._name, why=told.why)


def _answer(asked: Sequence[Asked], told: Told | None) -> None:
    for _force, future in asked:
        if future.done():
            continue
        if told is not None:
            future.set_result(told)
        else:
            future.set_exception(OperationError("the destination's worker ended; try again"))


def snapshots_for(
    settings: DestinationSettings,
    reader: StandingsReader | None,
    lanes: Lanes,
    *,
    transport: Transport,
    clock: Clock,
    draw: Callable[[], float],
    metrics: Metrics,
) -> Snapshots | None:
    """Return what tells a destination of everybody; `None` where its mapping cannot."""
    mapping = settings.mapping.snapshot
    if mapping is None or reader is None or settings.order != "agent":
        return None
    telling = Telling(
        settings, mapping, reader=reader, transport=transport, lanes=lanes, clock=clock
    )
    return Snapshots(settings, telling, clock=clock, draw=draw, metrics=metrics)
