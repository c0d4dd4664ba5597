"""The workers of the destinations: as many as are configured now, each with its own settings."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gateway.engine.destination import Destination
from gateway.http.transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from gateway.app.workers import Workers
    from gateway.engine.standings import StandingsReader
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.ports import Roster, Store
    from gateway.settings import DestinationSettings
    from gateway.telemetry.metrics import Metrics

T = TypeVar("T")

ENDING_SECONDS = 1.0


class Tellers:
    """Starts, stops and changes the workers of the destinations.

    *destinations* holds those that live, by name; one that failed is missing until it begins
    anew. Whoever changes them does so alone, so that a destination never has two, and none
    begins behind the end.
    """

    def __init__(
        self,
        store: Store,
        *,
        metrics: Metrics,
        roster: Roster,
        standings: StandingsReader,
        workers: Workers,
        badges: Badges,
        on_held: Callable[[Sequence[Delivery]], None],
    ) -> None:
        self.destinations: dict[str, Destination] = {}
        self._store = store
        self._metrics = metrics
        self._roster = roster
        self._standings = standings
        self._workers = workers
        self._badges = badges
        self._on_held = on_held
        self._running: dict[str, tuple[DestinationSettings, asyncio.Task[None]]] = {}
        self._wanted: Mapping[str, DestinationSettings] = {}
        self._resting: Counter[str] = Counter()
        self._begun: set[str] = set()
        self._changing = asyncio.Lock()
        self._is_over = False
        self._group: asyncio.TaskGroup | None = None

    async def start(
        self, group: asyncio.TaskGroup, wanted: Mapping[str, DestinationSettings]
    ) -> None:
        """Run the workers in *group* from now on."""
        self._group = group
        await self.become(wanted)

    async def become(self, wanted: Mapping[str, DestinationSettings]) -> tuple[str, ...]:
        """Run a worker for each of *wanted*, and no other; return whose settings changed.

        What an ended worker was owed stays in the store; the next one of that name goes on.
        """
        async with self._changing:
            return await self._become(wanted)

    async def without(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do *work* while nobody tells the destination; then tell it again."""
        self._resting[name] += 1
        try:
            async with self._changing:
                if name in self._running:
                    await self._end(name)
            return await work()
        finally:
            self._resting[name] -= 1
            async with self._changing:
                await self._become(self._wanted)

    async def stop(self) -> None:
        """End them all: what is under way has a second."""
        self._is_over = True
        await self.become({})

    async def _become(self, wanted: Mapping[str, DestinationSettings]) -> tuple[str, ...]:
        assert self._group is not None
        changed = tuple(
            name for name, (settings, _) in self._running.items() if wanted.get(name) != settings
        )
        await asyncio.gather(*map(self._end, changed))
        self._wanted = wanted
        for name, settings in wanted.items():
            if not (self._is_over or name in self._running or self._resting[name]):
                task = self._group.create_task(self._run(settings))
                self._running[name] = settings, task
        return changed

    async def _run(self, settings: DestinationSettings) -> None:
        await self._workers.restarted(_worker(settings.name), partial(self._tell, settings))

    async def _tell(self, settings: DestinationSettings) -> None:
        name = settings.name
        transport = HttpTransport.to(settings)
        try:
            if name in self._begun:
                # An earlier worker may have ended in the middle of an attempt.
                await self._store.forget_uncertain(name)
            self._begun.add(name)
            self.destinations[name] = Destination(
                settings,
                outbox=self._store,
                transport=transport,
                metrics=self._metrics,
                roster=self._roster,
                standings=self._standings,
                badges=self._badges,
                on_held=self._on_held,
            )
            await self.destinations[name].run()
        finally:
            self.destinations.pop(name, None)
            await transport.close()

    async def _end(self, name: str) -> None:
        _, task = self._running.pop(name)
        if name in self.destinations:
            await self.destinations[name].stop()
            await asyncio.wait({task}, timeout=ENDING_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._workers.alive.pop(_worker(name), None)


def _worker(name: str) -> str:
    return f"destination {name}"
