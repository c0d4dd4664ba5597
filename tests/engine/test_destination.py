import asyncio
from dataclasses import replace
from datetime import timedelta

from gateway.engine.memory_lane import Limits
from gateway.mapping import Clock, EventType
from gateway.model.delivery import (
    Answer,
    Dead,
    DeadReason,
    Delivered,
    Held,
    RetryAt,
    Unchanged,
    Unsupported,
)
from gateway.model.errors import StoreUnavailableError
from tests.standins.delivery import DOWN, MAPPING, OK, Bench, delivering, event, judged


async def test_what_is_owed_arrives_and_is_recorded(tmp_path):
    async with delivering(tmp_path) as bench:
        first = await bench.state("anna")
        await bench.ledger.until(1)
        assert bench.wire.told == [first]
        assert bench.ledger.last(first) == Delivered()
        assert (await bench.ledger.backlog("wfm")).pending == 0
        await bench.quiet()
        assert bench.counted("delivered") == 1


async def test_a_request_says_who_sends_it_and_what_it_is(tmp_path):
    async with delivering(tmp_path) as bench:
        await bench.owe(event("abc", "anna"))
        await bench.ledger.until(1)
        headers = dict(bench.wire.sent[0].headers)
        assert headers["Idempotency-Key"] == "abc:wfm"
        assert headers["User-Agent"].startswith("wfm-gateway/")
        assert headers["Content-Type"] == "application/json"


async def test_what_was_owed_before_the_start_is_delivered_in_order(tmp_path):
    bench = Bench(tmp_path / "store.db", limits=Limits(depth=2))
    owed = [event(f"e{n}", "anna", EventType.LOGIN) for n in range(7)]
    await bench.owe(*owed, offer=False)
    async with bench.running():
        await bench.ledger.until(7)
    assert bench.wire.told == [each.id for each in owed]
    await bench.ledger.close()


