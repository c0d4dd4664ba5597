from datetime import timedelta

import pytest

from gateway.model.delivery import Dead, DeadReason, Delivered
from gateway.ports import Finished, Quarantined, Recorded, RecordKey, Selection
from tests.store.engines import START, append_and_claim, keys, owe, owed, receipt, routed

ALL = Selection()
NOWHERE = frozenset()


async def bury(store, *deliveries, reason=DeadReason.PERMANENT, at=START):
    await store.record([Recorded(each, Dead(reason, "no"), at, "m 1") for each in deliveries])


def unreadable(index):
    return Quarantined("unreadable", "no id", index, b"{}")


async def test_retried_records_alone_are_translated_again(store):
    await store.append(receipt(b"body"), [RecordKey(1, None)], (unreadable(0), unreadable(2)))
    (claimed,) = await store.untranslated(10)
    await store.finish([Finished(claimed, quarantined=(unreadable(1),))])
    ids = {each.entry.index: each.id for each in await store.quarantine_entries(ALL)}
    assert await store.retry_quarantine(Selection(ids=(ids[0], ids[1]))) == 2
    (again,) = await store.untranslated(10)
    assert again.only == {0, 1}
    assert again.skip == {2}
    assert (again.id, again.verified) == (claimed.id, claimed.verified)
    assert [each.entry.index for each in await store.quarantine_entries(ALL)] == [2]
    assert store.untranslated_count() == 1
    await store.finish([Finished(again)])
    assert await store.retry_quarantine(ALL) == 1
    (last,) = await store.untranslated(10)
    assert last.only == {2}


async def test_a_whole_request_is_retried_whole(opened):
    store = await opened()
    await store.quarantine(receipt(b"body"), Quarantined("content", "no"))
    assert await store.retry_quarantine(ALL) == 1
    assert await store.retry_quarantine(ALL) == 0
    (again,) = await (await opened()).untranslated(10)
    assert again.only is None
    assert again.verified.receipt.body == b"body"


@pytest.mark.parametrize("is_claimed", [True, False])
async def test_a_retry_takes_nothing_from_a_receipt_that_still_waits(store, is_claimed):
    await store.append(receipt(), [RecordKey(0, None)], (unreadable(1),))
    first = await store.untranslated(10) if is_claimed else []
    assert await store.retry_quarantine(ALL) == 1
    both = [*first, *await store.untranslated(10)]
    assert [(each.only, each.skip) for each in both] == [(None, {1}), ({1}, frozenset())]
    await store.finish([Finished(each) for each in both])
    assert store.untranslated_count() == 0


async def test_quarantine_is_selected_and_discarded(store, clock):
    for source, reason in (("flex", "content"), ("engage", "content"), ("engage", "crashed")):
        await store.quarantine(receipt(source=source), Quarantined(reason, "no"))
        clock.forward(timedelta(hours=1))
    assert [each.entry.reason for each in await store.quarantine_entries(ALL, limit=2)] == [
        "crashed",
        "content",
    ]
    narrow = Selection(name="engage", reason="content")
    (entry,) = await store.quarantine_entries(narrow)
    late = Selection(since=START + timedelta(minutes=30), until=START + timedelta(minutes=90))
    assert await store.quarantine_entries(late) == [entry]
    assert await store.quarantine_entries(Selection(ids=("nonsense", "q999", ""))) == []
    assert await store.discard_quarantine(Selection(ids=(entry.id,))) == 1
    sizes = await store.sizes()
    assert (sizes["quarantine"], sizes["quarantine:engage"]) == (2, 1)
    assert await store.discard_quarantine(ALL) == 2
    assert (await store.sizes())["receipts"] == 3


async def test_a_dead_letter_is_owed_again_at_the_end_of_its_lane(store):
    first, second = await owe(store, owed("e1"), owed("e2"))
    await bury(store, first)
    ((again,), superseded) = await store.retry_dead_letters(ALL, skip_superseded=NOWHERE)
    assert superseded == 0
    assert (again.event_id, again.event, again.attempts) == ("e1", first.event, 0)
    (lane,) = await store.claim("calabrio", lanes=1, depth=9, busy=frozenset())
    assert lane.deliveries == (second, again)
    assert await store.dead_letters(ALL) == []
    assert (await store.backlog("calabrio")).pending == 2


@pytest.mark.parametrize("fate", ["pending", "delivered", "dead"])
async def test_a_dead_state_with_a_newer_one_since_is_superseded(opened, fate):
    store = await opened()
    first, second = await owe(store, owed("e1"), owed("e2"))
    await bury(store, first)
    if fate == "delivered":
        await store.record([Recorded(second, Delivered(), START, "m 1")])
    if fate == "dead":
        await bury(store, second)
    store = await opened()
    (oldest,) = [each for each in await store.dead_letters(ALL) if each.event_id == "e1"]
    retried = await store.retry_dead_letters(
        Selection(ids=(oldest.id,)), skip_superseded=frozenset({"calabrio"})
    )
    assert retried == ([], 1)
    assert (await store.sizes())["outcome:calabrio:superseded"] == 1


async def test_what_does_not_collapse_is_never_superseded(store):
    first, _ = await owe(store, owed("e1", collapses=False), owed("e2"))
    await bury(store, first)
    deliveries, superseded = await store.retry_dead_letters(
        ALL, skip_superseded=frozenset({"calabrio"})
    )
    assert (len(deliveries), superseded) == (1, 0)


