"""The sentry: tells each change of an alarm once, also over restarts."""

from __future__ import annotations

from collections import Counter, deque
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from gateway.engine.clock import LoopClock, sleep_until
from gateway.model.alarm import Severity, StandingAlarm
from gateway.model.clock import rfc3339
from gateway.model.errors import StoreUnavailableError
from gateway.pipeline.alarms import judge
from gateway.pipeline.alert import alert
from gateway.pipeline.route import route
from gateway.ports import AlarmChange, RoutedEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from gateway.engine.clock import Clock
    from gateway.engine.lookout import Lookout
    from gateway.model.alarm import AlarmKey, Scope
    from gateway.model.delivery import Delivery
    from gateway.pipeline.alarms import Findings
    from gateway.ports import Alarms
    from gateway.settings import Settings
    from gateway.telemetry.metrics import Metrics

LOOK_EVERY = timedelta(seconds=2)
JUMP = timedelta(seconds=30)
"""So far off its time a look is not late: the clock was set, or the machine slept."""

MOST_UNKEPT = 1000
"""Changes that wait for a store that is unavailable; beyond it the oldest are only logged."""

log = structlog.get_logger(__name__)


class Sentry:
    """Looks at the facts every few seconds, and compares with what is raised."""

    def __init__(
        self,
        store: Alarms,
        lookout: Lookout,
        *,
        settings: Callable[[], Settings],
        offer: Callable[[Sequence[Delivery]], None],
        metrics: Metrics,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._lookout = lookout
        self._settings = settings
        self._offer = offer
        self._metrics = metrics
        self._clock = clock or LoopClock()
        self._standing: dict[AlarmKey, StandingAlarm] | None = None
        self._unkept: deque[AlarmChange] = deque(maxlen=MOST_UNKEPT)
        self._shown: set[Scope] = set()

    @property
    def standing(self) -> tuple[StandingAlarm, ...]:
        """What is raised now, oldest first."""
        return tuple(sorted((self._standing or {}).values(), key=lambda each: each.since))

    def forget(self, subject: str) -> None:
        """Know of no alarm about a subject any more, and tell nobody that it ended."""
        for key in [each for each in self._standing or {} if each[1] == subject]:
            del (self._standing or {})[key]
        kept = [each for each in self._unkept if each.standing.alarm.subject != subject]
        self._unkept.clear()
        self._unkept.extend(kept)

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self.look()
            due_at = self._clock.now() + LOOK_EVERY
            await sleep_until(self._clock, due_at)
            now = self._clock.now()
            if abs(now - due_at) > JUMP:
                log.warning("clock.jumped", seconds=round((now - due_at).total_seconds()))
                self._lookout.excuse(now)

    async def look(self) -> None:
        """Look once; tell what has changed."""
        standing = await self._recalled()
        now = self._clock.now()
        facts = await self._lookout.look(now)
        changes = list(self._changes(standing, judge(facts), now))
        for each in changes:
            _apply(standing, each)
        self._unkept.extend(changes)
        if facts.store_problem is None:
            await self._keep()
        # The event comes first: killed before it is kept, the gateway tells all of it next time.
        for each in changes:
            _tell(each)
        self._show(standing)

    async def _recalled(self) -> dict[AlarmKey, StandingAlarm]:
        """Return what is raised; at the start that is in the store."""
        if self._standing is None:
            kept = await self._store.alarms()
            self._standing = {each.alarm.key: each for each in kept}
            if kept:
                log.warning("alarms.standing", alarms=[_named(each) for each in kept])
        return self._standing

    def _changes(
        self, standing: dict[AlarmKey, StandingAlarm], findings: Findings, now: datetime
    ) -> Iterator[AlarmChange]:
        raised = {each.key: each for each in findings.raised}
        for key, alarm in raised.items():
            if key not in standing:
                yield self._change(StandingAlarm(alarm, now), now, is_raised=True)
        for key, each in list(standing.items()):
            if key not in raised and each.alarm.scope not in findings.undecided:
                yield self._change(each, now, is_raised=False)

    def _change(self, standing: StandingAlarm, now: datetime, *, is_raised: bool) -> AlarmChange:
        settings = self._settings()
        event = alert(standing, is_raised=is_raised, now=now)
        destinations = settings.destinations.values()
        deliveries, _ = route(event, destinations, settings.agents.unmapped)
        return AlarmChange(standing, is_raised, RoutedEvent(event, deliveries))

    async def _keep(self) -> None:
        """Make durable what is not; a store that cannot is tried again at the next look."""
        changes = list(self._unkept)
        if not changes:
            return
        try:
            deliveries = await self._store.keep_alarms(changes)
        except StoreUnavailableError as problem:
            log.warning("alarms.unkept", changes=len(changes), reason=str(problem))
            return
        self._unkept.clear()
        self._offer(deliveries)

    def _show(self, standing: dict[AlarmKey, StandingAlarm]) -> None:
        counts = Counter(each.alarm.scope for each in standing.values())
        for scope in self._shown | set(counts):
            self._metrics.alarm.labels(*scope).set(counts[scope])
        self._shown |= set(counts)


def _apply(standing: dict[AlarmKey, StandingAlarm], change: AlarmChange) -> None:
    key = change.standing.alarm.key
    if change.is_raised:
        standing[key] = change.standing
    else:
        del standing[key]


def _tell(change: AlarmChange) -> None:
    alarm = change.standing.alarm
    about = {"alarm": alarm.name.value, "subject": alarm.subject, "detail": alarm.detail}
    if not change.is_raised:
        log.info("alarm.cleared", **about, since=rfc3339(change.standing.since))
        return
    level = log.error if alarm.name.severity is Severity.CRITICAL else log.warning
    level("alarm.raised", **about, severity=alarm.name.severity.value, runbook=alarm.name.runbook)


def _named(standing: StandingAlarm) -> str:
    alarm = standing.alarm
    return f"{alarm.name.value} {alarm.subject}".strip()
