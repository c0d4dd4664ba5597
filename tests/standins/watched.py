"""A watched gateway in small: real store, intake, translator, sentry; the test turns the clock."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.engine.floor import Floor
from gateway.engine.intake import JournalIntake
from gateway.engine.lookout import Lookout
from gateway.engine.sentry import Sentry
from gateway.engine.translator import Translator
from gateway.flow import Routing
from gateway.mapping.registry import installed
from gateway.model.badge import Badges
from gateway.model.event import EventType, event_from_envelope
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.read import Readings
from gateway.settings import (
    AdminSettings,
    AgentsSettings,
    ServerSettings,
    Settings,
    SourceAuth,
    SourceSettings,
    StoreSettings,
)
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.store import SqliteStore, open_store
from gateway.telemetry.metrics import Metrics, SourceHealth
from tests.standins.delivery import HandClock, destination_settings


class NoRoster:
    def entry(self, _source, _agent_id):
        return None


def settings_of(path: Path, source: SourceSettings) -> Settings:
    return Settings(
        server=ServerSettings(),
        admin=AdminSettings(),
        store=StoreSettings(path=path, max_untranslated=100),
        sources={source.name: source},
        agents=AgentsSettings(),
        destinations={"wfm": destination_settings(events=frozenset({EventType.ALERT}))},
        path=path.with_suffix(".yaml"),
    )


def source_of(mapping: str = "flex_rta", **keys) -> SourceSettings:
    found = installed().sources[mapping]
    return SourceSettings("flex", found, SourceAuth("none"), found.options().load({}), **keys)


@dataclass
class Watched:
    """One process: what it hears, what its sentry tells."""

    settings: Settings
    clock: HandClock
    store: SqliteStore
    metrics: Metrics = field(default_factory=Metrics)
    offered: list = field(default_factory=list)
    destination: dict = field(default_factory=dict)
    badges: Badges = field(default_factory=Badges)

    def __post_init__(self) -> None:
        self.health = {name: SourceHealth() for name in self.settings.sources}
        self.floor = Floor()
        self.readings = Readings()
        self.sentry = Sentry(
            self.store,
            Lookout(
                self.store,
                settings=lambda: self.settings,
                floor=self.floor,
                badges=self.badges,
                health=self.health,
                destination_health=lambda _name: self.destination,
                started_at=self.clock.now(),
            ),
            settings=lambda: self.settings,
            offer=self.offered.extend,
            metrics=self.metrics,
            clock=self.clock,
        )

    def translator(self) -> Translator:
        return Translator(
            self.store,
            self.settings.sources,
            routing=lambda: Routing((), "forward", NoRoster()),
            readings=self.readings,
            offer=lambda _deliveries: None,
            metrics=self.metrics,
            health=self.health,
            floor=self.floor,
        )

    async def hear(self, body: bytes) -> None:
        """Accept a request now, and have it translated."""
        intake = JournalIntake(
            self.store,
            self.settings.sources,
            readings=self.readings,
            metrics=self.metrics,
            health=self.health,
        )
        headers = (("content-type", "application/json"),)
        receipt = Receipt("flex", self.clock.now(), "POST", headers, "", body)
        await intake.accept(VerifiedReceipt(receipt))
        async with asyncio.timeout(5):
            while self.store.untranslated_count():  # noqa: ASYNC110 - nobody tells when it is done
                await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)  # it notes what it has finished

    async def after(self, **given: float) -> list[str]:
        """Look after so long; return what is raised."""
        self.clock.advance(timedelta(**given))
        await self.sentry.look()
        return self.raised

    @asynccontextmanager
    async def on_watch(self):
        """Let the sentry look by itself."""
        task = asyncio.ensure_future(self.sentry.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def turn(self, **given: float) -> None:
        """Turn the clock, and let everything happen that happens by it."""
        await self.quiet()
        self.clock.advance(timedelta(**given))
        await self.quiet()

    async def quiet(self) -> None:
        """Let everything happen that can happen without the clock."""
        for _ in range(10):
            await self.store.alarms()
            await self.store.keep_alarms([])

    @property
    def raised(self) -> list[str]:
        return [f"{each.alarm.name} {each.alarm.subject}".strip() for each in self.sentry.standing]

    async def alerts(self) -> list[str]:
        """Return every alert in the store, oldest first."""
        sql = "SELECT event FROM events WHERE type = 'gateway.alert' ORDER BY seq"
        rows = await self.store._database.read(lambda connection: rows_of(connection, sql))
        events = [event_from_envelope(json.loads(text)) for (text,) in rows]
        return [f"{each.data['state']} {each.data['alarm']}" for each in events]

    def gauge(self, name: str, subject: str) -> float | None:
        labels = {"alarm": name, "subject": subject}
        return self.metrics.registry.get_sample_value("gateway_alarm", labels)


@asynccontextmanager
async def watched(path: Path, clock: HandClock, source: SourceSettings):
    """Run one process on the store at *path*; called again, it is the next one."""
    store = open_store(path / "gateway.db", now=clock.now)
    each = Watched(settings_of(path / "gateway.db", source), clock, store)
    task = asyncio.ensure_future(each.translator().run())
    try:
        yield each
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.close()
