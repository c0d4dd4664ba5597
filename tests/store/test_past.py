"""What was known before a receipt, kept by the hour."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ports import Beginning, Finished, Quarantined, Selection
from gateway.store.sqlite import past
from tests.store.engines import START, append_and_claim, keys, owed, receipt, routed

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


async def test_of_changes_across_the_hour_in_one_transaction_each_hour_keeps_its_first(store):
    times = [START + 59 * MINUTE, START + 60 * MINUTE, START + 61 * MINUTE]
    several = [await append_and_claim(store, at=at) for at in times]
    finished = [
        Finished(each, agents={"flex:ann": str(number).encode()})
        for number, each in enumerate(several)
    ]
    await store.finish(finished)
    assert await store.agents_before(several[1].seq, ["flex:ann"]) == {"flex:ann": b"0"}


async def test_the_hour_goes_on_after_a_restart_and_never_back(opened):
    store = await opened()
    await learn(store, b"ten", at=START + 60 * MINUTE)
    store = await opened()
    late = await learn(store, b"late", at=START + 10 * MINUTE)
    await learn(store, b"ten thirty", at=START + 90 * MINUTE)
    assert await store.agents_before(late, ["flex:ann"]) == {"flex:ann": b"ten"}
    while await store.prune(START + 65 * MINUTE, 30 * MINUTE):
        pass
    assert await store.agents_before(late, ["flex:ann"]) == {"flex:ann": b"ten"}


async def test_where_a_replay_begins(store):
    assert await store.beginning(None) is None
    minutes = (10, 58, 61, 59, 62, 125)
    several = [await learn(store, b"x", at=START + minute * MINUTE) for minute in minutes]
    assert await store.beginning(None) == Beginning(several[0], None)
    hours = [START + hour * 60 * MINUTE for hour in range(4)]
    begun = [await store.beginning(hour + 59 * MINUTE) for hour in hours[:3]]
    assert begun == [
        Beginning(several[0], hours[0]),
        Beginning(several[2], hours[1]),
        Beginning(several[5], hours[2]),
    ]
    assert await store.beginning(hours[3]) is None


async def test_it_begins_at_the_first_hour_of_which_nothing_is_forgotten(store):
    minutes = (10, 50, 70, 100, 130)
    several = [await learn(store, b"x", at=START + minute * MINUTE) for minute in minutes]
    while await store.prune(START + 90 * MINUTE, 20 * MINUTE):
        pass
    begun = Beginning(several[2], START + 60 * MINUTE)
    assert await store.beginning(None) == await store.beginning(START) == begun
    while await store.prune(START + 91 * MINUTE, 20 * MINUTE):
        pass
    assert await store.beginning(None) == Beginning(several[4], START + 120 * MINUTE)


async def test_many_times_are_looked_at_a_slice_at_a_time(store, monkeypatch):
    monkeypatch.setattr(past, "INDEX_ROWS", 3)
    minutes = (55, 69, 65, 65, 65, 65, 68, 67, 61)
    several = [await learn(store, b"x", at=START + minute * MINUTE) for minute in minutes]
    assert (await store.beginning(START + 70 * MINUTE)).place == several[1]


async def test_receipts_from_a_place_in_order(store):
    several = [await learn(store, b"x", at=START + minute * MINUTE) for minute in range(4)]
    await append_and_claim(store, at=START + 9 * MINUTE)
    found = await store.receipts_from(several[1], 2, first=several[0])
    assert [each.place for each in found] == [each.receipt.seq for each in found] == several[1:3]
    rest = await store.receipts_from(several[3], 9, first=several[0])
    assert [each.place for each in rest] == several[3:]


async def test_big_receipts_come_a_few_at_a_time(store):
    for _ in range(3):
        await store.append(receipt(b"x" * (past.PAGE_BYTES // 2)), keys(None))
    await store.finish([Finished(each) for each in await store.untranslated(9)])
    found = await store.receipts_from(0, 9, first=0)
    assert len(found) == 2
    assert len(await store.receipts_from(found[-1].place + 1, 9, first=0)) == 1


@pytest.mark.parametrize("is_translated", [True, False])
async def test_what_was_given_back_stands_where_it_was_received(store, is_translated):
    entries = [Quarantined("unreadable", "odd", index) for index in (1, 2)]
    await store.append(receipt(b"partly"), keys(None), entries)
    claimed = [*await store.untranslated(9), await append_and_claim(store)]
    if is_translated:
        await store.finish([Finished(each) for each in claimed])
    newest, _ = await store.quarantine_entries(Selection())
    assert await store.retry_quarantine(Selection(ids=(newest.id,))) == 1
    (given_back,) = await store.untranslated(9)
    await store.finish([Finished(each) for each in [*claimed, given_back]])
    found = await store.receipts_from(0, 9, first=0)
    assert [(each.place, each.receipt.seq) for each in found] == [(1, given_back.seq), (2, 2)]
    # A copy's other entries stay with the receipt that it was made of.
    skip = frozenset() if is_translated else frozenset({1})
    assert (found[0].receipt.only, found[0].receipt.skip) == (None, skip)
    behind = await store.receipts_from(2, 9, first=2)
    assert [(each.place, each.receipt.only) for each in behind] == [(2, None), (3, {2})]


async def test_events_of_receipts_and_those_made_again(store):
    claimed = await append_and_claim(store)
    await store.finish([Finished(claimed, (routed("e1", owed("e1")),))])
    made = await store.keep_revised(claimed, [routed("e2", owed("e2"))])
    assert [each.event_id for each in made] == ["e2"]
    assert await store.keep_revised(claimed, [routed("e2", owed("e2"))]) == []
    found = (await store.events_of_receipts([claimed]))[claimed.id]
    assert [(each.id, each.told) for each in found] == [
        ("e1", None),
        ("e2", frozenset({"calabrio"})),
    ]
    assert [b'"e1"' in found[0].event, b'"e2"' in found[1].event] == [True, True]


async def test_what_is_made_again_is_owed_once_to_each_destination(store):
    claimed = await append_and_claim(store)
    both = [owed("e2"), owed("e2", to="history")]
    assert len(await store.keep_revised(claimed, [routed("e2", both[0])])) == 1
    (late,) = await store.keep_revised(claimed, [routed("e2", *both, subject="flex:other")])
    assert (late.destination, b'"flex:ann"' in late.event) == ("history", True)
    assert await store.keep_revised(claimed, [routed("e2", *both)]) == []
    assert [(await store.backlog(name)).pending for name in ("calabrio", "history")] == [1, 1]


async def test_what_nobody_wants_is_made_once_all_the_same(store):
    claimed = await append_and_claim(store)
    assert await store.keep_revised(claimed, [routed("e2")]) == []
    (made,) = (await store.events_of_receipts([claimed]))[claimed.id]
    assert made.told == frozenset()
    assert len(await store.keep_revised(claimed, [routed("e2", owed("e2"))])) == 1


async def test_what_was_made_otherwise_is_owed_to_nobody_again(store):
    claimed = await append_and_claim(store)
    await store.finish([Finished(claimed, (routed("e1", owed("e1")),))])
    assert await store.keep_revised(claimed, [routed("e1", owed("e1", to="history"))]) == []
    assert (await store.backlog("history")).pending == 0


async def test_with_what_is_held_of_an_agent_its_revision_is_held(store):
    first, second = [await append_and_claim(store, at=START + n * MINUTE) for n in range(2)]
    held = replace(owed("e1"), held="unmapped")
    await store.finish([Finished(first, (routed("e1", held),)), Finished(second)])
    again = routed("e2", owed("e2"), owed("e2", to="history"))
    (told,) = await store.keep_revised(first, [again])
    assert told.destination == "history"
    (other,) = await store.keep_revised(first, [routed("e3", owed("e3"), subject="flex:ben")])
    later = routed("e4", owed("e4"), at=START + MINUTE)
    (unheld,) = await store.keep_revised(second, [later])
    assert (other.event_id, unheld.event_id) == ("e3", "e4")
    released = await store.release("calabrio", "flex:ann", lane="ann", identity="ann")
    assert [each.event_id for each in released] == ["e1", "e2"]


async def test_of_what_retention_has_reached_nothing_is_made_again(store):
    claimed = await append_and_claim(store)
    await store.finish([Finished(claimed, (routed("e1"),))])
    while await store.prune(START + MINUTE, 0 * MINUTE):
        pass
    assert await store.keep_revised(claimed, [routed("e1", owed("e1"))]) == []
    assert (await store.sizes())["events"] == 0


async def test_what_is_past_its_time_is_forgotten(store, clock):
    await learn(store, b"nine")
    await learn(store, b"ten", at=START + 60 * MINUTE)
    late = clock.forward(timedelta(days=4))
    while await store.prune(late, timedelta(days=3)):
        pass
    assert await store.agents_before(1, ["flex:ann"]) == {"flex:ann": b"ten"}