async def test_a_dead_letter_outlives_its_event(store, clock):
    (delivery,) = await owe(store, owed("e1"))
    await bury(store, delivery)
    later = clock.forward(timedelta(days=30))
    while await store.prune(later, timedelta(hours=72)):
        pass
    assert (await store.sizes())["events"] == 0
    ((again,), _) = await store.retry_dead_letters(ALL, skip_superseded=NOWHERE)
    assert again.event == delivery.event
    assert (await store.sizes())["events"] == 1


async def test_dead_letters_are_selected_and_discarded(store):
    first, second, third = await owe(
        store, owed("e1"), owed("e2", to="verint"), owed("e3", to="verint")
    )
    await bury(store, first, second)
    await bury(store, third, reason=DeadReason.SUSPECT, at=START + timedelta(hours=1))
    assert [each.event_id for each in await store.dead_letters(ALL)] == ["e3", "e2", "e1"]
    assert len(await store.dead_letters(Selection(name="verint"))) == 2
    (suspect,) = await store.dead_letters(Selection(reason="suspect"))
    assert await store.dead_letters(Selection(since=START + timedelta(minutes=1))) == [suspect]
    assert await store.dead_letters(Selection(ids=(suspect.id,))) == [suspect]
    assert await store.discard_dead_letters(Selection(name="verint")) == 2
    sizes = await store.sizes()
    assert (sizes["dead_letters"], sizes["dead_letters:calabrio"]) == (1, 1)


async def test_operators_commands_reach_more_than_one_transaction_takes(store):
    deliveries = await owe(store, *(owed(f"e{n}", f"l{n}") for n in range(1200)))
    await bury(store, *deliveries)
    retried, _ = await store.retry_dead_letters(ALL, skip_superseded=NOWHERE)
    assert len(retried) == 1200


async def test_retention_removes_what_is_past_its_time_in_steps(store, clock):
    entry = Quarantined("content", "no")
    kept = await store.quarantine(receipt(), entry)
    deliveries = await owe(store, *(owed(f"e{n}", f"l{n}") for n in range(1200)))
    await store.record([Recorded(each, Delivered(), START, "m 1") for each in deliveries[1:]])
    await store.append(receipt(), keys("a"))
    later = clock.forward(timedelta(hours=73))
    assert await store.prune(START + timedelta(hours=1), timedelta(hours=72)) == 0
    steps = []
    while removed := await store.prune(later, timedelta(hours=72)):
        steps.append(removed)
    assert max(steps) <= 5 * 500
    assert len(steps) >= 3
    sizes = await store.sizes()
    assert sizes["events"] == 1
    assert sizes["receipts"] == 2
    assert sizes["outcome:calabrio:delivered"] == 0
    assert (await store.quarantine_entries(ALL))[0].receipt_id == kept
    assert len(await store.claim("calabrio", lanes=9, depth=9, busy=frozenset())) == 1
    assert (await store.append(receipt(), keys("a"))).duplicates == frozenset()


async def test_retention_leaves_what_is_young(store, clock):
    await owe(store, owed("e1"))
    claimed = await append_and_claim(store, at=START + timedelta(hours=10))
    event = routed("e2", at=START + timedelta(hours=10))
    await store.finish([Finished(claimed, (event,))])
    clock.forward(timedelta(hours=80))
    while await store.prune(clock.at, timedelta(hours=72)):
        pass
    sizes = await store.sizes()
    assert (sizes["receipts"], sizes["events"]) == (1, 2)


async def test_everybody_is_read_in_slices(store):
    known = {f"flex:{name}": name.encode() for name in ("cyd", "ann", "bob")}
    claimed = await append_and_claim(store)
    await store.finish([Finished(claimed, agents=known)])
    first = await store.agents_after("", 2)
    assert first == [("flex:ann", b"ann"), ("flex:bob", b"bob")]
    assert await store.agents_after(first[-1][0], 2) == [("flex:cyd", b"cyd")]
    await store.told("calabrio", {"bob": b"2", "ann": b"1"})
    await store.told("verint", {"dan": b"4"})
    assert await store.lanes_after("calabrio", "", 9) == [("ann", b"1"), ("bob", b"2")]
    assert await store.lanes_after("calabrio", "ann", 9) == [("bob", b"2")]


async def test_what_waits_is_told_by_source_up_to_a_number(store):
    assert await store.waiting_sources(store.newest().receipt) == frozenset()
    await store.append(receipt(), keys(None))
    upto = store.newest().receipt
    await store.append(receipt(source="engage"), keys(None))
    assert await store.waiting_sources(upto) == {"flex"}
    assert await store.waiting_sources(store.newest().receipt) == {"flex", "engage"}
    (claimed,) = await store.untranslated(1)
    await store.finish([Finished(claimed)])
    assert await store.waiting_sources(upto) == frozenset()


async def test_what_was_told_overtakes_dead_letters(store):
    (delivery,) = await owe(store, owed("e1"))
    assert store.newest().delivery == delivery.seq
    dead = Dead(DeadReason.PERMANENT, "no", 400, b"")
    await store.record([Recorded(delivery, dead, START, "m 1")])
    await store.told("calabrio", {"ann": None}, newest=delivery.seq + 1)
    owed_again, superseded = await store.retry_dead_letters(
        Selection(), skip_superseded=frozenset({"calabrio"})
    )
    assert (owed_again, superseded) == ([], 1)
    assert (await store.lane_states("calabrio", ["ann"]))["ann"].delivered is None
