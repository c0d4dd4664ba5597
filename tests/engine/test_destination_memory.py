import asyncio

from gateway.engine.memory_lane import Limits
from gateway.mapping import EventType
from gateway.model.delivery import DeadReason
from gateway.model.errors import StoreUnavailableError
from tests.standins.delivery import DOWN, OK, Bench, delivering, event


async def test_more_lanes_than_there_is_room_for_are_all_served(tmp_path):
    bench = Bench(tmp_path / "store.db", limits=Limits(lanes=4, deliveries=6, depth=2, idle=2))
    before = [event(f"b{n}", f"agent{n % 9}", EventType.LOGIN) for n in range(30)]
    await bench.owe(*before, offer=False)
    async with bench.running():
        after = [event(f"a{n}", f"agent{n % 13}", EventType.LOGIN) for n in range(40)]
        for each in after:
            await bench.owe(each)
        await bench.ledger.until(70)
    assert sorted(bench.wire.told) == sorted(each.id for each in before + after)
    for number in range(13):
        mine = [e.id for e in before + after if e.subject == f"flex:agent{number}"]
        assert [each for each in bench.wire.told if each in mine] == mine
    await bench.ledger.close()


async def test_lanes_that_wait_make_room_for_those_that_are_due(tmp_path):
    limits = Limits(lanes=100, deliveries=4, depth=4)
    async with delivering(tmp_path, limits=limits, draw=lambda: 1.0) as bench:
        bench.wire.answer = lambda request: DOWN if b"bad" in request.body else OK
        for number in range(4):
            await bench.contact(f"bad{number}", status="bad")
        await bench.ledger.until(4)
        good = [await bench.contact(f"good{number}") for number in range(8)]
        await bench.ledger.until(12)
        assert all(bench.ledger.outcomes(each) == ["delivered"] for each in good)
        bench.wire.answer = lambda _request: OK
        await bench.advance(minutes=2)
        await bench.ledger.until(16)
        assert (await bench.ledger.backlog("wfm")).pending == 0


async def test_of_a_long_lane_only_the_newest_state_is_sent_after_an_outage(tmp_path):
    bench = Bench(tmp_path / "store.db", limits=Limits(depth=3))
    states = [event(f"s{n:02}", "anna") for n in range(20)]
    await bench.owe(*states, offer=False)
    async with bench.running():
        await bench.ledger.until(20)
    assert bench.wire.told == ["s19"]
    assert bench.ledger.outcomes().count("superseded") == 19
    await bench.ledger.close()


async def test_deliveries_offered_out_of_their_order_are_sent_in_it(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.gate = asyncio.Event()
        first = await bench.contact("anna")
        await bench.wire.until(1)
        (second,) = await bench.owe(event("second", "anna", EventType.LOGIN), offer=False)
        (third,) = await bench.owe(event("third", "anna", EventType.LOGIN), offer=False)
        bench.destination.offer([third])
        bench.destination.offer([second])
        bench.wire.gate.set()
        await bench.ledger.until(3)
        assert bench.wire.told == [first, "second", "third"]


async def test_what_is_offered_twice_is_sent_once(tmp_path):
    async with delivering(tmp_path) as bench:
        deliveries = await bench.owe(event("once", "anna", EventType.LOGIN))
        bench.destination.offer(deliveries)
        await bench.ledger.until(1)
        bench.destination.offer(deliveries)
        await bench.quiet()
        assert bench.wire.told == ["once"]


async def test_beyond_max_backlog_states_collapse_and_then_the_oldest_are_given_up(tmp_path):
    async with delivering(tmp_path, max_backlog=4, superseded="send") as bench:
        await bench.destination.pause()
        states = [await bench.state("anna", str(number)) for number in range(3)]
        contacts = [await bench.contact(f"agent{number}") for number in range(5)]
        await bench.advance(seconds=5)
        await bench.ledger.until(4)
        assert [bench.ledger.outcomes(each) for each in states[:2]] == [["superseded"]] * 2
        assert [bench.ledger.last(each).reason for each in contacts[:2]] == [
            DeadReason.OVERFLOW
        ] * 2
        assert (await bench.ledger.backlog("wfm")).pending == 4
        await bench.destination.resume()
        await bench.ledger.until(8)
        assert sorted(bench.wire.told) == sorted([states[2], *contacts[2:]])


async def test_a_store_that_cannot_be_read_now_is_asked_again(tmp_path):
    troubles = [StoreUnavailableError("busy"), StoreUnavailableError("busy")]
    bench = Bench(tmp_path / "store.db")
    read = bench.ledger.store.lane_states

    async def lane_states(destination, lanes):
        if troubles and "nobody" not in lanes:
            raise troubles.pop()
        return await read(destination, lanes)

    bench.ledger.lane_states = lane_states
    async with bench.running():
        event_id = await bench.contact("anna")
        await bench.quiet()
        assert bench.wire.sent == []
        await bench.advance(milliseconds=100)
        await bench.advance(milliseconds=200)
        await bench.ledger.until(1)
    assert bench.ledger.outcomes(event_id) == ["delivered"]
    await bench.ledger.close()


async def test_what_is_offered_while_lanes_are_claimed_is_not_forgotten(tmp_path):
    bench = Bench(tmp_path / "store.db")
    await bench.owe(event("early", "anna", EventType.LOGIN), offer=False)
    claim, claiming, go_on = bench.ledger.store.claim, asyncio.Event(), asyncio.Event()

    async def slow_claim(*args, **kwargs):
        claimed = await claim(*args, **kwargs)
        claiming.set()
        await go_on.wait()
        return claimed

    bench.ledger.claim = slow_claim
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.destination.run())
        await claiming.wait()
        await bench.owe(event("same", "anna", EventType.LOGIN))
        await bench.owe(event("other", "berta", EventType.LOGIN))
        go_on.set()
        await bench.ledger.until(3)
        running.cancel()
    assert bench.wire.told.index("early") < bench.wire.told.index("same")
    assert sorted(bench.wire.told) == ["early", "other", "same"]
    await bench.ledger.close()


async def test_stopping_does_not_wait_for_a_store_that_takes_nothing(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.ledger.hold = asyncio.Event()
        await bench.contact("anna")
        await bench.wire.until(1)
        await bench.quiet()
        async with asyncio.timeout(4):
            await bench.destination.stop()
        assert (await bench.ledger.backlog("wfm")).pending == 1
