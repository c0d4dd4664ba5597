"""What tests of delivery stand on: a clock with hands, a scripted wire, a mapping, a real store."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from gateway.engine.destination import Destination
from gateway.engine.memory_lane import Limits
from gateway.mapping import (
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    MappingError,
    Request,
    Told,
    Verdict,
    one_request,
)
from gateway.model.delivery import Answer, Delivery, NewDelivery, Outcome, outcome_name
from gateway.model.event import Event
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.ports import Finished, Recorded, RecordKey, RoutedEvent
from gateway.settings import DestinationAuth, DestinationSettings
from gateway.store.sqlite.store import SqliteStore, open_store
from gateway.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from gateway.model.outgoing import OutgoingRequest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OK = Answer(200)
DOWN = Answer(503)


class HandClock:
    """A clock whose hands are turned by the test."""

    def __init__(self, at: datetime = NOON) -> None:
        self._now = at
        self._alarms: list[tuple[datetime, int, _Alarm]] = []
        self._turn = itertools.count()

    def now(self) -> datetime:
        return self._now

    def call_at(self, at: datetime, callback: Callable[[], object]) -> _Alarm:
        alarm = _Alarm(callback)
        heapq.heappush(self._alarms, (at, next(self._turn), alarm))
        return alarm

    def advance(self, by: timedelta) -> None:
        until = self._now + by
        while self._alarms and self._alarms[0][0] <= until:
            at, _turn, alarm = heapq.heappop(self._alarms)
            self._now = max(self._now, at)
            alarm.ring()
        self._now = until


class _Alarm:
    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self._callback = None

    def ring(self) -> None:
        if self._callback is not None:
            self._callback()


class Wire:
    """A vendor at the end of the wire: *answers* by request, until told otherwise 200."""

    def __init__(self) -> None:
        self.sent: list[OutgoingRequest] = []
        self.kept: list[tuple[int, str, Any]] = []
        self.answer: Callable[[OutgoingRequest], Answer] = lambda _request: OK
        self.gate: asyncio.Event | None = None
        self.under_way = 0
        self.most_under_way = 0
        self._changed = asyncio.Event()

    async def send(self, request: OutgoingRequest) -> Answer:
        self.sent.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self._changed.set()
        answer = self.answer(request)
        try:
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.under_way -= 1
        return answer

    async def close(self) -> None:
        """Nothing to close."""

    def script(self, *answers: Answer) -> None:
        """Answer with these in turn, then with the last one for good."""
        left = list(answers)
        self.answer = lambda _request: left.pop(0) if len(left) > 1 else left[0]

    async def until(self, several: int) -> None:
        async with asyncio.timeout(5):
            while len(self.sent) < several:
                self._changed.clear()
                await self._changed.wait()

    @property
    def told(self) -> list[str]:
        """The ids of the events told, request by request."""
        return [event_id for request in self.sent for event_id in ids_in(request)]


def ids_in(request: OutgoingRequest) -> list[str]:
    return [each["id"] for each in json.loads(request.body)]


class Ledger:
    """The real store, with an eye on what is recorded in it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.recorded: list[Recorded] = []
        self.fail: Callable[[], None] = lambda: None
        self.hold: asyncio.Event | None = None
        self._changed = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def record(self, recorded: Sequence[Recorded]) -> None:
        if self.hold is not None:
            await self.hold.wait()
        self.fail()
        await self.store.record(recorded)
        self.recorded += recorded
        self._changed.set()

    async def until(self, several: int) -> None:
        async with asyncio.timeout(5):
            while len(self.recorded) < several:
                self._changed.clear()
                await self._changed.wait()

    def outcomes(self, event_id: str | None = None) -> list[str]:
        return [
            outcome_name(each.outcome)
            for each in self.recorded
            if event_id in {None, each.delivery.event_id}
        ]

    def last(self, event_id: str) -> Outcome:
        return [e.outcome for e in self.recorded if e.delivery.event_id == event_id][-1]


def _item(told: Told, _options: Any) -> Any:
    data = told.data
    if data.get("broken"):
        raise MappingError("broken on purpose")
    if data.get("bug"):
        raise ZeroDivisionError
    if data.get("mute"):
        return None
    return {"id": told.event["id"], "who": told.identity, "status": data.get("status")}


def _request(items: Sequence[Any], options: Any) -> Request:
    if len(items) > 1 and options.get("never_together"):
        raise MappingError("not together")
    parts = tuple(
        json.dumps([each["who"], each["status"]]).encode() if options.get("parts") else None
        for each in items
    )
    return Request(
        body=json.dumps(items).encode(),
        content_type="application/json",
        parts=parts,
        headers=tuple(options.get("headers", ())),
        repeatable=options.get("repeatable", True),
    )


def _judge(answer: Answer, _count: int, _options: Any) -> Judgement | tuple[Judgement, ...] | None:
    if answer.body[:1] == b"[":
        return tuple(Judgement(Verdict(each), "judged") for each in json.loads(answer.body))
    if answer.body[:5] == b"whole":
        return Judgement(Verdict(answer.body[6:].decode()), "judged")
    return None


def judged(*verdicts: str, status: int = 200) -> Answer:
    return Answer(status, json.dumps(verdicts).encode())


MAPPING = DestinationMapping(
    name="test",
    version="7",
    clock=Clock.RECEIPT,
    events=frozenset(EventType),
    options=Schema,
    step=one_request(_item, _request, _judge),
    max_batch=100,
)


