"""The reader of a source: its questions, its pace, and what a platform's refusals do to it."""

import asyncio
import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gateway.engine.reader import Reader
from gateway.mapping import Ask, Endpoint, Found, MappingError, ReadMapping, SourceMapping
from gateway.model.delivery import Answer
from gateway.model.rate import RateLimit
from gateway.pipeline.read import Readings
from gateway.settings import ReconcileSettings, SourceAuth, SourceSettings
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics, SourceHealth
from tests.standins.delivery import HandClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TURNS = 5
"""Of the loop, before the clock goes on: whoever was woken goes first."""

PLAN = ReconcileSettings(
    every=timedelta(minutes=15), at_start=False, rate_limit=RateLimit(10, timedelta(seconds=1))
)


class SkippingClock(HandClock):
    """A clock that is soon where somebody waits for it to be."""

    def __init__(self):
        super().__init__(NOON)
        self._is_going = False

    def call_at(self, at, callback):
        alarm = super().call_at(at, callback)
        if not self._is_going:
            self._is_going = True
            self._later(TURNS)
        return alarm

    def _later(self, turns):
        asyncio.get_running_loop().call_soon(self._tick if turns == 0 else self._later, turns - 1)

    def _tick(self, _turns):
        self._is_going = bool(self._alarms)
        if self._alarms:
            self.advance(max(timedelta(0), self._alarms[0][0] - self.now()))
            self._later(TURNS)


class Wire:
    """A platform with two agents; *answers* come first."""

    def __init__(self, clock):
        self.clock = clock
        self.answers = []
        self.asked = []

    async def send(self, request):
        self.asked.append((self.clock.now(), request.url.removeprefix("https://api.example.com")))
        if self.answers:
            return self.answers.pop(0)
        if "/agents/" in request.url:
            return Answer(200, request.url.rsplit("/", 1)[-1].encode())
        return Answer(200, b"anna bob")

    async def close(self):
        pass


def found(ask, answer, asked_at, options):
    if answer.body == b"?":
        raise MappingError("not an answer")
    if ask.path == "/agents":
        names = answer.body.decode().split()
        return Found(asks=tuple(Ask(f"/agents/{each}", rank=1) for each in names))
    told = {"agent": answer.body.decode(), "asked_at": asked_at.isoformat()}
    return Found(told=(json.dumps(told).encode(),) if answer.status == 200 else ())


READING = ReadMapping(
    endpoint=lambda _options: Endpoint("https://api.example.com"),
    everybody=lambda _holding, _options: (Ask("/agents"),),
    agent=lambda name, _options: (Ask(f"/agents/{name}"),),
    found=found,
)
MAPPING = SourceMapping(
    name="made",
    version="1",
    platform="made",
    options=None,
    split=lambda _content, _options: (),
    translate=lambda *_: (),
    reading=READING,
)
SOURCE = SourceSettings("made", MAPPING, SourceAuth("none"), None, reconcile=PLAN)


class Bench:
    def __init__(self, store, clock, **plan):
        self.store, self.clock = store, clock
        self.wire, self.health = Wire(clock), SourceHealth()
        self.reader = Reader(
            replace(SOURCE, reconcile=replace(PLAN, **plan)),
            store,
            self.wire,
            readings=Readings(),
            health=self.health,
            metrics=Metrics(),
            clock=clock,
        )

    @contextlib.asynccontextmanager
    async def running(self):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.reader.run())
            yield
            task.cancel()

    async def read(self):
        async with self.running():
            return await self.reader.read_now()

    async def until(self, is_so):
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110 - the clock goes on between the turns of the loop
                await asyncio.sleep(0)

    async def received(self):
        sizes = await self.store.sizes()
        return sizes["receipts"]

    def paths(self):
        return [path for _, path in self.wire.asked]


@pytest.fixture
async def made(tmp_path):
    clock = SkippingClock()
    store = open_store(tmp_path / "store.db", now=clock.now)
    yield lambda **plan: Bench(store, clock, **plan)
    await store.close()


async def test_everybody_is_asked_for_and_received(made):
    bench = made()
    tally = await bench.read()
    assert (tally.asked, tally.told, tally.failed, tally.problem) == (3, 2, 0, None)
    assert bench.paths() == ["/agents", "/agents/anna", "/agents/bob"]
    assert await bench.received() == 2
    assert bench.health.reconciled_at is not None
    assert bench.health.receipts == 0  # what we read is no sign of life of the feed


async def test_its_pace_is_kept(made):
    bench = made(rate_limit=RateLimit(1, timedelta(seconds=5)))
    await bench.read()
    times = [at for at, _ in bench.wire.asked]
    apart = [after - at for at, after in pairwise(times)]
    assert apart == [timedelta(seconds=5)] * 2


async def test_what_may_pass_is_tried_again_no_sooner_than_asked(made):
    bench = made()
    bench.wire.answers = [Answer(503), Answer(0, error="connection lost")]
    bench.wire.answers += [Answer(429, retry_after="40")]
    tally = await bench.read()
    assert (tally.told, tally.problem) == (2, None)
    (limited, _), (again, _) = bench.wire.asked[2:4]
    assert again - limited >= timedelta(seconds=40)


async def test_a_platform_that_is_away_is_left_alone_and_asked_again_later(made):
    bench = made()
    bench.wire.answers = [Answer(500)] * 6
    async with bench.running():
        tally = await bench.reader.read_now()
        assert (tally.told, tally.failed) == (0, 1)
        assert tally.problem == "the platform does not answer: 500"
        assert bench.health.reconcile_problem == tally.problem
        gave_up_at = bench.clock.now()
        await bench.until(lambda: bench.health.reconcile_problem is None)
        assert bench.clock.now() - gave_up_at >= timedelta(minutes=1)
    assert await bench.received() == 2


async def test_refused_credentials_are_not_tried_again_at_once(made):
    bench = made()
    bench.wire.answers = [Answer(401)]
    tally = await bench.read()
    assert (tally.asked, tally.problem) == (1, "the platform refuses our credentials (401)")


async def test_one_answer_that_cannot_be_read_stops_no_other(made):
    bench = made()
    bench.wire.answers = [Answer(200, b"anna bob"), Answer(200, b"?"), Answer(400)]
    tally = await bench.read()
    assert (tally.asked, tally.told, tally.failed, tally.problem) == (3, 0, 2, None)


async def test_a_stranger_is_asked_after_once_in_a_while(made):
    bench = made(every=timedelta(days=1))
    async with bench.running():
        bench.reader.look_up(["carl"])
        bench.reader.look_up(["carl"])
        await bench.until(lambda: bench.wire.asked)
        bench.reader.look_up(["carl"])
        first = bench.clock.now()
        await bench.until(lambda: bench.clock.now() - first > timedelta(minutes=11))
        assert bench.paths() == ["/agents/carl"]
        bench.reader.look_up(["carl"])
        await bench.until(lambda: len(bench.wire.asked) == 2)


async def test_who_is_heard_again_after_a_silence_is_read(made):
    bench = made(every=timedelta(days=1))
    bench.health.last_receipt_at = "2026-03-02T12:00:00.000Z"
    async with bench.running():
        await bench.until(lambda: bench.clock.now() - NOON > timedelta(minutes=1))
        assert bench.wire.asked == []
        bench.health.last_receipt_at = "2026-03-02T12:30:00.000Z"
        await bench.until(lambda: bench.health.reconciled_at is not None)
