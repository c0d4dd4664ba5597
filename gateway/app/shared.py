"""What the parts of one gateway share, and each part made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.app.filers import Filers
from gateway.app.readers import Readers
from gateway.app.tellers import Tellers
from gateway.engine.budgets import Budgets
from gateway.engine.files.people import People
from gateway.engine.hearing import Hearing
from gateway.engine.intake import JournalIntake
from gateway.engine.releaser import Releaser
from gateway.engine.standings import Feeds, StandingsReader
from gateway.http.ingest import Ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gateway.app.workers import Workers
    from gateway.config.roster import RosterFiles
    from gateway.engine.destination import Destination
    from gateway.mapping.authenticity import Checker
    from gateway.model.alarm import StandingAlarm
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.pipeline.read import Readings
    from gateway.settings import AgentsSettings, Settings, SourceSettings
    from gateway.store.sqlite import SqliteStore
    from gateway.telemetry.metrics import Metrics, SourceHealth


@dataclass(frozen=True, slots=True)
class Shared:
    """*settings* are those of now; *sources* and their *health* follow them in place."""

    store: SqliteStore
    settings: Callable[[], Settings]
    metrics: Metrics
    roster: RosterFiles
    badges: Badges
    sources: dict[str, SourceSettings]
    health: dict[str, SourceHealth]
    readings: Readings
    workers: Workers
    now: Callable[[], datetime]

    def _agents(self) -> AgentsSettings:
        return self.settings().agents

    def releaser(self, offer: Callable[[Sequence[Delivery]], None]) -> Releaser:
        """Make what lets go of held deliveries."""
        return Releaser(self.store, self.roster, self.badges, settings=self.settings, offer=offer)

    def tellers(self, on_held: Callable[[Sequence[Delivery]], None]) -> Tellers:
        """Make what tells the destinations."""
        feeds = Feeds(self.sources, self.health)
        return Tellers(
            self.store,
            metrics=self.metrics,
            roster=self.roster,
            standings=StandingsReader(self.store, feeds, self.roster, self.badges, self._agents),
            workers=self.workers,
            badges=self.badges,
            on_held=on_held,
        )

    def readers(self) -> Readers:
        """Make what asks the platforms."""
        return Readers(
            self.store,
            readings=self.readings,
            metrics=self.metrics,
            health=self.health,
            workers=self.workers,
        )

    def filers(self) -> Filers:
        """Make what writes files."""
        people = People(self.store, self.roster, self.badges, self._agents)
        return Filers(self.store, people=people, metrics=self.metrics, workers=self.workers)

    def ingest(self, checkers: Mapping[str, Checker | None]) -> Ingest:
        """Make what answers senders."""
        return Ingest(
            sources=self.sources,
            checkers=checkers,
            settings=self.settings().server,
            intake=JournalIntake(
                self.store,
                self.sources,
                readings=self.readings,
                metrics=self.metrics,
                health=self.health,
            ),
            metrics=self.metrics,
            health=self.health,
            now=self.now,
        )

    def budgets(self, destinations: Mapping[str, Destination]) -> Budgets:
        """Make what keeps the store within its bounds."""
        return Budgets(
            self.store,
            settings=self.settings,
            destinations=destinations,
            metrics=self.metrics,
            now=self.now,
        )

    def hearing(self, standing: Callable[[], Sequence[StandingAlarm]]) -> Hearing:
        """Make what notes which sources are heard."""
        return Hearing(
            self.store,
            sources=lambda: {name: each.expect_every for name, each in self.sources.items()},
            standing=standing,
        )
