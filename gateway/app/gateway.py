"""One running gateway: its parts, joined and started."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import uvloop

from gateway.app.attendant import Attendant
from gateway.config.roster import RosterFiles
from gateway.engine.destination import Destination
from gateway.engine.housekeeping import prune, release_held, watch_roster
from gateway.engine.intake import JournalIntake, Readings
from gateway.engine.translator import Translator
from gateway.flow import Routing
from gateway.http.access import Access
from gateway.http.admin import Admin, AdminListener
from gateway.http.ingest import Ingest
from gateway.http.jwks import jwt_checker, open_keys
from gateway.http.server import server_context
from gateway.http.transport import HttpTransport
from gateway.http.unix import socket_path
from gateway.operations import OPERATIONS
from gateway.pipeline.verify import checker_for
from gateway.store.sqlite import open_store
from gateway.telemetry.logs import configure, logger
from gateway.telemetry.metrics import Metrics, SourceHealth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

    from gateway.http.server import Listener
    from gateway.mapping.authenticity import Presented
    from gateway.mapping.registry import Registry
    from gateway.settings import DestinationSettings, Settings
    from gateway.store.sqlite import SqliteStore

GC_THRESHOLD = 50_000
"""Young objects before a collection: the gateway makes many and no cycles (docs/decisions)."""

SWITCH_SECONDS = 0.0001
"""How long a busy loop may keep the interpreter from the thread that commits (decision 1)."""

RESTART_FIRST = 1.0
RESTART_LONGEST = 60.0

log = logger()


def utc_now() -> datetime:
    """Return the present time; the one place where the gateway asks the machine's clock."""
    return datetime.now(UTC)


