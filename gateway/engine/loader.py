"""The loader: reads from the store what the lanes in memory lack."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from gateway.engine.clock import sleep_until
from gateway.engine.recorder import wait_for_store
from gateway.model.errors import StoreUnavailableError
from gateway.ports import Backlog, Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.engine.clock import Clock
    from gateway.engine.lanes import LaneTable
    from gateway.engine.memory_lane import MemoryLane
    from gateway.ports import Outbox

CLAIMED_AT_ONCE = 500
COUNT_EVERY = timedelta(seconds=5)

log = structlog.get_logger(__name__)


class Loader:
    """Reads lanes' memories, further deliveries, and lanes that there was no room for.

    *on_loaded* is called when lanes may have become ready, *on_counted* with the backlog. Whoever
    has *reading* keeps it from reading.
    """

    def __init__(
        self,
        destination: str,
        outbox: Outbox,
        clock: Clock,
        table: LaneTable,
        *,
        depth: int,
        on_loaded: Callable[[], None],
        on_counted: Callable[[Backlog], None],
    ) -> None:
        self._destination = destination
        self._outbox = outbox
        self._clock = clock
        self._table = table
        self._depth = depth
        self._on_loaded = on_loaded
        self._on_counted = on_counted
        self.reading = asyncio.Lock()
        self._wake = asyncio.Event()
        self._count_is_due = True

    def stir(self) -> None:
        """Look whether something is to be read."""
        if self._table.loading or self._table.wants_claim:
            self._wake.set()

    async def run(self) -> None:
        """Read until cancelled; a store that cannot be read now is asked again later."""
        failures = 0
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                async with self.reading:
                    await self._load()
                failures = 0
            except StoreUnavailableError as problem:
                failures += 1
                log.warning("lanes.unread", destination=self._destination, problem=str(problem))
                await sleep_until(self._clock, self._clock.now() + wait_for_store(failures))
                self._wake.set()

    async def _load(self) -> None:
        while self._table.loading or self._table.wants_claim:
            await self._remember()
            for lane in tuple(self._table.loading.values()):
                await self._refill(lane)
            if self._table.wants_claim:
                await self._claim()
            self._on_loaded()
        if self._count_is_due:
            await self._count()

    async def _remember(self) -> None:
        lanes = [each for each in self._table.loading.values() if each.state is None]
        if not lanes:
            return
        names = [each.name for each in lanes]
        states = await self._outbox.lane_states(self._destination, names)
        now = self._clock.now()
        for lane in lanes:
            lane.state = states.get(lane.name, Lane())
            self._table.settle(lane, now)

    async def _refill(self, lane: MemoryLane) -> None:
        over = frozenset(self._table.undurable)
        after = lane.pending[-1].seq if lane.pending else 0
        claimed = await self._outbox.refill(
            self._destination, lane.name, after=after, depth=self._depth
        )
        self._table.refilled(lane, claimed, self._clock.now(), over=over)

    async def _claim(self) -> None:
        self._table.claiming()
        over = frozenset(self._table.undurable)
        lanes = min(self._table.room, CLAIMED_AT_ONCE)
        claimed = await self._outbox.claim(
            self._destination, lanes=lanes, depth=self._depth, busy=self._table.names
        )
        are_all = len(claimed) < lanes
        self._table.claimed(claimed, self._clock.now(), over=over, are_all=are_all)

    async def _count(self) -> None:
        self._on_counted(await self._outbox.backlog(self._destination))
        self._count_is_due = False
        self._clock.call_at(self._clock.now() + COUNT_EVERY, self._count_soon)

    def _count_soon(self) -> None:
        self._count_is_due = True
        self._wake.set()
