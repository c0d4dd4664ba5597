"""What operators see of the running gateway, and what they can have it do."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.model.errors import OperationError, StoreUnavailableError
from gateway.operations.agents import count_unmapped, uncoded_states
from gateway.operations.alarms import alarm_json
from gateway.operations.table import Bench
from gateway.ports import DestinationMark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from gateway.app.filers import Filers
    from gateway.app.forgetting import Forgetting
    from gateway.app.readers import Readers
    from gateway.app.tellers import Tellers
    from gateway.engine.destination import Destination
    from gateway.engine.round import Tally
    from gateway.engine.snapshot import Snapshots
    from gateway.engine.telling import Prepared, Told
    from gateway.model.alarm import StandingAlarm
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.ports import Roster, Store
    from gateway.settings import Settings
    from gateway.telemetry.metrics import Metrics, SourceHealth

T = TypeVar("T")

KEEP_SECONDS = 5.0
"""How long an operator waits for the store; what was asked is kept later all the same."""

RESYNC_SECONDS = 50.0
"""How long an operator waits for a snapshot: less than the command line waits for us."""


STORE_SECONDS = 5.0
"""A disk that needs longer to sync is not one to accept on; two seconds are slow and no more."""


class Attendant:
    """Implements `gateway.operations.table.Live` and `gateway.http.operation.Health`."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        tellers: Tellers,
        readers: Readers,
        filers: Filers,
        sources: Mapping[str, SourceHealth],
        workers: Mapping[str, bool],
        metrics: Metrics,
        roster: Roster,
        badges: Badges,
        now: Callable[[], datetime],
        alarms: Callable[[], Sequence[StandingAlarm]] = tuple,
        look_again: Callable[[], object] = tuple,
        forgetting: Callable[[], Forgetting] | None = None,
    ) -> None:
        self.bench = Bench(
            store=store, settings=settings, live=self, now=now, roster=roster, badges=badges
        )
        self._settings = settings
        self._store = store
        self._tellers = tellers
        self._readers = readers
        self._filers = filers
        self._destinations: Mapping[str, Destination] = tellers.destinations
        self._sources = sources
        self._workers = workers
        self._metrics = metrics
        self._now = now
        self._alarms = alarms
        self._look_again = look_again
        self._forgetting = forgetting

    def become(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self._settings = settings
        self.bench = replace(self.bench, settings=settings)

    def bench_for(self, is_awaited: Callable[[], bool]) -> Bench:
        """Return what operations work on, for somebody who waits as long as *is_awaited* says."""
        return replace(self.bench, is_awaited=is_awaited)

    def destination_health(self, name: str) -> Mapping[str, Any]:
        """Return what the destination's own worker knows of it."""
        filer = self._filers.filers.get(name)
        if filer is not None:
            return filer.health.shown(self._now())
        worker = self._destinations.get(name)
        return worker.health() if worker is not None else {}

    def source_health(self, name: str) -> Mapping[str, Any]:
        """Return what was heard of a source since the start."""
        health = self._sources.get(name)
        return health.shown() if health is not None else {}

    def standing_alarms(self) -> Sequence[StandingAlarm]:
        """Return the alarms that are raised, oldest first."""
        return self._alarms()

    def alarms(self) -> Sequence[Mapping[str, Any]]:
        """Return the same, ready for JSON."""
        return [alarm_json(each) for each in self._alarms()]

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Hand deliveries to their destinations' lanes."""
        by_name: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_name.setdefault(delivery.destination, []).append(delivery)
        for name, owed in by_name.items():
            if name in self._destinations:
                self._destinations[name].offer(owed)

    def wake_translator(self) -> None:
        """Nothing to do: the store wakes whoever waits for receipts."""

    async def pause(self, destination: str) -> None:
        """Stop telling a destination."""
        if destination in self._settings.files:
            await self._mark(destination, paused=True)
            return
        await _kept(destination, self._worker(destination).pause(), "paused")

    async def resume(self, destination: str) -> None:
        """Tell it again, now, also one that is parked."""
        if destination in self._settings.files:
            await self._mark(destination, paused=False)
            return
        worker = self._worker(destination)
        await _kept(destination, worker.resume(), "resumed")
        worker.reload_probe()

    def wake_filer(self, destination: str) -> None:
        """Have files of a destination written now, where any are due."""
        self._filers.wake(destination)

    async def _mark(self, name: str, *, paused: bool) -> None:
        """Pause or resume a destination that gets files."""
        mark = (await self._store.marks()).get(name, DestinationMark())
        await self._store.mark(name, replace(mark, paused=paused))
        self._filers.wake(name)

    async def without(self, destination: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do *work* while nobody tells a destination; then tell it again, and look at what it
        holds.
        """
        try:
            return await self._tellers.without(destination, work)
        finally:
            self._look_again()

    async def forgetting(
        self, agent: str | None, work: Callable[[], Awaitable[Iterable[str]]]
    ) -> None:
        """Do *work* while nothing is translated; *agent* is a stranger from then on."""
        assert self._forgetting is not None
        await self._forgetting().during(agent, work)

    def erased(self, destination: str, several: int) -> None:
        """Count deliveries that were erased."""
        self._metrics.deliveries.labels(destination, "erased").inc(several)

    async def standings(self, destination: str) -> Prepared:
        """Return the snapshot that the destination would be sent, and what stands in the way."""
        return await self._snapshots(destination).prepare()

    async def resync(self, destination: str, *, force: bool) -> Told:
        """Send it that snapshot; return what came of it."""
        try:
            async with asyncio.timeout(RESYNC_SECONDS):
                return await self._snapshots(destination).resync(force=force)
        except TimeoutError:
            raise OperationError(
                "the snapshot takes long; destinations list tells what comes of it"
            ) from None

    async def reconcile(self, source: str) -> Tally:
        """Ask the platform how everybody stands; return what it came to."""
        try:
            async with asyncio.timeout(RESYNC_SECONDS):
                return await asyncio.shield(self._readers.read(source))
        except TimeoutError:
            raise OperationError(
                "it takes long, and goes on; sources list tells when it is done"
            ) from None

    def _snapshots(self, name: str) -> Snapshots:
        snapshots = self._worker(name).snapshots
        if snapshots is None:
            raise OperationError(f"destination {name} takes no snapshots")
        return snapshots

    def _worker(self, name: str) -> Destination:
        worker = self._destinations.get(name)
        if worker is None:
            raise OperationError(f"the worker of destination {name} is being restarted; try again")
        return worker

    async def store(self) -> Mapping[str, Any]:
        """Say whether receipts can be accepted, by making something durable now."""
        untranslated = self._store.untranslated_count()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._store.check_writable()
        except TimeoutError:
            raise StoreUnavailableError(
                f"the store has made nothing durable for {STORE_SECONDS:.0f} seconds"
            ) from None
        full = untranslated >= self._settings.store.max_untranslated
        return {
            "accepting": not full,
            "untranslated": untranslated,
            "set_aside": list(self._store.set_aside_before()),
        }

    def workers(self) -> Mapping[str, bool]:
        """Say of each worker whether it lives."""
        return dict(self._workers)

    async def destinations(self) -> Mapping[str, Mapping[str, Any]]:
        """Return each destination's health with its backlog."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in self._settings.destinations:
            backlog = await self._store.backlog(name)
            counted = {"backlog": backlog.pending, "held": backlog.held}
            found[name] = dict(self.destination_health(name)) | counted
        for name in self._settings.files:
            found[name] = dict(self.destination_health(name))
        return found

    async def measure(self) -> None:
        """Set the gauges that are counted only when somebody asks."""
        metrics, store = self._metrics, self._store
        metrics.untranslated.set(store.untranslated_count())
        for name in self._settings.destinations:
            backlog = await store.backlog(name)
            metrics.backlog.labels(name).set(backlog.pending)
            metrics.held.labels(name).set(backlog.held)
            behind = (self._now() - backlog.oldest).total_seconds() if backlog.oldest else 0
            metrics.seconds_behind.labels(name).set(max(0, behind))
        self._measure_files()
        await self._measure_sizes()
        agents, states = await count_unmapped(self.bench)
        metrics.unmapped_agents.set(agents)
        metrics.unmapped_states.set(states)
        found = Counter(each.destination for _state, each in await uncoded_states(self.bench))
        for name in self._settings.destinations:
            metrics.uncoded_states.labels(name).set(found[name])

    def _measure_files(self) -> None:
        metrics = self._metrics
        for name, filer in self._filers.filers.items():
            shown = filer.health.shown(self._now())
            metrics.backlog.labels(name).set(shown["backlog"])
            metrics.held.labels(name).set(shown["held"])
            metrics.seconds_behind.labels(name).set(shown["seconds_behind"])
            metrics.paused.labels(name).set(shown["paused"])
            metrics.files_failing.labels(name).set(filer.health.failing_since is not None)

    async def _measure_sizes(self) -> None:
        metrics = self._metrics
        sizes = await self._store.sizes()
        for name in self._settings.sources:
            metrics.quarantine.labels(name).set(sizes.get(f"quarantine:{name}", 0))
        for name in self._settings.destinations:
            metrics.dead_letters.labels(name).set(sizes.get(f"dead_letters:{name}", 0))


async def _kept(name: str, change: Awaitable[None], done: str) -> None:
    try:
        async with asyncio.timeout(KEEP_SECONDS):
            await change
    except TimeoutError:
        raise OperationError(
            f"{name} is {done}, but the store cannot keep that now: a restart may forget it"
        ) from None
