"""The readers of the sources whose platforms can be asked: as many as are configured now."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from gateway.engine.reader import Reader
from gateway.http.transport import HttpTransport
from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.app.workers import Workers
    from gateway.engine.round import Tally
    from gateway.pipeline.read import Readings
    from gateway.ports import Store
    from gateway.settings import SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth

CONNECTIONS = 4


class Readers:
    """Starts, stops and changes them."""

    def __init__(
        self,
        store: Store,
        *,
        readings: Readings,
        metrics: Metrics,
        health: Mapping[str, SourceHealth],
        workers: Workers,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._health = health
        self._workers = workers
        self._readings = readings
        self._running: dict[str, tuple[SourceSettings, asyncio.Task[None]]] = {}
        self._readers: dict[str, Reader] = {}
        self._group: asyncio.TaskGroup | None = None
        self._changing = asyncio.Lock()
        self._is_over = False

    async def start(self, group: asyncio.TaskGroup, wanted: Mapping[str, SourceSettings]) -> None:
        """Run the readers in *group* from now on."""
        self._group = group
        await self.become(wanted)

    async def become(self, wanted: Mapping[str, SourceSettings]) -> None:
        """Run a reader for each of *wanted* that can be read, and no other."""
        async with self._changing:
            await self._become(wanted)

    async def stop(self) -> None:
        """End them all; none begins any more."""
        self._is_over = True
        await self.become({})

    async def _become(self, wanted: Mapping[str, SourceSettings]) -> None:
        assert self._group is not None
        readable = {name: each for name, each in wanted.items() if each.reconcile is not None}
        for name, (settings, task) in list(self._running.items()):
            if readable.get(name) != settings:
                del self._running[name]
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                self._workers.alive.pop(_worker(name), None)
        for name, settings in readable.items():
            if not (self._is_over or name in self._running):
                task = self._group.create_task(self._run(settings))
                self._running[name] = settings, task

    async def read(self, source: str) -> Tally:
        """Read everybody of a source now.

        Raises:
            OperationError: it cannot be read.
        """
        reader = self._readers.get(source)
        if reader is None:
            raise OperationError(f"source {source} cannot be read: it has no api, or reconcile")
        return await reader.read_now()

    def look_up(self, strangers: Mapping[str, str]) -> None:
        """Ask who these agents are (platform's ids by key), where their source can be read."""
        for name, (settings, _) in self._running.items():
            prefix = f"{settings.keys_of}:"
            agents = [agent for key, agent in strangers.items() if key.startswith(prefix)]
            reader = self._readers.get(name)
            if agents and reader is not None:
                reader.look_up(agents)

    async def _run(self, settings: SourceSettings) -> None:
        await self._workers.restarted(_worker(settings.name), partial(self._read, settings))

    async def _read(self, settings: SourceSettings) -> None:
        name = settings.name
        transport = HttpTransport(CONNECTIONS, named=f"sources.{name}")
        try:
            self._readers[name] = Reader(
                settings,
                self._store,
                transport,
                readings=self._readings,
                health=self._health[name],
                metrics=self._metrics,
            )
            await self._readers[name].run()
        finally:
            self._readers.pop(name, None)
            await transport.close()


def _worker(name: str) -> str:
    return f"reader {name}"
