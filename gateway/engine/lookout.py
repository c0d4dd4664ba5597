"""The lookout: gathers the facts that the alarms are judged by, and what only time tells of them.

Everything that it asks is kept in memory by somebody else, so that it may be asked every few
seconds.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.engine.flows import Flow, owed_in_all
from gateway.model.clock import from_rfc3339
from gateway.model.errors import StoreUnavailableError
from gateway.model.facts import Conflict, DestinationFacts, Facts, FileFacts, Refusing, SourceFacts
from gateway.pipeline.skew import skew_of, zone_doubt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gateway.engine.files import Filer
    from gateway.engine.floor import Floor
    from gateway.model.badge import Badges
    from gateway.ports import Store
    from gateway.settings import DestinationSettings, Settings, SourceSettings
    from gateway.telemetry.metrics import SourceHealth

AGENTS_TOLD = 100
"""Of one source and one alarm at most so many agents are told at once."""

PROBE_EVERY = timedelta(seconds=30)
PROBE_SECONDS = 5.0
STORE_CHECK = "store"
NOT_THE_SENDER = frozenset({STORE_CHECK, "gone", "internal"})
"""Refusals that do not speak against what was sent: the store's have an alarm of their own."""

ANSWERS_BELOW = 500


@dataclass(slots=True)
class _Refusals:
    """The refusals of a source since it was last accepted."""

    receipts: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    base: dict[str, int] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None

    def look(self, health: SourceHealth, now: datetime) -> Refusing | None:
        counted = {
            check: count for check, count in health.refusals.items() if check not in NOT_THE_SENDER
        }
        if health.receipts != self.receipts:
            self.receipts, self.base = health.receipts, counted
            self.since = self.until = None
        elif counted != self.counted:
            self.since, self.until = self.since or now, now
        self.counted = counted
        if self.since is None or self.until is None:
            return None
        checks = {
            check: count - self.base.get(check, 0)
            for check, count in counted.items()
            if count > self.base.get(check, 0)
        }
        return Refusing(self.since, self.until, checks)


@dataclass(slots=True)
class _Growth:
    """When a count last became more, since it was first looked at."""

    count: int | None = None
    grew_at: datetime | None = None

    def look(self, count: int, now: datetime) -> datetime | None:
        if self.count is not None and count > self.count:
            self.grew_at = now
        self.count = count
        return self.grew_at


