"""Snapshots: complete or not at all, in one request, standing in for what was owed before."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.engine.memory_lane import Limits
from gateway.engine.telling import Came
from gateway.mapping import EventType
from gateway.model.delivery import Answer
from gateway.settings import BatchSettings, CircuitSettings, RetrySettings
from tests.standins.delivery import DOWN, OK, event
from tests.standins.everybody import floor_of, is_snapshot

QUICK = RetrySettings(first=timedelta(seconds=2), max=timedelta(seconds=2))
PEOPLE = tuple(f"a{number}" for number in range(10))


async def told(floor, status="ready", agents=PEOPLE):
    """Let everybody become something, and the vendor be told of it."""
    ids = await floor.all_become(status, *agents)
    await floor.bench.ledger.until(len(floor.bench.ledger.recorded) or 1)
    await floor.quiet()
    return ids


async def owed(floor):
    return (await floor.bench.ledger.backlog("wfm")).pending


async def delivered_of(floor, agent):
    return (await floor.bench.ledger.lane_states("wfm", [agent]))[agent].delivered


async def test_everybody_is_told_in_one_request_whatever_a_batch_holds(tmp_path):
    batch = BatchSettings(2, timedelta(0))
    async with floor_of(tmp_path, *PEOPLE, batch=batch) as floor:
        await told(floor)
        await told(floor, "logged_out", PEOPLE[:1])
        result = await floor.resync()
        assert (result.came, result.agents, result.logged_in) == (Came.DELIVERED, 10, 9)
        assert floor.snapshots == [dict.fromkeys(PEOPLE[1:], "ready")]


async def test_what_was_owed_before_is_superseded_and_not_sent(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        floor.bench.wire.answer = lambda request: OK if is_snapshot(request) else DOWN
        late = [await floor.becomes(each, "busy") for each in PEOPLE[:4]]
        await floor.quiet()
        before = len(floor.others)
        await floor.resync()
        await floor.advance(minutes=5)
        assert {floor.bench.ledger.outcomes(each)[-1] for each in late} == {"superseded"}
        assert len(floor.others) == before
        assert await owed(floor) == 0
        assert floor.bench.counted("superseded") == 4


async def test_a_backlog_that_memory_does_not_hold_is_superseded_too(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, limits=Limits(3, 4, 2, 2)) as floor:
        await told(floor)
        floor.bench.wire.answer = lambda request: OK if is_snapshot(request) else DOWN
        for status in ("busy", "not_ready", "busy"):
            await floor.all_become(status, *PEOPLE)
        await floor.resync()
        sent = len(floor.others)
        await floor.advance(minutes=5)
        assert await owed(floor) == 0
        assert len(floor.others) == sent


async def test_what_does_not_collapse_is_sent_behind_it(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        wire = floor.bench.wire
        wire.answer = lambda request: OK if is_snapshot(request) else DOWN
        state = await floor.becomes("a1", "busy")
        contact = event("c1", "a1", EventType.CONTACT, floor.bench.clock.now())
        await floor.bench.owe(contact)
        await floor.quiet()
        await floor.resync()
        wire.answer = lambda _request: OK
        await floor.advance(minutes=5)
        assert floor.bench.ledger.outcomes(state)[-1] == "superseded"
        assert floor.bench.ledger.outcomes("c1")[-1] == "delivered"


async def test_it_waits_for_what_is_under_way_and_keeps_the_rest_back(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        wire = floor.bench.wire
        await told(floor)
        wire.gate = asyncio.Event()
        first = await floor.becomes("a1", "busy")
        await floor.quiet()
        asked = asyncio.ensure_future(floor.resync())
        await floor.quiet()
        second = await floor.becomes("a2", "busy")
        await floor.quiet()
        assert (floor.others[-1], floor.snapshots) == (first, [])
        gate, wire.gate = wire.gate, asyncio.Event()
        gate.set()
        await wire.until(12)
        await floor.quiet()
        # The picture was taken when nothing moved: it has both.
        assert floor.snapshots == [dict.fromkeys(PEOPLE, "ready") | {"a1": "busy", "a2": "busy"}]
        third = await floor.becomes("a3", "busy")
        await floor.quiet()
        assert wire.under_way == 1
        wire.gate.set()
        wire.gate = None
        assert (await asked).came is Came.DELIVERED
        await floor.quiet()
        assert floor.others[-1] == third
        assert floor.bench.ledger.outcomes(second) == ["superseded"]


async def test_what_it_told_is_what_the_vendor_was_told_last(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        wire = floor.bench.wire
        wire.answer = lambda request: OK if is_snapshot(request) else DOWN
        await floor.becomes("a1", "busy")
        await floor.quiet()
        await floor.resync()
        wire.answer = lambda _request: OK
        same = await floor.becomes("a1", "busy")
        other = await floor.becomes("a2", "busy")
        await floor.quiet()
        assert floor.bench.ledger.outcomes(same) == ["unchanged"]
        assert floor.others[-1] == other


async def test_a_lane_that_was_idle_remembers_what_the_snapshot_told(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        # The vendor is told otherwise of a1 by the snapshot than by its last delivery.
        await floor.becomes("a1", "busy", offer=False)
        await floor.resync()
        ready = await floor.becomes("a1", "ready")
        await floor.quiet()
        assert floor.bench.ledger.outcomes(ready) == ["delivered"]


@pytest.mark.parametrize("answer", [Answer(0, error="no answer in time"), Answer(503)])
async def test_a_failed_one_is_tried_again_by_the_same_policy_and_blocks_nobody(tmp_path, answer):
    async with floor_of(tmp_path, *PEOPLE, retry=QUICK) as floor:
        await told(floor)
        floor.bench.wire.answer = lambda request: answer if is_snapshot(request) else OK
        result = await floor.resync()
        assert (result.came, result.is_over) == (Came.FAILED, False)
        between = await floor.becomes("a1", "busy")
        await floor.quiet()
        assert floor.bench.ledger.outcomes(between) == ["delivered"]
        floor.bench.wire.answer = lambda _request: OK
        await floor.advance(milliseconds=900)
        assert len(floor.snapshots) == 1
        await floor.advance(milliseconds=200)
        assert floor.snapshots[1:] == [dict.fromkeys(PEOPLE, "ready") | {"a1": "busy"}]
        assert (floor.counted("failed"), floor.counted("delivered")) == (1, 1)
        await floor.advance(hours=1)
        assert len(floor.snapshots) == 2


async def test_retry_after_keeps_everything_back(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, retry=QUICK) as floor:
        await told(floor)
        floor.bench.wire.script(Answer(429, retry_after="60"), OK)
        await floor.resync()
        late = await floor.becomes("a1", "busy")
        await floor.advance(seconds=50)
        assert floor.bench.ledger.outcomes(late) == []
        await floor.advance(seconds=20)
        assert len(floor.snapshots) == 2


async def test_refused_credentials_park_the_destination(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, after_outage=True) as floor:
        await told(floor)
        floor.bench.wire.script(Answer(401), OK)
        assert (await floor.resync()).is_over
        assert floor.bench.destination.health()["parked"] is True
        assert (await floor.resync()).came is Came.REFUSED
        await floor.becomes("a1", "busy")
        floor.bench.destination.reload_probe()
        await floor.quiet()
        await floor.quiet()
        assert floor.bench.destination.health()["parked"] is False
        assert len(floor.snapshots) == 2


async def test_one_that_the_mapping_judges_as_refused_for_good_is_not_repeated(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, every=timedelta(minutes=15)) as floor:
        await told(floor)
        floor.bench.wire.answer = lambda _request: Answer(418)
        await floor.advance(minutes=15)
        await floor.advance(minutes=14)
        assert len(floor.snapshots) == 1
        await floor.advance(minutes=2)
        assert len(floor.snapshots) == 2


async def test_at_its_interval(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, every=timedelta(minutes=15)) as floor:
        await told(floor)
        await floor.advance(minutes=14)
        assert floor.snapshots == []
        await floor.advance(minutes=2)
        assert len(floor.snapshots) == 1
        await floor.advance(minutes=16)
        assert len(floor.snapshots) == 2


async def test_after_an_outage_everybody_is_told_at_once(tmp_path):
    circuit = CircuitSettings(3, timedelta(seconds=5))
    async with floor_of(
        tmp_path, *PEOPLE, after_outage=True, circuit=circuit, retry=QUICK
    ) as floor:
        await told(floor)
        floor.bench.wire.answer = lambda _request: DOWN
        await floor.all_become("busy", *PEOPLE)
        await floor.advance(minutes=30)
        await floor.advance(minutes=30)
        assert floor.bench.destination.health()["circuit"] == "open"
        floor.bench.wire.answer = lambda _request: OK
        sent = len(floor.others)
        await floor.advance(seconds=5)
        await floor.quiet()
        assert floor.snapshots == [dict.fromkeys(PEOPLE, "busy")]
        await floor.advance(minutes=5)
        assert await owed(floor) == 0
        assert len(floor.others) - sent <= len(PEOPLE)


async def test_a_crash_before_the_answer_is_recorded_leaves_nothing_taken_for_told(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        late = await floor.becomes("a1", "busy", offer=False)
        floor.bench.wire.gate = asyncio.Event()
        asked = asyncio.ensure_future(floor.resync())
        await floor.bench.wire.until(11)
        assert await delivered_of(floor, "a1") is None
        assert await delivered_of(floor, "a2") is not None
        assert floor.bench.ledger.outcomes(late) == []
        asked.cancel()


async def test_a_worker_that_ends_says_so_to_who_asked(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        floor.bench.wire.gate = asyncio.Event()
        asked = asyncio.ensure_future(floor.resync())
        await floor.bench.wire.until(11)
        await floor.bench.destination.stop()
        with pytest.raises(Exception, match="worker ended"):
            await asked


async def test_a_mapping_without_words_for_one_says_so(tmp_path):
    options = {"parts": True, "no_snapshot": True}
    async with floor_of(tmp_path, *PEOPLE, options=options) as floor:
        await told(floor)
        result = await floor.resync()
        assert (result.came, result.why) == (Came.FAILED, "no words for a snapshot")


async def test_the_key_of_each_is_another(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        await told(floor)
        await floor.resync()
        await floor.advance(seconds=1)
        await floor.resync()
        keys = [
            dict(each.headers)["Idempotency-Key"]
            for each in floor.bench.wire.sent
            if is_snapshot(each)
        ]
        assert len(set(keys)) == 2


async def test_why_not_is_counted_each_time_and_logged_once_for_each_change(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, every=timedelta(minutes=15)) as floor:
        await told(floor, agents=PEOPLE[:8])
        with capture_logs() as logs:
            await floor.advance(minutes=15)
            for _ in range(5):
                await floor.advance(minutes=1)
            await told(floor, agents=PEOPLE[8:9])
            await floor.advance(minutes=1)
            why = floor.bench.destination.health()["snapshot"]["last"]["why"]
            await told(floor, agents=PEOPLE[9:])
            await floor.advance(minutes=1)
        refused = [each["why"] for each in logs if each["event"] == "snapshot.refused"]
        assert refused == [
            "2 of source flex have no known state: a8, a9",
            "1 of source flex have no known state: a9",
        ]
        assert why == refused[-1]
        assert floor.counted("refused") == 7
        assert floor.counted("delivered") == 1
        assert len(floor.snapshots) == 1


async def test_one_asked_for_once_is_refused_once(tmp_path):
    async with floor_of(tmp_path, *PEOPLE) as floor:
        assert (await floor.resync()).came is Came.REFUSED
        await floor.advance(hours=1)
        assert floor.counted("refused") == 1


async def test_a_state_that_has_not_lasted_is_told_behind_it_when_it_has(tmp_path):
    async with floor_of(tmp_path, *PEOPLE, settle=timedelta(seconds=10)) as floor:
        await floor.all_become("ready", *PEOPLE)
        await floor.advance(seconds=11)
        lasting = await floor.becomes("a1", "busy")
        short = await floor.becomes("a2", "busy")
        await floor.advance(seconds=5)
        await floor.resync()
        assert floor.snapshots == [dict.fromkeys(PEOPLE, "ready")]
        back = await floor.becomes("a2", "ready")
        await floor.advance(seconds=6)
        await floor.advance(seconds=6)
        assert floor.bench.ledger.outcomes(lasting) == ["delivered"]
        assert floor.bench.ledger.outcomes(short) == ["superseded"]
        assert floor.bench.ledger.outcomes(back) == ["unchanged"]