async def test_the_next_of_a_lane_waits_until_the_outcome_is_durable(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.ledger.hold = asyncio.Event()
        first, second = await bench.contact("anna"), await bench.contact("anna")
        other = await bench.contact("berta")
        await bench.quiet()
        assert bench.wire.told == [first, other]
        bench.ledger.hold.set()
        await bench.wire.until(3)
        assert bench.wire.told == [first, other, second]


async def test_an_outcome_that_cannot_be_recorded_now_is_recorded_later(tmp_path):
    def fail():
        raise StoreUnavailableError("disk full")

    async with delivering(tmp_path) as bench:
        bench.ledger.fail = fail
        first, second = await bench.contact("anna"), await bench.contact("anna")
        await bench.quiet()
        await bench.advance(seconds=3)
        assert bench.wire.told == [first]
        bench.ledger.fail = lambda: None
        await bench.advance(seconds=6)
        await bench.ledger.until(2)
        assert bench.wire.told == [first, second]


async def test_a_slow_lane_keeps_no_other_waiting(tmp_path):
    async with delivering(tmp_path, concurrency=2) as bench:
        bench.wire.answer = lambda request: DOWN if b"anna" in request.body else OK
        await bench.contact("anna")
        for agent in ("berta", "carla", "dora"):
            await bench.contact(agent)
        await bench.ledger.until(4)
        assert sorted(bench.ledger.outcomes()) == ["delivered"] * 3 + ["retry_at"]


async def test_no_more_agents_are_in_flight_than_concurrency_allows(tmp_path):
    async with delivering(tmp_path, concurrency=3) as bench:
        bench.wire.gate = asyncio.Event()
        for number in range(10):
            await bench.contact(f"agent{number}")
        await bench.quiet()
        assert len(bench.wire.sent) == 3
        bench.wire.gate.set()
        await bench.ledger.until(10)
        assert bench.wire.most_under_way == 3


async def test_states_that_pile_up_collapse_to_the_newest(tmp_path):
    async with delivering(tmp_path, concurrency=1) as bench:
        bench.wire.gate = asyncio.Event()
        blocker = await bench.state("berta")
        await bench.quiet()
        old, login, middle, new = (
            await bench.state("anna", "ready"),
            await bench.contact("anna"),
            await bench.state("anna", "busy"),
            await bench.state("anna", "not_ready"),
        )
        bench.wire.gate.set()
        await bench.ledger.until(5)
        assert bench.wire.told == [blocker, login, new]
        assert bench.ledger.outcomes(old) == bench.ledger.outcomes(middle) == ["superseded"]


async def test_every_state_is_sent_where_the_vendor_keeps_our_times(tmp_path):
    async with delivering(tmp_path, superseded="send", concurrency=1) as bench:
        bench.wire.gate = asyncio.Event()
        owed = [await bench.state("anna", str(number)) for number in range(4)]
        bench.wire.gate.set()
        await bench.ledger.until(4)
        assert bench.wire.told == owed


async def test_a_failed_state_gives_way_to_a_newer_one(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(DOWN, OK)
        old = await bench.state("anna", "ready")
        await bench.ledger.until(1)
        new = await bench.state("anna", "busy")
        await bench.advance(seconds=1)
        await bench.ledger.until(3)
        assert bench.wire.told == [old, new]
        assert bench.ledger.outcomes(old) == ["retry_at", "superseded"]


async def test_a_state_replaced_while_under_way_is_over_when_it_fails(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(DOWN, OK)
        bench.wire.gate = asyncio.Event()
        old = await bench.state("anna", "ready")
        await bench.wire.until(1)
        new = await bench.state("anna", "busy")
        bench.wire.gate.set()
        await bench.ledger.until(1)
        assert bench.ledger.outcomes(old) == ["superseded"]
        await bench.advance(seconds=1)
        assert bench.wire.told == [old, new]


async def test_a_state_must_last_before_it_is_sent(tmp_path):
    async with delivering(tmp_path, settle=timedelta(seconds=3)) as bench:
        short = await bench.state("anna", "ready")
        await bench.advance(seconds=2)
        lasting = await bench.state("anna", "busy")
        await bench.advance(seconds=2)
        assert bench.wire.told == []
        await bench.advance(seconds=1)
        await bench.ledger.until(2)
        assert bench.wire.told == [lasting]
        assert bench.ledger.outcomes(short) == ["superseded"]


async def test_the_same_again_is_not_sent(tmp_path):
    async with delivering(tmp_path, options={"parts": True}) as bench:
        await bench.state("anna", "ready")
        await bench.ledger.until(1)
        again = await bench.state("anna", "ready")
        await bench.ledger.until(2)
        await bench.state("anna", "busy")
        await bench.ledger.until(3)
        assert bench.ledger.last(again) == Unchanged()
        assert len(bench.wire.sent) == 2


async def test_what_was_delivered_is_remembered_over_a_restart(tmp_path):
    for expected in (Delivered(), Unchanged()):
        async with delivering(tmp_path, options={"parts": True}) as bench:
            await bench.owe(event(f"e{expected}", "anna"))
            await bench.ledger.until(1)
            assert bench.ledger.recorded[0].outcome == expected


async def test_after_an_attempt_of_unknown_outcome_the_same_is_sent_again(tmp_path):
    async with delivering(tmp_path, options={"parts": True}) as bench:
        bench.wire.script(OK, Answer(0, error="no answer in time"), OK)
        await bench.state("anna", "ready")
        await bench.ledger.until(1)
        await bench.state("anna", "busy")
        await bench.ledger.until(2)
        last = await bench.state("anna", "ready")
        await bench.advance(seconds=1)
        await bench.ledger.until(4)
        assert bench.ledger.last(last) == Delivered()
        assert len(bench.wire.sent) == 3


async def test_what_cannot_be_rendered_is_a_dead_letter_and_the_lane_goes_on(tmp_path):
    async with delivering(tmp_path) as bench:
        broken = await bench.contact("anna", broken=True)
        bug = await bench.contact("anna", bug=True)
        sound = await bench.contact("anna")
        await bench.ledger.until(3)
        assert bench.ledger.last(broken) == Dead(DeadReason.RENDER, "broken on purpose")
        detail = "mapping test 7 failed: ZeroDivisionError"
        assert bench.ledger.last(bug) == Dead(DeadReason.RENDER, detail)
        assert bench.wire.told == [sound]
        assert bench.ledger.recorded[0].mapping == "test 7"


async def test_a_header_that_would_split_the_request_is_not_sent(tmp_path):
    options = {"headers": [("X-Agent", "anna\r\nX-Evil: 1")]}
    async with delivering(tmp_path, options=options) as bench:
        bad = await bench.contact("anna")
        await bench.ledger.until(1)
        assert bench.ledger.last(bad).reason is DeadReason.RENDER
        assert bench.wire.sent == []


async def test_what_the_vendor_has_no_words_for_is_unsupported(tmp_path):
    async with delivering(tmp_path) as bench:
        mute = await bench.contact("anna", mute=True)
        await bench.ledger.until(1)
        assert isinstance(bench.ledger.last(mute), Unsupported)


async def test_an_agent_unknown_to_the_vendor_is_held(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.answer = lambda _request: judged("hold")
        held = await bench.contact("anna")
        await bench.ledger.until(1)
        assert bench.ledger.last(held) == Held("unknown_agent")
        backlog = await bench.ledger.backlog("wfm")
        assert (backlog.pending, backlog.held) == (0, 1)


async def test_the_mapping_judges_first_whatever_the_status(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.answer = lambda _request: judged("delivered", status=500)
        await bench.contact("anna")
        await bench.ledger.until(1)
        bench.wire.answer = lambda _request: judged("permanent", status=200)
        await bench.contact("berta")
        await bench.ledger.until(2)
        assert bench.ledger.outcomes() == ["delivered", "dead"]


async def test_a_request_that_may_not_be_repeated_is_not(tmp_path):
    async with delivering(tmp_path, options={"repeatable": False}) as bench:
        bench.wire.answer = lambda _request: Answer(0, error="no answer in time")
        once = await bench.contact("anna")
        await bench.ledger.until(1)
        assert bench.ledger.last(once).reason is DeadReason.PERMANENT
        assert "may not be repeated" in bench.ledger.last(once).detail


async def test_where_no_order_is_kept_no_event_waits_for_another(tmp_path):
    async with delivering(tmp_path, order="none") as bench:
        bench.wire.gate = asyncio.Event()
        await bench.contact("anna")
        await bench.contact("anna")
        await bench.wire.until(2)
        bench.wire.gate.set()
        await bench.ledger.until(2)


async def test_pausing_keeps_everything_back_until_resumed_even_after_a_restart(tmp_path):
    async with delivering(tmp_path) as bench:
        await bench.destination.pause()
        kept = await bench.contact("anna")
        await bench.quiet()
        assert bench.wire.sent == []
        assert bench.destination.health()["state"] == "paused"
    async with delivering(tmp_path) as bench:
        await bench.quiet()
        assert bench.wire.sent == []
        await bench.destination.resume()
        await bench.ledger.until(1)
        assert bench.wire.told == [kept]


async def test_stopping_lets_what_is_under_way_end(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.gate = asyncio.Event()
        first = await bench.contact("anna")
        await bench.contact("anna")
        await bench.wire.until(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(bench.destination.stop())
            await asyncio.sleep(0)
            bench.wire.gate.set()
        assert bench.ledger.outcomes() == ["delivered"]
        assert bench.wire.told == [first]
        assert (await bench.ledger.backlog("wfm")).pending == 1


async def test_stopping_does_not_wait_long_for_a_vendor_that_hangs(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.gate = asyncio.Event()
        await bench.contact("anna")
        await bench.wire.until(1)
        async with asyncio.timeout(3):
            await bench.destination.stop()
        assert (await bench.ledger.backlog("wfm")).pending == 1


async def test_a_vendor_that_takes_logins_as_states_has_them_collapse(tmp_path):
    every = frozenset({EventType.STATE, EventType.LOGIN})
    mapping = replace(MAPPING, collapsing=every, clock=Clock.RECEIPT)
    async with delivering(tmp_path, mapping=mapping, concurrency=1) as bench:
        bench.wire.gate = asyncio.Event()
        await bench.state("berta")
        login, state = await bench.contact("anna"), await bench.state("anna")
        bench.wire.gate.set()
        await bench.ledger.until(3)
        assert bench.ledger.outcomes(login) == ["superseded"]
        assert bench.wire.told[-1] == state


async def test_retries_are_counted_and_persisted(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.answer = lambda _request: DOWN
        failing = await bench.contact("anna")
        await bench.ledger.until(1)
        assert isinstance(bench.ledger.last(failing), RetryAt)
        (lane,) = await bench.ledger.claim("wfm", lanes=5, depth=5, busy=frozenset())
        (delivery,) = lane.deliveries
        assert delivery.attempts == 1
        assert delivery.due_at == bench.ledger.last(failing).due_at
        assert delivery.first_failed_at == bench.clock.now()