class Lookout:
    """Looks at sources, destinations and the store.

    *health* has what was heard of each source, *destination_health* what the worker of a
    destination knows of it (empty: it has none now), *files* the filers that live.
    """

    def __init__(
        self,
        store: Store,
        *,
        settings: Callable[[], Settings],
        floor: Floor,
        badges: Badges,
        health: Mapping[str, SourceHealth],
        destination_health: Callable[[str], Mapping[str, Any]],
        started_at: datetime,
        files: Callable[[], Mapping[str, Filer]] = dict,
    ) -> None:
        self._store = store
        self._settings = settings
        self._floor = floor
        self._badges = badges
        self._health = health
        self._destination_health = destination_health
        self._started_at = started_at
        self._files = files
        self._refusals: dict[str, _Refusals] = {}
        self._growth: dict[str, _Growth] = {}
        self._flows: dict[str, Flow] = {}
        self._jumped_at: datetime | None = None
        self._open_since: dict[str, datetime] = {}
        self._store_refused = 0
        self._store_problem: str | None = None
        self._set_aside: tuple[str, ...] = ()
        self._probe_at = started_at

    async def look(self, now: datetime) -> Facts:
        """Return the facts as they are now."""
        settings = self._settings()
        await self._complete_floor(settings)
        problem = await self._probe(now)
        sizes = await self._store.sizes()
        return Facts(
            now=now,
            started_at=self._started_at,
            jumped_at=self._jumped_at,
            sources=tuple(self._source(each, sizes, now) for each in settings.sources.values()),
            destinations=tuple(
                self._destination(each, sizes, now) for each in settings.destinations.values()
            ),
            files=tuple(self._filed(settings)),
            conflicts=tuple(self._conflicts()),
            store_problem=problem,
            set_aside=self._set_aside,
        )

    def _filed(self, settings: Settings) -> Iterator[FileFacts]:
        filers = self._files()
        for name in settings.files:
            filer = filers.get(name)
            yield FileFacts(name=name) if filer is None else filer.health.facts(name)

    def _conflicts(self) -> Iterator[Conflict]:
        for (destination, _), (wearer, *waiting) in self._badges.conflicts().items():
            for agent in waiting:
                yield Conflict(agent, wearer, destination)

    def excuse(self, now: datetime) -> None:
        """Count no silence from before *now*: the clock has jumped, or the machine slept."""
        self._jumped_at = now

    async def _complete_floor(self, settings: Settings) -> None:
        """Read the agents of a source once, where an alarm is about them."""
        for name, source in settings.sources.items():
            is_watched = source.expect_every or source.ghost_after or source.wrap_up_limit
            if is_watched and not self._floor.is_complete(name):
                try:
                    await self._floor.complete(name, self._store, self._started_at)
                except StoreUnavailableError:
                    return

    async def _probe(self, now: datetime) -> str | None:
        """Say why nothing can be made durable now; try it seldom while all seems well."""
        refused = sum(each.refusals.get(STORE_CHECK, 0) for each in self._health.values())
        is_doubtful = self._store_problem is not None or refused != self._store_refused
        if is_doubtful or now >= self._probe_at:
            self._store_problem = await self._try_store()
            self._set_aside = tuple(self._store.set_aside_before())
            self._probe_at = now + PROBE_EVERY
        self._store_refused = refused
        return self._store_problem

    async def _try_store(self) -> str | None:
        waiting, most = self._store.untranslated_count(), self._settings().store.max_untranslated
        if waiting >= most:
            return f"{waiting} receipts wait to be translated (store.max_untranslated is {most})"
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._store.check_writable()
        except TimeoutError:
            return "the store has not answered for five seconds"
        except StoreUnavailableError as problem:
            return str(problem)
        return None

    def _source(
        self, source: SourceSettings, sizes: Mapping[str, int], now: datetime
    ) -> SourceFacts:
        name, floor = source.name, self._floor
        health = self._health[name]
        lags = tuple(health.lags)
        return SourceFacts(
            name=name,
            expect_every=source.expect_every,
            ghost_after=source.ghost_after,
            wrap_up_limit=source.wrap_up_limit,
            heard_at=from_rfc3339(health.last_receipt_at) if health.last_receipt_at else None,
            live_agents=floor.live(source.keys_of) if floor.is_complete(source.keys_of) else None,
            silent_agents=tuple(floor.longest_unheard(name, AGENTS_TOLD)),
            wrapping=tuple(floor.longest_wrapping(name, AGENTS_TOLD)),
            skew=skew_of(lags),
            zone_doubt=_zone_doubt(source, lags, now),
            refusing=self._refusals.setdefault(name, _Refusals()).look(health, now),
            unreadable=health.reconcile_problem,
            grew_at=self._grew_at(f"quarantine:{name}", sizes, now),
        )

    def _destination(
        self, settings: DestinationSettings, sizes: Mapping[str, int], now: datetime
    ) -> DestinationFacts:
        name, limit = settings.name, settings.rate_limit
        health = self._destination_health(name)
        grew_at = self._grew_at(f"dead_letters:{name}", sizes, now)
        if not health:
            return DestinationFacts(name=name, grew_at=grew_at)
        is_open = health["circuit"] == "open"
        if is_open:
            self._open_since.setdefault(name, now)
        else:
            self._open_since.pop(name, None)
        behind = health["seconds_behind"]
        answer = health["last_answer"] or {}
        return DestinationFacts(
            name=name,
            is_parked=health["parked"],
            is_open=is_open,
            open_since=self._open_since.get(name),
            answers=0 < answer["status"] < ANSWERS_BELOW if answer else None,
            pending=health["backlog"],
            behind=None if behind is None else timedelta(seconds=behind),
            last_answer=str(answer.get("error") or answer.get("status") or "none"),
            owed_a_minute=self._owed(settings, health["backlog"], sizes, now),
            allowed_a_minute=None if limit is None else limit.a_minute,
            grew_at=grew_at,
        )

    def _owed(
        self,
        settings: DestinationSettings,
        pending: int | None,
        sizes: Mapping[str, int],
        now: datetime,
    ) -> float | None:
        if settings.rate_limit is None or pending is None:
            return None
        flow = self._flows.setdefault(settings.name, Flow())
        return flow.look(settings, owed_in_all(settings.name, pending, sizes), now)

    def _grew_at(self, name: str, sizes: Mapping[str, int], now: datetime) -> datetime | None:
        return self._growth.setdefault(name, _Growth()).look(sizes.get(name, 0), now)


def _zone_doubt(source: SourceSettings, lags: Sequence[float], now: datetime) -> str | None:
    zone, doubt = source.mapping.zone, None
    if zone is not None:
        with suppress(Exception):  # logged already; without a zone there is nothing to doubt
            doubt = zone_doubt(lags, zone(source.options), now)
    return doubt
