"""One running gateway: its parts, joined and started."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from gateway.app.attendant import Attendant
from gateway.app.forgetting import Forgetting
from gateway.app.listeners import listen, listen_admin
from gateway.app.shared import Shared
from gateway.app.workers import Workers
from gateway.config.roster import RosterFiles
from gateway.engine.floor import Floor
from gateway.engine.guard import GUARD
from gateway.engine.housekeeping import PRUNE_LEDGER_SECONDS, prune, watch_roster
from gateway.engine.lookout import Lookout
from gateway.engine.sentry import Sentry
from gateway.engine.translator import Translator
from gateway.flow import Routing
from gateway.http.admin import Admin
from gateway.http.jwks import open_keys
from gateway.http.server import load_certificate, server_context
from gateway.model.errors import StoreError, StoreUnavailableError
from gateway.operations import OPERATIONS
from gateway.operations.succession import orphans
from gateway.pipeline.read import Readings
from gateway.pipeline.verify import checker_for
from gateway.ports import AuditEntry
from gateway.telemetry.logs import logger
from gateway.telemetry.metrics import Metrics, SourceHealth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from gateway.http.handed import Handed
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.settings import Settings, SourceSettings
    from gateway.store.sqlite import SqliteStore

GC_THRESHOLD = 5_000
"""Young objects before a collection: with ten times as many each one held up every answer for
50 ms, at the same throughput; with fewer they take more than they free.
"""

log = logger()


def utc_now() -> datetime:
    """Return the present time; the one place where the gateway asks the machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the store is asked for before anything is received."""

    badges: Badges
    customer_key: bytes


class Gateway:
    """The parts of one gateway. Made inside a running loop."""

    def __init__(
        self,
        settings: Settings,
        store: SqliteStore,
        recalled: Recalled,
        handed: Handed,
        stopping: asyncio.Event,
    ) -> None:
        self.stopping = stopping
        self.settings = settings
        self._store = store
        self._handed = handed
        self._metrics = Metrics()
        GUARD.count = lambda mapping, what: self._metrics.mapping_calls.labels(mapping, what).inc()
        self._roster = RosterFiles(settings.agents.files)
        self._sources: dict[str, SourceSettings] = dict(settings.sources)
        self._source_health = {name: SourceHealth() for name in settings.sources}
        self._workers = Workers(self._fail)
        self._recalled = recalled
        self._shared = shared = self._make_shared()
        self._releaser = shared.releaser(self._offer)
        self._tellers = shared.tellers(self._releaser.refused)
        self._readers = shared.readers()
        self._filers = shared.filers()
        self._failed = False
        self._attendant = self._make_attendant()
        self._floor = Floor()
        self._sentry = self._make_sentry()
        self._translator = self._make_translator()
        self._forgetting = Forgetting(self._translator, self._floor, recalled.badges, self._sentry)
        self._routing = self._routing_of(settings)
        self._checkers = {
            name: checker_for(each.auth, open_keys) for name, each in settings.sources.items()
        }
        self._ingest = shared.ingest(self._checkers)
        self._tls = server_context(settings.server.tls) if settings.server.tls else None

    def _offer(self, deliveries: Sequence[Delivery]) -> None:
        self._attendant.offer(deliveries)

    def _fail(self) -> None:
        self._failed = True
        self.stopping.set()

    async def run(self, reload: Callable[[], Awaitable[None]]) -> int:
        """Serve until asked to stop, and *reload* beside it; return the exit code."""
        await self._tell_left_behind()
        settings = self.settings
        listener = await listen(self._ingest, settings.server, self._tls, self._handed["server"])
        admin = Admin(
            operations=OPERATIONS,
            bench=self._attendant.bench_for,
            health=self._attendant,
            metrics=self._metrics,
            version=version("wfm-gateway"),
        )
        admins = await listen_admin(admin, settings, self._handed["admin"], utc_now)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        async with asyncio.TaskGroup() as group:
            await self._tellers.start(group, self.settings.destinations)
            await self._readers.start(group, self.settings.sources)
            await self._filers.start(group, self.settings)
            workers = [group.create_task(each) for each in self._work(reload)]
            await self.stopping.wait()
            log.info("gateway.stopping")
            await listener.stop(settings.server.shutdown_grace)
            await self._readers.stop()
            await self._filers.stop()
            await self._tellers.stop()
            for worker in workers:
                worker.cancel()
            for each in admins:
                await each.stop()
        return 1 if self._failed else 0

    async def become(self, settings: Settings) -> None:
        """Go by these settings: sources at once, destinations when their workers have changed.

        What a change of `server`, `admin` and `store` would need a new start for stays; the
        certificate is read again.

        Raises:
            ConfigurationError: a part of them cannot be used; nothing has changed.
        """
        checkers = {
            name: self._checkers[name]
            if self._sources.get(name) == each
            else checker_for(each.auth, open_keys)
            for name, each in settings.sources.items()
        }
        if self._tls is not None and settings.server.tls is not None:
            load_certificate(self._tls, settings.server.tls)
        self._roster.follow(settings.agents.files)
        self.settings, self._checkers = settings, checkers
        for name in settings.sources:
            self._source_health.setdefault(name, SourceHealth())
        self._sources.clear()
        self._sources.update(settings.sources)
        self._ingest.become(settings.sources, checkers)
        self._routing = self._routing_of(settings)
        self._attendant.become(settings)
        await self._readers.become(settings.sources)
        await self._filers.become(settings)
        changed = await self._tellers.become(settings.destinations)
        await self._tell_left_behind()
        self.look_again()
        log.info("gateway.reloaded", destinations_changed=changed)

    def look_again(self) -> None:
        """Probe the destinations that are parked, and look at what is held again."""
        self._releaser.look_at_all()
        for destination in self._tellers.destinations.values():
            destination.reload_probe()
        for filer in self._filers.filers.values():
            filer.wake()

    async def _tell_left_behind(self) -> None:
        with suppress(StoreUnavailableError):
            for name, count in (await orphans(self._attendant.bench)).items():
                log.warning("destination.unknown", destination=name, left_behind=count)

    async def keep_audit(self, action: str, result: Mapping[str, Any]) -> None:
        """Keep what was done to the process itself, where the store can."""
        entry = AuditEntry(utc_now(), "process", action, result=result)
        with suppress(StoreError):
            await self._store.keep_audit(entry)

    def _routing_of(self, settings: Settings) -> Routing:
        destinations = tuple(settings.destinations.values())
        agents = settings.agents
        return Routing(
            destinations,
            agents.unmapped,
            self._roster,
            agents.wfm_id_from,
            self._recalled.badges,
            self._recalled.customer_key,
        )

    def _make_shared(self) -> Shared:
        return Shared(
            self._store,
            lambda: self.settings,
            self._metrics,
            self._roster,
            self._recalled.badges,
            self._sources,
            self._source_health,
            Readings(),
            self._workers,
            utc_now,
        )

    def _make_attendant(self) -> Attendant:
        return Attendant(
            self.settings,
            self._store,
            tellers=self._tellers,
            readers=self._readers,
            filers=self._filers,
            sources=self._source_health,
            workers=self._workers.alive,
            metrics=self._metrics,
            roster=self._roster,
            badges=self._recalled.badges,
            now=utc_now,
            alarms=lambda: self._sentry.standing,
            look_again=self._releaser.look_at_all,
            forgetting=lambda: self._forgetting,
        )

    def _make_sentry(self) -> Sentry:
        lookout = Lookout(
            self._store,
            settings=lambda: self.settings,
            floor=self._floor,
            badges=self._recalled.badges,
            health=self._source_health,
            destination_health=self._attendant.destination_health,
            started_at=utc_now(),
            files=lambda: self._filers.filers,
        )
        return Sentry(
            self._store,
            lookout,
            settings=lambda: self.settings,
            offer=self._attendant.offer,
            metrics=self._metrics,
        )

    def _make_translator(self) -> Translator:
        return Translator(
            self._store,
            self._sources,
            routing=lambda: self._routing,
            readings=self._shared.readings,
            offer=self._attendant.offer,
            metrics=self._metrics,
            health=self._source_health,
            floor=self._floor,
            on_known=self._releaser.look_at,
            on_strangers=self._readers.look_up,
        )

    def _work(self, reload: Callable[[], Awaitable[None]]) -> list[Coroutine[Any, Any, None]]:
        restarted, retention = self._workers.restarted, self.settings.store.retention
        ledger_kept = self.settings.ledger.retention
        return [
            self._workers.fatal("translator", self._translator.run),
            restarted("pruning", partial(prune, self._store.prune, retention, utc_now)),
            restarted(
                "ledger",
                partial(
                    prune, self._store.prune_ledger, ledger_kept, utc_now, PRUNE_LEDGER_SECONDS
                ),
            ),
            restarted("budgets", self._shared.budgets(self._tellers.destinations).run),
            restarted("hearing", self._shared.hearing(lambda: self._sentry.standing).run),
            restarted("roster", partial(watch_roster, self._roster, self._releaser.look_at_all)),
            restarted("held", self._releaser.run),
            restarted("sentry", self._sentry.run),
            restarted("reloading", reload),
        ]
