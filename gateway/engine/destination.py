"""One destination: its lanes, its gate, its attempts. It owns no delivery: the store does."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from gateway.engine.attempt import attempt
from gateway.engine.clock import ForwardClock, set_event
from gateway.engine.departures import Departures
from gateway.engine.flight import by_lane, over
from gateway.engine.gate import Gate
from gateway.engine.lanes import LaneTable
from gateway.engine.loader import Loader
from gateway.engine.memory_lane import Limits, MemoryLane
from gateway.engine.outcomes import Landing, Outcomes
from gateway.engine.overflow import give_up
from gateway.engine.recorder import Recorder
from gateway.engine.rendering import Renderer
from gateway.engine.score import Score
from gateway.engine.snapshot import snapshots_for
from gateway.engine.still import StillLanes
from gateway.engine.watch import Watch
from gateway.mapping.destination import Verdict
from gateway.model.delivery import Held, Outcome
from gateway.pipeline.deliver import retry_after
from gateway.pipeline.lanes import Rules
from gateway.ports import Backlog, DestinationMark, Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.engine.attempt import Attempt
    from gateway.engine.clock import Clock
    from gateway.engine.flight import Work
    from gateway.engine.snapshot import Snapshots
    from gateway.engine.standings import StandingsReader
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.ports import Outbox, Roster, Transport
    from gateway.settings import DestinationSettings
    from gateway.telemetry.metrics import Metrics

GRACE_SECONDS = 1.0
_ALL_WELL = frozenset({Verdict.DELIVERED})


class Destination:
    """Delivers to one destination, from one event loop. *draw* gives random numbers from 0 to 1."""

    def __init__(
        self,
        settings: DestinationSettings,
        *,
        outbox: Outbox,
        transport: Transport,
        metrics: Metrics,
        roster: Roster | None = None,
        standings: StandingsReader | None = None,
        clock: Clock | None = None,
        draw: Callable[[], float] = random.random,
        limits: Limits | None = None,
        badges: Badges | None = None,
        on_held: Callable[[Sequence[Delivery]], None] | None = None,
    ) -> None:
        limits = limits or Limits()
        self._on_held = on_held
        self._rules = rules = _rules_of(settings)
        self.name = settings.name
        self._settings = settings
        self._outbox = outbox
        self._clock = clock = clock or ForwardClock()
        self._draw = draw
        self._transport = transport
        self._renderer = Renderer(settings, roster, badges)
        self._outcomes = Outcomes(settings, rules, draw)
        self._gate = Gate(settings, clock.now())
        self._watch = Watch(settings, metrics)
        self._recorder: Recorder[MemoryLane] = Recorder(
            settings.name, outbox, clock, self._on_durable
        )
        self._table = LaneTable(rules, limits, self._drop, remembers=settings.order == "agent")
        self._loader = self._make_loader(limits)
        self._departures = Departures(settings, self._gate, self._table, clock, self._pump)
        self._score = Score()
        self._busy = 0
        self._quiet = set_event()
        self._active: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()
        self._ended = set_event()
        self.snapshots = self._make_snapshots(standings, metrics)

    def _make_loader(self, limits: Limits) -> Loader:
        return Loader(
            self.name,
            self._outbox,
            self._clock,
            self._table,
            depth=limits.depth,
            on_loaded=self._pump,
            on_counted=self._on_counted,
        )

    def _make_snapshots(
        self, standings: StandingsReader | None, metrics: Metrics
    ) -> Snapshots | None:
        settings = self._settings
        lanes = StillLanes(
            self._gate,
            self._table,
            self._loader,
            self._recorder,
            quiet=self._quiet,
            pump=self._pump,
            changed=self._changed,
            clock=self._clock,
            timeout=settings.timeout,
        )
        return snapshots_for(
            settings,
            standings,
            lanes,
            transport=self._transport,
            clock=self._clock,
            draw=self._draw,
            metrics=metrics,
        )

    # What others ask of it.

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries that have just become durable."""
        now = self._clock.now()
        for delivery in deliveries:
            self._table.offer(delivery, now)
        self._pump(now)

    @property
    def lanes_in_memory(self) -> frozenset[str]:
        """The lanes that it sees to itself just now."""
        return self._table.names

    async def pause(self) -> None:
        """Send nothing more until resumed; what is under way ends. Returns when it is durable."""
        await self._set_paused(is_paused=True)

    async def resume(self) -> None:
        """Send again, now, whatever `Retry-After` said. Returns when it is durable."""
        now = self._clock.now()
        self._gate.lift(now)
        self._table.hurry(now, lambda: now)
        await self._set_paused(is_paused=False)

    def reload_probe(self) -> None:
        """Probe a parked destination now: its configuration was read again."""
        self._gate.probe_soon(self._clock.now())
        self._pump()

    def health(self) -> dict[str, Any]:
        """Return what is known of the destination, ready for JSON."""
        return {
            "name": self.name,
            "mapping": self._settings.mapping.name,
            "in_flight": self._busy,
            "lanes_in_memory": len(self._table),
            "snapshot": self.snapshots.health() if self.snapshots is not None else None,
            **self._watch.health(self._gate, self._clock.now()),
        }

    async def stop(self) -> None:
        """End `run`: what is under way has a second; the backlog stays in the store."""
        self._stopping.set()
        self._departures.close()
        await self._ended.wait()

    async def run(self) -> None:
        """Deliver until stopped. A destination runs once."""
        self._ended.clear()
        try:
            marks = await self._outbox.marks()
            self._gate.restore(marks.get(self.name, DestinationMark()), self._clock.now())
            self._watch.gate(self._gate)
            await self._run()
        finally:
            self._ended.set()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            background = [
                group.create_task(self._recorder.run()),
                group.create_task(self._loader.run()),
            ]
            if self.snapshots is not None:
                background.append(group.create_task(self.snapshots.run()))
            try:
                await self._stopping.wait()
                await self._wind_down()
            finally:
                self._group = None
                for task in (*background, *self._active):
                    task.cancel()
                self._departures.cancel()

    async def _wind_down(self) -> None:
        self._departures.cancel()
        if self._active:
            await asyncio.wait(self._active, timeout=GRACE_SECONDS)
        for task in self._active:
            task.cancel()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._recorder.is_idle.wait()
        except TimeoutError:
            self._watch.left_unrecorded(len(self._table.undurable))

    async def _set_paused(self, *, is_paused: bool) -> None:
        self._gate.paused = is_paused
        self._watch.gate(self._gate)
        is_kept = self._recorder.mark(self._gate.mark)
        self._pump()
        await is_kept.wait()

    # What leaves, and when.

    def _pump(self, now: datetime | None = None) -> None:
        """Start as many attempts as there are lanes ready and slots free."""
        if self._group is None or self._stopping.is_set():
            return
        while self._busy < self._settings.concurrency:
            work = self._departures.next(now or self._clock.now())
            if work is None:
                break
            self._busy += 1
            self._quiet.clear()
            task = self._group.create_task(self._deliver(work))
            self._active.add(task)
            task.add_done_callback(self._active.discard)
        self._loader.stir()

    async def _deliver(self, work: Work | None) -> None:
        """Attempt one piece of work after the other, until there is none that may leave."""
        remember = self._recorder.remember
        started_at = self._clock.now()
        try:
            while work is not None:
                items, lanes, is_probe = work
                made = await attempt(items, self._renderer, self._transport, remember)
                now = self._clock.now()
                self._land(made, lanes, started_at, now, is_probe=is_probe)
                work, started_at = self._departures.next(now), now
        finally:
            self._busy -= 1
            if not self._busy:
                self._quiet.set()
        self._loader.stir()

    # What comes back.

    def _land(
        self,
        made: Attempt,
        lanes: Sequence[MemoryLane],
        started_at: datetime,
        now: datetime,
        *,
        is_probe: bool,
    ) -> None:
        not_before = self._learn(made, lanes[0].name, now, is_probe=is_probe)
        landing = Landing(now, self._score, not_before, self._gate.parked_since is not None)
        judged = by_lane(made.judged)
        outcomes: list[Recorded] = []
        waiting: list[MemoryLane] = []
        for lane in lanes:
            recorded, kept = self._outcomes.land(lane, judged[lane.name], landing)
            self._table.landed(lane, kept)
            outcomes += recorded
            if recorded:
                waiting.append(lane)
            else:
                self._table.settle(lane, now)
        self._watch.attempted(made, outcomes, started_at, now)
        self._record(outcomes, waiting)

    def _learn(self, made: Attempt, lane: str, now: datetime, *, is_probe: bool) -> datetime | None:
        """Tell the gate what the answer meant; return when the vendor wants to be asked again."""
        if made.answer is None:
            self._gate.unanswered(is_probe=is_probe)
            return None
        if made.requests > 1:
            self._gate.spent(made.requests - 1, now)
        sent = frozenset([each.judgement.verdict for each in made.judged if each.answer])
        self._score = self._score.after(sent)
        if sent == _ALL_WELL and self._gate.is_untroubled:
            return None  # which is nearly always so
        not_before = None
        if Verdict.RETRY in sent:
            not_before = retry_after(made.answer.retry_after, now)
        if not_before is not None:
            self._gate.hold_until(not_before)
        before, was_open = self._gate.mark, self._gate.circuit.is_open
        self._gate.answered(lane, sent, now, is_probe=is_probe)
        self._changed(before, was_open)
        return not_before

    def _changed(self, before: DestinationMark, was_open: bool) -> None:  # noqa: FBT001 - called back
        """See to what follows from the gate's having opened or shut."""
        gate, now = self._gate, self._clock.now()
        if gate.mark != before:
            self._recorder.mark(gate.mark)
            if before.parked_since is not None:
                self._table.excuse(before.parked_since, now)
        if was_open and not gate.circuit.is_open:
            first = self._settings.retry.first
            self._table.hurry(now, lambda: now + first * self._draw())
        if gate.mark != before or was_open != gate.circuit.is_open:
            self._watch.gate(gate)
        was_away = was_open or before.parked_since is not None
        if was_away and not gate.wants_probe and self.snapshots is not None:
            self.snapshots.outage_ended()

    def _drop(self, dropped: Sequence[tuple[Delivery, Outcome]]) -> None:
        now = self._clock.now()
        self._record([self._outcomes.recorded(*each, now) for each in dropped], ())

    def _record(self, outcomes: Sequence[Recorded], lanes: Sequence[MemoryLane]) -> None:
        self._table.undurable.update(over(outcomes))
        if outcomes:
            self._recorder.put(outcomes, lanes)

    def _on_durable(self, recorded: Sequence[Recorded], lanes: Sequence[MemoryLane]) -> None:
        now = self._clock.now()
        self._table.undurable.difference_update(over(recorded))
        self._watch.recorded(recorded)
        held = [each.delivery for each in recorded if type(each.outcome) is Held]
        if held and self._on_held is not None:
            self._on_held(held)
        for lane in lanes:
            self._table.settle(lane, now)
        self._pump(now)

    def _on_counted(self, backlog: Backlog) -> None:
        self._watch.counted(backlog, self._clock.now())
        excess = backlog.pending - len(self._table.undurable) - self._settings.max_backlog
        if excess > 0:
            give_up(self._table, self._rules, excess, self._clock.now())
            self._pump()


def _rules_of(settings: DestinationSettings) -> Rules:
    skips = settings.superseded == "skip"
    return Rules(skips, settings.stale_after, settings.settle, settings.retry.max)