def serve(settings: Settings, registry: Registry) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Raises:
        ConfigurationError: something that the configuration names cannot be used.
        StoreError: the store cannot be opened, or another process has it.
    """
    del registry  # the settings hold the plugins that they name
    configure()
    sys.setswitchinterval(SWITCH_SECONDS)
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    store = open_store(
        settings.store.path, now=utc_now, max_untranslated=settings.store.max_untranslated
    )
    try:
        gateway = Gateway(settings, store)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, gateway.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, gateway.reload)
        return await gateway.run()
    finally:
        await store.close()


class Gateway:
    """The parts of one gateway. Made inside a running loop."""

    def __init__(self, settings: Settings, store: SqliteStore) -> None:
        self.stopping = asyncio.Event()
        self._settings = settings
        self._store = store
        self._metrics = Metrics()
        self._roster = RosterFiles(settings.agents.files)
        self._source_health = {name: SourceHealth() for name in settings.sources}
        self._workers: dict[str, bool] = {}
        self._destinations: dict[str, Destination] = {}
        self._readings = Readings()
        self._released = asyncio.Event()
        self._failed = False
        self._attendant = Attendant(
            settings,
            store,
            destinations=self._destinations,
            sources=self._source_health,
            workers=self._workers,
            metrics=self._metrics,
            roster=self._roster,
            now=utc_now,
        )

    def reload(self) -> None:
        """Probe the destinations that are parked, and look at what is held again."""
        log.info("gateway.probing")
        self._released.set()
        for destination in self._destinations.values():
            destination.reload_probe()

    async def run(self) -> int:
        """Serve until asked to stop; return the exit code."""
        grace = self._settings.server.shutdown_grace
        listener = await self._listen()
        admins = await self._listen_admin()
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(each) for each in self._work()]
            await self.stopping.wait()
            log.info("gateway.stopping")
            await listener.stop(grace)
            for destination in list(self._destinations.values()):
                await destination.stop()
            for worker in workers:
                worker.cancel()
            for admin in admins:
                await admin.stop()
        return 1 if self._failed else 0

    async def _listen(self) -> Listener:
        server = self._settings.server
        listener = Ingest(
            sources=self._settings.sources,
            checkers={
                name: checker_for(each.auth, open_keys)
                for name, each in self._settings.sources.items()
            },
            settings=server,
            intake=JournalIntake(
                self._store,
                self._settings.sources,
                readings=self._readings,
                metrics=self._metrics,
                health=self._source_health,
            ),
            metrics=self._metrics,
            health=self._source_health,
            now=utc_now,
        ).listener()
        tls = server_context(server.tls) if server.tls else None
        port = await listener.start(server.host, server.port, tls=tls)
        _say("listening", "https" if tls else "http", server.host, port)
        return listener

    async def _listen_admin(self) -> list[AdminListener]:
        settings = self._settings
        admin = Admin(
            operations=OPERATIONS,
            bench=self._attendant.bench,
            health=self._attendant,
            metrics=self._metrics,
            version=version("wfm-gateway"),
        )
        access = Access(settings.admin.host, settings.admin.auth, utc_now, _role_of(settings))
        trusted = AdminListener(admin.application(None))
        await trusted.start_unix(socket_path(settings.store.path))
        public = AdminListener(admin.application(access))
        port = await public.start_tcp(settings.admin.host, settings.admin.port)
        _say("admin", "http", settings.admin.host, port)
        return [public, trusted]

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        settings, store = self._settings, self._store
        routing = Routing(
            tuple(settings.destinations.values()), settings.agents.unmapped, self._roster
        )
        translator = Translator(
            store,
            settings.sources,
            routing=lambda: routing,
            readings=self._readings,
            offer=self._attendant.offer,
            metrics=self._metrics,
            health=self._source_health,
        )
        return [
            self._fatal("translator", translator.run),
            *(self._tell(each) for each in settings.destinations.values()),
            self._restarted("pruning", partial(prune, store, settings.store.retention, utc_now)),
            self._restarted("roster", partial(watch_roster, self._roster, self._released.set)),
            self._restarted("held", self._release),
        ]

    async def _fatal(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run what the gateway cannot do without: its end is the end, and a clean start follows."""
        self._workers[name] = True
        try:
            await work()
        except Exception as problem:
            log.critical("worker.failed", worker=name, exc_info=problem)
            self._failed = True
            self.stopping.set()
        finally:
            self._workers[name] = False

    async def _restarted(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run what may fail without harm to the rest: it begins anew after a while."""
        pause = RESTART_FIRST
        while True:
            self._workers[name] = True
            try:
                await work()
            except Exception as problem:
                log.critical("worker.failed", worker=name, exc_info=problem)
            else:
                return
            self._workers[name] = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, RESTART_LONGEST)

    async def _tell(self, settings: DestinationSettings) -> None:
        name = settings.name

        async def tell() -> None:
            transport = HttpTransport(settings)
            self._destinations[name] = Destination(
                settings,
                outbox=self._store,
                transport=transport,
                metrics=self._metrics,
                roster=self._roster,
            )
            try:
                await self._destinations[name].run()
            finally:
                del self._destinations[name]
                await transport.close()

        await self._restarted(f"destination {name}", tell)

    async def _release(self) -> None:
        """Let go of held deliveries at the start and whenever the roster has changed."""
        while True:
            released = await release_held(
                self._store,
                self._settings.destinations,
                self._roster,
                self._settings.agents.unmapped,
            )
            self._attendant.offer(released)
            await self._released.wait()
            self._released.clear()


def _role_of(settings: Settings) -> Callable[[Presented, datetime], Awaitable[str | None]] | None:
    if settings.admin.auth.type != "jwt":
        return None
    checker = jwt_checker(settings.admin.auth.jwt_options)

    async def role_of(presented: Presented, now: datetime) -> str | None:
        await checker.prepare(presented, now)
        claims: Mapping[str, object] = checker.claims(presented, now)
        return str(claims["role"]) if "role" in claims else None

    return role_of


def _say(what: str, scheme: str, host: str, port: int) -> None:
    """Tell people and programs where we listen: port 0 has picked one."""
    shown = f"[{host}]" if ":" in host else host
    print(f"{what} on {scheme}://{shown}:{port}", flush=True)  # noqa: T201 - the answer to `serve`
    log.info("listener.started", listener=what, host=host, port=port)
