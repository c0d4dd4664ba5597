"""What was is found again, without an index for it."""

from datetime import timedelta

import orjson

from gateway.model.delivery import Dead, DeadReason, Delivered, Held, Superseded
from gateway.ports import Finished, Recorded
from tests.store.engines import START, append_and_claim, owe, owed, routed

MINUTE = timedelta(minutes=1)


def names(found):
    return [orjson.loads(each.event)["data"]["name"] for each in found]


async def test_events_of_a_subject_newest_first_up_to_a_moment(store):
    for minute in range(4):
        for agent in ("ann", "ben"):
            name = f"{agent}{minute}"
            await owe(store, owed(name), at=START + minute * MINUTE, subject=f"flex:{agent}")
    found = await store.events_of("flex:ann", until=START + 2 * MINUTE)
    assert names(found) == ["ann2", "ann1", "ann0"]
    late = START + 9 * MINUTE
    assert names(await store.events_of("flex:ann", until=late, limit=2)) == ["ann3", "ann2"]
    assert await store.events_of("flex:nobody", until=late) == []


async def test_a_receipt_is_found_by_its_id(store):
    await owe(store, owed("one"))
    (past,) = await store.events_of("flex:ann", until=START)
    found = await store.receipt(past.receipt_id)
    assert (found.id, found.verified.receipt.received_at) == (past.receipt_id, START)
    assert await store.receipt("0" * 24) is None
    assert await store.receipt("no id") is None


async def test_receipts_of_a_span_that_are_translated(store):
    for minute in range(3):
        await owe(store, owed(f"e{minute}"), at=START + minute * MINUTE)
    await append_and_claim(store, at=START + MINUTE)
    found = await store.receipts_between("flex", START + MINUTE, START + 9 * MINUTE)
    times = [each.verified.receipt.received_at for each in found]
    assert times == [START + MINUTE, START + 2 * MINUTE]
    assert await store.receipts_between("other", START, START + 9 * MINUTE) == []


async def test_what_became_of_an_event_at_each_destination(store):
    claimed = await append_and_claim(store)
    places = ("delivering", "dead", "holding", "waiting")
    event = routed("e1", *(owed("e1", to=name) for name in places))
    several = {each.destination: each for each in await store.finish([Finished(claimed, (event,))])}
    at = START + MINUTE
    await store.record(
        [
            Recorded(several["delivering"], Delivered(status=204), at, "m 1"),
            Recorded(several["dead"], Dead(DeadReason.PERMANENT, "no", 400), at, "m 1"),
            Recorded(several["holding"], Held("unknown_agent"), at, "m 1"),
        ]
    )
    told = {each.destination: each for each in await store.deliveries_of("e1")}
    delivered, dead = told["delivering"], told["dead"]
    assert (delivered.outcome, delivered.status, delivered.attempts) == ("delivered", 204, 1)
    assert delivered.at == at
    assert (dead.outcome, dead.status, dead.detail) == ("dead", 400, "permanent: no")
    assert (told["holding"].outcome, told["holding"].detail) == ("held", "unknown_agent")
    assert told["waiting"].outcome == "pending"
    assert await store.deliveries_of("nothing") == []


async def test_an_outcome_is_found_among_earlier_and_later_ones(store):
    for minute in range(60):
        at = START + minute * MINUTE
        (delivery,) = await owe(store, owed(f"e{minute}"), at=at)
        await store.record([Recorded(delivery, Superseded(), at, "m 1")])
    for minute in (0, 31, 59):
        (told,) = await store.deliveries_of(f"e{minute}")
        assert (told.outcome, told.at) == ("superseded", START + minute * MINUTE)
