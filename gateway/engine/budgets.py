"""Budgets: what goes, and what is refused, before anything grows without bound.

One dead vendor costs its own backlog: what may collapse does, then the oldest are dead letters.
Only a full disk budget is ever felt by senders.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.model.delivery import Dead, DeadReason, outcome_name
from gateway.model.errors import StoreError
from gateway.pipeline.lanes import Rules, superseded
from gateway.ports import Recorded
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gateway.engine.destination import Destination
    from gateway.model.delivery import Delivery, Outcome
    from gateway.ports import Kept, Store
    from gateway.settings import DestinationSettings, Settings
    from gateway.telemetry.metrics import Metrics

LOOK_SECONDS = 5.0
STEP = 500
MOST_STEPS = 200
"""In one round at most so many deliveries of a destination are looked at: 100,000."""

FIRST_PLACE = ("", 0)

RESERVE_SHARE = 10
LARGEST_RESERVE = 1024**3
SMALLEST_RESERVE = 1024**2
"""Of `max_disk` that is kept for what requests led to: a tenth, between these two."""

ROOM_AGAIN = 0.95
OVERFLOWED = "the destination was owed more than its max_backlog"

log = logger()


def reserve_of(max_disk: int) -> int:
    """Return how many bytes of the budget no new request may use."""
    return max(min(max_disk // RESERVE_SHARE, LARGEST_RESERVE), SMALLEST_RESERVE)


class Budgets:
    """Looks after all of them. *destinations* are the workers that live."""

    def __init__(
        self,
        store: Store,
        *,
        settings: Callable[[], Settings],
        destinations: Mapping[str, Destination],
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._destinations = destinations
        self._metrics = metrics
        self._now = now
        self._is_full = False
        self._looked_at: dict[str, tuple[str, int]] = {}

    async def run(self) -> None:
        """Look after them, for ever."""
        while True:
            try:
                await self.look()
            except StoreError as problem:
                log.warning("budgets.postponed", reason=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once."""
        await self._look_at_disk()
        for settings in self._settings().destinations.values():
            backlog = await self._store.backlog(settings.name)
            excess = backlog.pending - settings.max_backlog
            if excess > 0:
                gone, is_whole = await self._collapse(settings, excess)
                if is_whole and excess > gone:
                    await self._overflow(settings, excess - gone)
        await self._look_at_kept()

    async def _look_at_disk(self) -> None:
        max_disk = self._settings().store.max_disk
        limit = max_disk - reserve_of(max_disk)
        used = await self._store.disk_bytes()
        self._metrics.store_bytes.set(used)
        if used > limit and not self._is_full:
            used = await self._make_room()
        was_full = self._is_full
        self._is_full = used > (limit * ROOM_AGAIN if was_full else limit)
        why = f"the store takes {used} bytes of store.max_disk ({max_disk})"
        self._store.refuse_intake(why if self._is_full else None)
        if self._is_full and not was_full:
            log.error("store.full", bytes=used, max_disk=max_disk)
        elif was_full and not self._is_full:
            log.info("store.has_room", bytes=used)

    async def _make_room(self) -> int:
        """Let go of what may go before anybody is refused; return what is taken then."""
        while await self._store.prune(self._now(), self._settings().store.retention):
            pass
        for settings in self._settings().destinations.values():
            await self._collapse(settings, MOST_STEPS * STEP)
        return await self._store.disk_bytes()

    async def _collapse(self, settings: DestinationSettings, most: int) -> tuple[int, bool]:
        """Supersede states that wait behind newer ones, in lanes that are not in memory. Return
        how many went, and whether the last lane was come to; if not, the next round goes on.
        """
        rules = Rules(skip=True, stale_after=settings.stale_after, settle=settings.settle)
        gone, after = 0, self._looked_at.pop(settings.name, FIRST_PLACE)
        for _ in range(MOST_STEPS):
            page, place = await self._store.overtaken(settings.name, after=after, most=STEP)
            outcomes = [
                (each, superseded(each, each, rules, self._now(), by=None))
                for each in self._resting(settings.name, page)
            ]
            gone += await self._record(
                settings, [(each, outcome) for each, outcome in outcomes if outcome is not None]
            )
            if place is None:
                return gone, True
            after = self._looked_at[settings.name] = place
            if gone >= most:
                break
        return gone, False

    async def _overflow(self, settings: DestinationSettings, excess: int) -> None:
        """Dead-letter the oldest, in lanes that are not in memory: those the worker sees to."""
        while excess > 0:
            page = await self._store.oldest_owed(settings.name, most=min(excess, STEP))
            victims = self._resting(settings.name, page)
            if not victims:
                return
            dead = Dead(DeadReason.OVERFLOW, OVERFLOWED)
            excess -= await self._record(settings, [(each, dead) for each in victims])

    def _resting(self, destination: str, page: Sequence[Delivery]) -> list[Delivery]:
        worker = self._destinations.get(destination)
        in_memory = worker.lanes_in_memory if worker is not None else frozenset()
        return [each for each in page if each.lane not in in_memory]

    async def _record(
        self, settings: DestinationSettings, outcomes: Sequence[tuple[Delivery, Outcome]]
    ) -> int:
        mapping = f"{settings.mapping.name} {settings.mapping.version}"
        at = self._now()
        if outcomes:
            await self._store.record([Recorded(*each, at, mapping) for each in outcomes])
        for _, outcome in outcomes:
            self._metrics.deliveries.labels(settings.name, outcome_name(outcome)).inc()
        return len(outcomes)

    async def _look_at_kept(self) -> None:
        budgets, sizes = self._settings().store, await self._store.sizes()
        await self._forget("quarantine", "", sizes.get("quarantine", 0) - budgets.max_quarantine)
        for name in self._settings().destinations:
            letters = sizes.get(f"dead_letters:{name}", 0)
            await self._forget("dead_letters", name, letters - budgets.max_dead_letters)
            held = (await self._store.backlog(name)).held
            await self._forget("held", name, held - budgets.max_held)

    async def _forget(self, kept: Kept, name: str, excess: int) -> None:
        gone = 0
        while gone < excess:
            step = await self._store.forget(kept, name, most=min(STEP, excess - gone))
            if not step:
                break
            gone += step
        if gone:
            self._metrics.forgotten.labels(kept, name).inc(gone)
            log.error("budget.exceeded", kept=kept, destination=name or None, forgotten=gone)
