"""The lanes of one destination that are in memory: who is ready, who waits, who is away.

What is owed is in the store; here is a bounded part of it. A lane that owes nothing more leaves,
and what it remembers is kept for a while. Where memory is full, new lanes stay in the store
(`overflow`) and are claimed when there is room.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count, islice
from typing import TYPE_CHECKING

from gateway.engine.memory_lane import Limits, MemoryLane, Overtaken, Place
from gateway.pipeline.lanes import Rules, as_of, due_at, excused, select
from gateway.ports import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from gateway.model.delivery import Delivery, Outcome
    from gateway.ports import ClaimedLane

    Drop = Callable[[Sequence[tuple[Delivery, Outcome]]], None]

LOOK_AHEAD = 4
"""How many depths of a lane are read to find the newest state, before what is there is sent."""

LOADING_PATIENCE = 4
"""How many times as long lanes wait for company while others are being read."""


class LaneTable:
    """Every lane in memory is in exactly one place; `settle` decides which.

    *drop* is told what no longer counts. *remembers*: lanes have a memory (else each is a lone
    event's). `undurable` are deliveries whose end the store does not know yet.
    """

    def __init__(self, rules: Rules, limits: Limits, drop: Drop, *, remembers: bool) -> None:
        self.loading: dict[str, MemoryLane] = {}
        self.undurable: set[int] = set()
        self.overflow = True
        self.loaded = 0
        self._rules = rules
        self._settles = bool(rules.settle)
        self._limits = limits
        self._drop = drop
        self._remembers = remembers
        self._lanes: dict[str, MemoryLane] = {}
        self._ready: deque[MemoryLane] = deque()
        self._alone: deque[MemoryLane] = deque()
        self._waiting: list[tuple[datetime, int, MemoryLane]] = []
        self._turn = count()
        self._idle: OrderedDict[str, tuple[Lane | None, int]] = OrderedDict()
        self._unclaimed: set[str] = set()
        self._overtaken = Overtaken()

    def __len__(self) -> int:
        return len(self._lanes)

    def __iter__(self) -> Iterator[MemoryLane]:
        return iter(tuple(self._lanes.values()))

    @property
    def names(self) -> frozenset[str]:
        """The lanes that may not be claimed."""
        return frozenset(self._lanes)

    @property
    def wants_claim(self) -> bool:
        """Whether the store has lanes that are not here, and there is room for them."""
        has_room = self.loaded <= self._limits.deliveries // 2
        return self.overflow and has_room and len(self._lanes) <= self._limits.lanes // 2

    @property
    def room(self) -> int:
        """How many lanes may be claimed, if each of them owes much."""
        return max(1, (self._limits.deliveries - self.loaded) // self._limits.depth)

    # What comes in.

    def offer(self, delivery: Delivery, now: datetime) -> None:
        """Take a new delivery, or leave it in the store where there is no room."""
        lane = self._lanes.get(delivery.lane) or self._new_lane(delivery.lane)
        if lane is None:
            return
        if delivery.seq <= lane.newest:
            self._doubt(lane, delivery.seq)
        elif lane.more or (lane.pending and self._is_full(lane)):
            lane.more = lane.unseen = True
        else:
            self._append(lane, delivery)
            if len(lane.pending) > 1 or delivery.seq <= self._overtaken.upto:
                self._prune(lane, now)
        if lane.place is Place.NEW or lane.place is Place.WAITING:
            self.settle(lane, now)

    def _doubt(self, lane: MemoryLane, seq: int) -> None:
        """Ask the store about a delivery that comes late: it may be owed, or over already."""
        is_known = seq in self.undurable or any(each.seq == seq for each in lane.pending)
        lane.reload = lane.reload or not is_known

    def _new_lane(self, name: str) -> MemoryLane | None:
        if self.overflow or self._is_crowded() or len(self._lanes) >= self._limits.lanes:
            self.overflow = True
            self._unclaimed.add(name)
            return None
        lane = self._lanes[name] = MemoryLane(name, None if self._remembers else Lane())
        lane.state, lane.newest = self._idle.pop(name, (lane.state, 0))
        return lane

    def _is_full(self, lane: MemoryLane) -> bool:
        depth = lane.depth
        return depth > 0 and (depth >= self._limits.depth or self._is_crowded())

    def _is_crowded(self) -> bool:
        return self.loaded >= self._limits.deliveries

    def _append(self, lane: MemoryLane, delivery: Delivery) -> None:
        lane.pending.append(delivery)
        lane.newest = max(lane.newest, delivery.seq)
        self.loaded += 1

    def claiming(self) -> None:
        """Note that lanes are being claimed: what is offered meanwhile may not be among them."""
        self._unclaimed.clear()

    def claimed(
        self,
        lanes: Sequence[ClaimedLane],
        now: datetime,
        *,
        over: frozenset[int],
        are_all: bool,
    ) -> None:
        """Take in what was claimed; *are_all*: the store had no others; for *over* see below."""
        unclaimed = self._unclaimed
        for each in lanes:
            lane = self._lanes[each.lane] = MemoryLane(each.lane, each.state)
            lane.unseen = each.lane in unclaimed
            unclaimed.discard(each.lane)
            self.refilled(lane, each, now, over=over)
        self.overflow = not are_all or bool(unclaimed)

    def refilled(
        self, lane: MemoryLane, claimed: ClaimedLane, now: datetime, *, over: frozenset[int]
    ) -> None:
        """Take in further deliveries of a lane, but none of which the end was under way when it
        was asked for them (*over*) or is now: the store may have told of them all the same.
        """
        lane.more = claimed.more or lane.unseen
        lane.unseen = False
        lane.state = lane.state or claimed.state
        newest = lane.pending[-1].seq if lane.pending else 0
        over |= self.undurable
        for delivery in claimed.deliveries:
            if delivery.seq > newest and delivery.seq not in over:
                self._append(lane, as_of(delivery, self._rules, now))
        if lane.pending and lane.due_at is None:
            lane.due_at = lane.pending[0].due_at
        self._prune(lane, now)
        self.settle(lane, now)

    # Where a lane goes.

    def settle(self, lane: MemoryLane, now: datetime) -> None:
        """Put a lane, of which nothing is under way, where it belongs."""
        if self.loading:
            self.loading.pop(lane.name, None)
        if self._is_free(lane):
            self._queue(lane, now) if lane.pending else self._leave(lane)
            return
        if lane.reload:
            self._unload(lane)
        until = self._due_at(lane)
        if until is not None and until > now:
            self._wait(lane, until)
        elif lane.state is None or self._must_read_on(lane):
            lane.place = Place.LOADING
            self.loading[lane.name] = lane
        elif lane.pending:
            self._queue(lane, now)
        else:
            self._leave(lane)

    def _is_free(self, lane: MemoryLane) -> bool:
        """Whether there is no need to ask what keeps a lane back, or what else it is owed: the
        common case of what `settle` decides.
        """
        if lane.more or lane.reload or lane.due_at is not None or lane.state is None:
            return False
        return not lane.pending or (lane.pending[0].due_at is None and not self._settles)

    def _due_at(self, lane: MemoryLane) -> datetime | None:
        if not lane.pending:
            return lane.due_at if lane.more else None
        return due_at(lane.pending[0], self._rules, lane.due_at)

    def _must_read_on(self, lane: MemoryLane) -> bool:
        """Whether there is nothing here, or only a state to which the store may have a newer."""
        if not lane.more or not lane.pending:
            return lane.more
        is_state = self._rules.skip and lane.pending[0].collapses
        return is_state and len(lane.pending) < LOOK_AHEAD * self._limits.depth

    def _wait(self, lane: MemoryLane, until: datetime) -> None:
        if lane.place is not Place.WAITING or lane.waits_until != until:
            lane.place = Place.WAITING
            lane.waits_until = until
            heappush(self._waiting, (until, next(self._turn), lane))
        if self._is_crowded():
            lane.due_at = until
            self._unload(lane)  # it is read again when it is due

    def _unload(self, lane: MemoryLane) -> None:
        self.loaded -= len(lane.pending)
        lane.pending.clear()
        lane.more = True
        lane.reload = False

    def _queue(self, lane: MemoryLane, now: datetime) -> None:
        lane.place = Place.READY
        lane.ready_at = now
        (self._alone if lane.is_alone else self._ready).append(lane)

    def _leave(self, lane: MemoryLane) -> None:
        del self._lanes[lane.name]
        lane.place = Place.NEW  # whoever still waits for its time finds nobody
        if self._remembers and lane.state is not None:
            self._idle[lane.name] = lane.state, lane.newest
            if len(self._idle) > self._limits.idle:
                self._idle.popitem(last=False)

    def _prune(self, lane: MemoryLane, now: datetime) -> None:
        """Let go of the states that no longer count, unless under way."""
        self._shed_overtaken(lane)
        if lane.depth > 1:
            selection = select(list(islice(lane.pending, lane.flying, None)), self._rules, now)
            if selection.dropped:
                self.shed(lane, selection.dropped)

    def shed(self, lane: MemoryLane, dropped: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Let go of deliveries of a lane that are not under way."""
        gone = {delivery.seq for delivery, _outcome in dropped}
        lane.pending = deque(each for each in lane.pending if each.seq not in gone)
        self.loaded -= len(dropped)
        self._drop(dropped)

    # What goes out and comes back.

    @property
    def has_ready(self) -> bool:
        """Whether a lane is ready."""
        return bool(self._alone or self._ready)

    def company_at(self, limit: int, max_wait: timedelta) -> datetime | None:
        """Return when the ready lanes have waited for company long enough; `None`: already."""
        if self._alone or len(self._ready) >= limit or not self._ready:
            return None
        ready_at = self._ready[0].ready_at
        # While the store has more lanes, company is on its way.
        patience = LOADING_PATIENCE if self.wants_claim else 1
        return None if ready_at is None else ready_at + patience * max_wait

    def take(self, now: datetime, limit: int) -> list[tuple[MemoryLane, int]]:
        """Take lanes for one request of up to *limit* deliveries, each with how many of it."""
        while self._alone:
            lane = self._alone.popleft()
            if self._is_sound(lane, now):
                return [_away(lane, 1)]
        taken: list[tuple[MemoryLane, int]] = []
        while self._ready and limit > 0:
            lane = self._ready.popleft()
            if not (lane.pending and self._is_free(lane)) and not self._is_sound(lane, now):
                continue
            if lane.is_alone:
                self._alone.append(lane)
                continue
            several = lane.riders(limit) if limit > 1 and len(lane.pending) > 1 else 1
            taken.append(_away(lane, several))
            limit -= several
        return taken if taken or not self._alone else self.take(now, limit)

    def _is_sound(self, lane: MemoryLane, now: datetime) -> bool:
        """Whether a lane is still ready after what was offered; else put it elsewhere."""
        until = self._due_at(lane)
        is_due = until is None or until <= now
        if is_due and lane.pending and not lane.reload and not self._must_read_on(lane):
            return True
        self.settle(lane, now)
        return False

    def landed(self, lane: MemoryLane, kept: Sequence[Delivery]) -> None:
        """Put back those of the deliveries under way that are still owed."""
        self.loaded -= lane.flying - len(kept)
        for _ in range(lane.flying):
            lane.pending.popleft()
        if kept:
            lane.pending.extendleft(reversed(kept))
        lane.flying = 0

    def wake(self, now: datetime) -> None:
        """Move the lanes whose time has come."""
        while self._waiting and self._waiting[0][0] <= now:
            until, _turn, lane = heappop(self._waiting)
            if lane.place is Place.WAITING and lane.waits_until == until:
                self.settle(lane, now)

    def next_waking(self) -> datetime | None:
        """Return when the next waiting lane is due."""
        return self._waiting[0][0] if self._waiting else None

    def hurry(self, now: datetime, due: Callable[[], datetime], most: int | None = None) -> None:
        """Let up to *most* lanes that wait after a failure wait no longer than *due* says."""
        backing_off = [
            (until, turn, lane)
            for until, turn, lane in self._waiting
            if lane.place is Place.WAITING and lane.waits_until == until and lane.due_at
        ]
        for _until, _turn, lane in sorted(backing_off)[:most]:
            lane.due_at = min(lane.due_at or now, due())
            self.settle(lane, now)

    # What a snapshot has told.

    def told(self, delivered: Mapping[str, bytes | None]) -> None:
        """Remember what lanes were told besides their deliveries."""
        for name, part in delivered.items():
            lane = self._lanes.get(name)
            if lane is not None and lane.state is not None:
                lane.state = replace(lane.state, delivered=part)
            elif name in self._idle:
                state, newest = self._idle[name]
                self._idle[name] = state and replace(state, delivered=part), newest

    def overtake(self, overtaken: Overtaken, now: datetime) -> Iterator[None]:
        """Let go of what a snapshot has overtaken, here in small steps, to be run to their end;
        and in what is read later.
        """
        self._overtaken = overtaken
        for lane in self:
            if self._shed_overtaken(lane):
                if lane.place is Place.WAITING:
                    self.settle(lane, now)
                yield

    def _shed_overtaken(self, lane: MemoryLane) -> bool:
        dropped = self._overtaken.among(lane)
        if dropped:
            self.shed(lane, dropped)
        return bool(dropped)

    def excuse(self, parked_since: datetime, now: datetime) -> None:
        """Move the start of `give_up_after` by the time for which the destination was parked."""
        for lane in self:
            lane.pending = deque(excused(each, parked_since, now) for each in lane.pending)


def _away(lane: MemoryLane, several: int) -> tuple[MemoryLane, int]:
    lane.place = Place.AWAY
    lane.flying = several
    return lane, several
