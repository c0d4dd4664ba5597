"""The filers of the destinations that get files: as many as are configured now."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gateway.engine.files import Filer
from gateway.engine.files.figured import Scope
from gateway.figures import Options
from gateway.folders import open_folder
from gateway.model.errors import OperationError
from gateway.settings import FileDestinationSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.app.workers import Workers
    from gateway.engine.files.people import People
    from gateway.settings import Settings
    from gateway.store.sqlite import SqliteStore
    from gateway.telemetry.metrics import Metrics


_MILLI = timedelta(milliseconds=1)


class Wanted(NamedTuple):
    """All that a filer goes by: when any of it changes, it begins anew."""

    settings: FileDestinationSettings
    scope: Scope
    retention: timedelta


class Filers:
    """Starts, stops and changes them. *filers* holds those that live, by name."""

    def __init__(
        self, store: SqliteStore, *, people: People, metrics: Metrics, workers: Workers
    ) -> None:
        self.filers: dict[str, Filer] = {}
        self._store = store
        self._people = people
        self._metrics = metrics
        self._workers = workers
        self._running: dict[str, tuple[Wanted, asyncio.Task[None]]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._changing = asyncio.Lock()
        self._is_over = False

    async def start(self, group: asyncio.TaskGroup, settings: Settings) -> None:
        """Run the filers in *group* from now on."""
        self._group = group
        await self.become(settings)

    async def become(self, settings: Settings) -> None:
        """Run a filer for each destination that gets files, and no other."""
        wanted = {name: _as_run(each, settings) for name, each in settings.files.items()}
        async with self._changing:
            await self._become(wanted)

    async def stop(self) -> None:
        """End them all; none begins any more. What was under way is written anew next time."""
        self._is_over = True
        async with self._changing:
            await self._become({})

    def wake(self, name: str) -> None:
        """Have a filer look now.

        Raises:
            OperationError: it is being restarted.
        """
        if name not in self.filers:
            raise OperationError(f"the worker of destination {name} is being restarted; try again")
        self.filers[name].wake()

    async def _become(self, wanted: Mapping[str, Wanted]) -> None:
        assert self._group is not None
        for name, (settings, task) in list(self._running.items()):
            if wanted.get(name) != settings:
                del self._running[name]
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                self._workers.alive.pop(_worker(name), None)
        for name, each in wanted.items():
            if not (self._is_over or name in self._running):
                work = partial(self._file, each)
                task = self._group.create_task(self._workers.restarted(_worker(name), work))
                self._running[name] = each, task

    async def _file(self, wanted: Wanted) -> None:
        settings, scope, retention = wanted
        name = settings.name
        folder = open_folder(settings.folder)
        try:
            self.filers[name] = Filer(
                settings,
                books=self._store,
                folder=folder,
                people=self._people,
                scope=scope,
                retention=retention,
                on_written=lambda what, count: self._metrics.files.labels(name, what).inc(count),
            )
            await self.filers[name].run()
        finally:
            self.filers.pop(name, None)
            await folder.close()


def _as_run(destination: FileDestinationSettings, settings: Settings) -> Wanted:
    """Return what the filer of a destination goes by."""
    sources = {
        name: each.keys_of
        for name, each in settings.sources.items()
        if destination.sources is None or name in destination.sources
    }
    options = Options(
        minutes=destination.minutes,
        zone=destination.zone,
        booked_by=destination.booked_by,
        service_level=destination.service_level // _MILLI,
        short_abandon=destination.short_abandon // _MILLI,
    )
    scope = Scope(options, sources, destination.mapping.needs(destination.options))
    return Wanted(destination, scope, settings.ledger.retention)


def _worker(name: str) -> str:
    return f"destination {name}"