def destination_settings(**changes: Any) -> DestinationSettings:
    plain = DestinationSettings(
        name="wfm",
        mapping=MAPPING,
        url="https://wfm.example.com/in",
        auth=DestinationAuth(),
        options={},
        events=frozenset(EventType),
        sources=None,
        include=frozenset(),
        identify_by=("id",),
        superseded="skip",
        stale_after=None,
    )
    return replace(plain, **changes)


def event(
    event_id: str, agent: str, kind: EventType = EventType.STATE, at: datetime = NOON, **data: Any
) -> Event:
    return Event(
        id=event_id,
        source="flex",
        type=kind,
        subject=f"flex:{agent}",
        time=at,
        recorded_at=at,
        data={"agent": {"id": agent, "wfm_id": None}, "status": "ready", **data},
    )


@dataclass
class Bench:
    """A destination on a real store, a scripted wire, and a clock with hands."""

    path: Path
    settings: DestinationSettings = field(default_factory=destination_settings)
    clock: HandClock = field(default_factory=HandClock)
    wire: Wire = field(default_factory=Wire)
    metrics: Metrics = field(default_factory=Metrics)
    limits: Limits = field(default_factory=Limits)
    standings: Callable[[Bench], Any] = lambda _bench: None
    draw: Callable[[], float] = lambda: 0.5
    transport: Any = None
    ledger: Ledger = field(init=False)
    destination: Destination = field(init=False)
    names: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.ledger = Ledger(open_store(self.path, now=self.clock.now))
        self.renew()

    def renew(self) -> None:
        """Make the destination anew, as after a restart of its worker."""
        self.destination = Destination(
            self.settings,
            outbox=self.ledger,
            transport=self.transport or self.wire,
            clock=self.clock,
            metrics=self.metrics,
            draw=self.draw,
            limits=self.limits,
            standings=self.standings(self),
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Bench]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.destination.run())
            await self.quiet()
            try:
                yield self
            finally:
                task.cancel()

    async def owe(
        self, *events: Event, offer: bool = True, agents: Mapping[str, bytes] | None = None
    ) -> list[Delivery]:
        """Make events durable with what is owed of them, and hand that over. *agents*: what is
        known of agents from then on.
        """
        await self.ledger.append(*self.received())
        claimed = await self.ledger.untranslated(1)
        routed = tuple(RoutedEvent(each, (self._new(each),)) for each in events)
        deliveries = list(await self.ledger.finish([Finished(claimed[0], routed, agents or {})]))
        if offer:
            self.destination.offer(deliveries)
        return deliveries

    def received(self) -> tuple[VerifiedReceipt, tuple[RecordKey, ...]]:
        """Return a request of one record, as it is received now."""
        receipt = Receipt("flex", self.clock.now(), "POST", (), "", b"{}")
        return VerifiedReceipt(receipt), (RecordKey(0, None),)

    def _new(self, each: Event) -> NewDelivery:
        who = each.data["agent"]["id"]
        lane = each.id if self.settings.order == "none" else who
        collapses = each.type in self.settings.mapping.collapsing
        return NewDelivery(each.id, "wfm", lane, who, collapses)

    async def state(self, agent: str, status: str = "ready", **data: Any) -> str:
        """Owe one state of an agent from now; return its id."""
        return await self._one(agent, EventType.STATE, status=status, **data)

    async def contact(self, agent: str, **data: Any) -> str:
        """Owe one event of an agent that does not collapse; return its id."""
        return await self._one(agent, EventType.LOGIN, **data)

    async def _one(self, agent: str, kind: EventType, **data: Any) -> str:
        event_id = f"e{next(self.names):03}"
        await self.owe(event(event_id, agent, kind, self.clock.now(), **data))
        return event_id

    async def quiet(self) -> None:
        """Let everything happen that can happen without the clock or the wire."""
        for _ in range(6):
            await self.ledger.lane_states("wfm", ["nobody"])
            await self.ledger.store.record([])
            for _ in range(5):
                await asyncio.sleep(0)

    async def advance(self, **by: float) -> None:
        await self.quiet()
        self.clock.advance(timedelta(**by))
        await self.quiet()

    def counted(self, outcome: str) -> float:
        labels = {"destination": "wfm", "outcome": outcome}
        value = self.metrics.registry.get_sample_value("gateway_deliveries_total", labels)
        return value or 0.0


@contextlib.asynccontextmanager
async def delivering(path: Path, **changes: Any) -> AsyncIterator[Bench]:
    """Run a destination. *changes* are fields of `Bench`, or of its settings."""
    own = {name: changes.pop(name) for name in tuple(changes) if name in Bench.__dataclass_fields__}
    bench = Bench(path / "store.db", settings=destination_settings(**changes), **own)
    try:
        async with bench.running():
            yield bench
    finally:
        await bench.ledger.close()


def in_order(told: Sequence[str], owed: Sequence[str], *, in_batches: bool = False) -> bool:
    """Whether *told* is in the order of *owed*, repetitions in a row apart; of batches, which
    are repeated as a whole, the last telling of each counts.
    """
    counted = list(dict.fromkeys(reversed(told)))[::-1] if in_batches else told
    places = [owed.index(each) for each in counted]
    return places == sorted(places)
