"""What was known before a receipt, kept by the hour."""

from datetime import timedelta

from gateway.ports import Finished
from tests.store.engines import START, append_and_claim, owed, routed

MINUTE = timedelta(minutes=1)


async def learn(store, known, *, at=START, keys=("flex:ann",)):
    claimed = await append_and_claim(store, at=at)
    await store.finish([Finished(claimed, agents=dict.fromkeys(keys, known))])
    return claimed.seq


async def test_what_was_known_before_the_first_receipt_of_an_hour(opened):
    store = await opened()
    first = await learn(store, b"nine", at=START)
    await learn(store, b"nine thirty", at=START + 30 * MINUTE)
    ten = await learn(store, b"ten", at=START + 60 * MINUTE)
    await learn(store, b"ben alone", at=START + 90 * MINUTE, keys=("flex:ben",))
    eleven = await learn(store, b"eleven", at=START + 120 * MINUTE)
    store, both = await opened(), ["flex:ann", "flex:ben"]
    assert await store.agents_before(first, both) == {}
    assert await store.agents_before(ten, both) == {"flex:ann": b"nine thirty"}
    expected = {"flex:ann": b"ten", "flex:ben": b"ben alone"}
    assert await store.agents_before(eleven, both) == expected
    assert (await store.agents_before(eleven + 1, both))["flex:ann"] == b"eleven"


async def test_of_several_changes_at_once_the_first_counts(store):
    several = [await append_and_claim(store) for _ in range(3)]
    finished = [
        Finished(each, agents={"flex:ann": str(number).encode()})
        for number, each in enumerate(several)
    ]
    await store.finish(finished)
    assert await store.agents_before(several[0].seq, ["flex:ann"]) == {}
    assert await store.agents_before(several[2].seq + 1, ["flex:ann"]) == {"flex:ann": b"2"}


async def test_receipts_from_a_moment_in_order(store):
    several = [await learn(store, b"x", at=START + minute * MINUTE) for minute in range(4)]
    await append_and_claim(store, at=START + 9 * MINUTE)
    assert await store.first_receipt(START + 2 * MINUTE) == several[2]
    assert await store.first_receipt(START - MINUTE) == several[0]
    assert await store.states_kept_from() == several[0]
    assert await store.first_receipt(START + 10 * MINUTE) is None
    found = await store.receipts_from(several[1], 2)
    assert [each.seq for each in found] == several[1:3]
    assert [each.seq for each in await store.receipts_from(several[3], 9)] == several[3:]


async def test_events_of_a_receipt_and_those_made_again(store):
    claimed = await append_and_claim(store)
    await store.finish([Finished(claimed, (routed("e1", owed("e1")),))])
    made = await store.keep_revised(claimed.id, [routed("e2", owed("e2"))])
    assert [each.event_id for each in made] == ["e2"]
    assert await store.keep_revised(claimed.id, [routed("e2", owed("e2"))]) == []
    found = await store.events_of_receipt(claimed)
    assert [b'"e1"' in found[0], b'"e2"' in found[1]] == [True, True]


async def test_what_is_past_its_time_is_forgotten(store, clock):
    await learn(store, b"nine")
    await learn(store, b"ten", at=START + 60 * MINUTE)
    late = clock.forward(timedelta(days=4))
    while await store.prune(late, timedelta(days=3)):
        pass
    assert await store.agents_before(1, ["flex:ann"]) == {"flex:ann": b"ten"}
