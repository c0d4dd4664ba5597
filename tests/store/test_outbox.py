from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model.delivery import (
    Dead,
    DeadReason,
    Delivered,
    Held,
    Parked,
    RetryAt,
    Superseded,
    Unchanged,
)
from gateway.ports import DestinationMark, Lane, Recorded, Selection
from tests.store.engines import START, owe, owed

NOBODY = frozenset()


def recorded(delivery, outcome, **more):
    return Recorded(delivery, outcome, more.pop("at", START), "calabrio_rta_json 1", **more)


async def claim(store, **how):
    how = {"lanes": 10, "depth": 10, "busy": NOBODY} | how
    return await store.claim("calabrio", **how)


async def test_finish_and_claim_tell_the_same(store):
    (delivery,) = await owe(store, owed("e1"))
    (lane,) = await claim(store)
    assert lane.deliveries == (delivery,)
    assert (lane.lane, lane.more, lane.state) == ("ann", False, Lane())
    assert delivery.identity == "ann"
    assert delivery.collapses


async def test_a_lane_is_claimed_oldest_first_to_its_depth(store):
    deliveries = await owe(store, *(owed(f"e{n}") for n in range(5)))
    (lane,) = await claim(store, depth=2)
    assert lane.deliveries == tuple(deliveries[:2])
    assert lane.more
    rest = await store.refill("calabrio", "ann", after=deliveries[1].seq, depth=3)
    assert rest.deliveries == tuple(deliveries[2:])
    assert not rest.more


async def test_busy_lanes_and_other_destinations_are_left_alone(store):
    await owe(store, owed("e1", "ann"), owed("e2", "bob"), owed("e3", "cyd", to="verint"))
    assert [each.lane for each in await claim(store, busy=frozenset({"ann"}))] == ["bob"]


async def test_every_lane_has_its_turn(store):
    names = [f"lane{n:02}" for n in range(23)]
    await owe(store, *(owed(f"e{name}", name) for name in names))
    first = [each.lane for _ in range(3) for each in await claim(store, lanes=8)]
    assert set(names) <= set(first)


async def test_a_lane_named_by_an_empty_text_is_claimed_too(store):
    await owe(store, owed("e1", ""), owed("e2", "bob"))
    for _ in range(2):
        assert {each.lane for each in await claim(store)} == {"", "bob"}


async def test_lanes_whose_time_has_come_go_first(store, clock):
    deliveries = await owe(store, *(owed(f"e{name}", name) for name in "abc"))
    later = [
        recorded(each, RetryAt(START + timedelta(minutes=9 - n)))
        for n, each in enumerate(deliveries[:2])
    ]
    await store.record(later)
    assert [each.lane for each in await claim(store)] == ["c", "b", "a"]
    assert [each.lane for each in await claim(store, lanes=1)] == ["c"]
    clock.forward(timedelta(minutes=10))
    assert {each.lane for each in await claim(store, lanes=2)} != {"c"}


@pytest.mark.parametrize(
    ("outcome", "name"),
    [(Delivered(), "delivered"), (Unchanged(), "unchanged"), (Superseded(), "superseded")],
)
async def test_a_settled_delivery_is_owed_no_more(opened, outcome, name):
    store = await opened()
    (delivery,) = await owe(store, owed("e1"))
    await store.record([recorded(delivery, outcome)])
    await store.record([recorded(delivery, outcome)])
    store = await opened()
    assert await claim(store) == []
    assert (await store.sizes())[f"outcome:calabrio:{name}"] == 1
    assert (await store.backlog("calabrio")).pending == 0


async def test_a_failed_delivery_stays_first_in_its_lane(opened):
    store = await opened()
    first, second = await owe(store, owed("e1"), owed("e2"))
    due = START + timedelta(seconds=30)
    await store.record([recorded(first, RetryAt(due))])
    later = START + timedelta(seconds=31)
    await store.record([recorded(first, RetryAt(due, amid_success=True), at=later)])
    (lane,) = await claim(await opened())
    failed = replace(first, attempts=2, due_at=due, first_failed_at=START, failures_amid_success=1)
    assert lane.deliveries == (failed, second)


async def test_parked_counts_for_nothing(store):
    (delivery,) = await owe(store, owed("e1"))
    await store.record([recorded(delivery, Parked("401"))])
    (lane,) = await claim(store)
    assert lane.deliveries == (delivery,)


async def test_a_dead_letter_carries_all_that_an_operator_needs(store):
    (delivery,) = await owe(store, owed("e1"))
    dead = Dead(DeadReason.PERMANENT, "no such agent", 404, b"x" * 5000)
    await store.record([recorded(delivery, dead)])
    (letter,) = await store.dead_letters(Selection())
    assert (letter.destination, letter.subject, letter.event_id) == ("calabrio", "flex:ann", "e1")
    assert (letter.reason, letter.detail, letter.status) == ("permanent", "no such agent", 404)
    assert (letter.attempts, letter.dead_at) == (1, START)
    assert (letter.event_type, letter.event) == ("agent.state", delivery.event)
    assert letter.mapping == "calabrio_rta_json 1"
    assert len(letter.answer) == 2048
    assert await claim(store) == []


async def test_a_lane_remembers(opened):
    store = await opened()
    first, second = await owe(store, owed("e1"), owed("e2", "bob"))
    state = Lane({"session": "s1"}, b"digest")
    await store.record(
        [
            recorded(first, Delivered(), lane_state=state),
            recorded(second, Delivered(), lane_state=Lane({}, b"other")),
        ]
    )
    store = await opened()
    assert await store.lane_states("calabrio", ["ann", "bob", "cyd"]) == {
        "ann": state,
        "bob": Lane({}, b"other"),
    }
    assert (await store.refill("calabrio", "ann", after=0, depth=1)).state == state


async def test_what_was_delivered_is_not_certain_where_something_is_owed_at_the_start(opened):
    store = await opened()
    first, _, third = await owe(store, owed("e1"), owed("e2"), owed("e3", "bob"))
    known = Lane({"a": 1}, b"digest")
    await store.record([recorded(each, Delivered(), lane_state=known) for each in (first, third)])
    states = await (await opened()).lane_states("calabrio", ["ann", "bob"])
    assert states == {"ann": Lane({"a": 1}, None), "bob": known}


async def test_held_deliveries_wait_for_their_release(opened):
    store = await opened()
    first, second = await owe(store, owed("e1"), owed("e2"))
    await store.record([recorded(first, Held("unknown to the vendor"))])
    assert [each.deliveries for each in await claim(store)] == [(second,)]
    backlog = await store.backlog("calabrio")
    assert (backlog.pending, backlog.held) == (1, 1)
    store = await opened()
    (agent,) = await store.held()
    assert (agent.destination, agent.subject, agent.count) == ("calabrio", "flex:ann", 1)
    assert agent.event == first.event
    (let_go,) = await store.release("calabrio", "flex:ann", lane="w7", identity="w7")
    assert let_go == replace(first, lane="w7", identity="w7")
    assert await store.release("calabrio", "flex:ann", lane="w7", identity="w7") == []
    assert {each.lane: each.deliveries for each in await claim(store)}["w7"] == (let_go,)
    assert (await store.backlog("calabrio")).held == 0


async def test_held_from_the_start_is_returned_by_release_alone(store):
    assert await owe(store, owed("e1", held="unmapped"), owed("e2", held="unmapped")) == []
    assert await claim(store) == []
    (agent,) = await store.held()
    assert agent.count == 2
    let_go = await store.release("calabrio", "flex:ann", lane="w7", identity="w7")
    assert [each.event_id for each in let_go] == ["e1", "e2"]


async def test_what_was_held_of_an_agent_goes_before_what_may_be_sent_of_them_now(store):
    await owe(store, owed("e1", held="unmapped"), owed("e2", held="unidentified"))
    await owe(store, owed("e3", "bob", held="unmapped"), subject="flex:bob")
    told = await owe(store, owed("e4", "w7"))
    assert [(each.event_id, each.lane, each.identity) for each in told] == [
        ("e1", "w7", "w7"),
        ("e2", "w7", "w7"),
        ("e4", "w7", "w7"),
    ]
    (claimed,) = await claim(store)
    assert list(claimed.deliveries) == told
    backlog = await store.backlog("calabrio")
    assert (backlog.pending, backlog.held) == (3, 1)


async def test_what_the_vendor_does_not_know_waits_for_the_roster_alone(store):
    (unknown,) = await owe(store, owed("e1"))
    await store.record([recorded(unknown, Held("unknown_agent"))])
    assert [each.event_id for each in await owe(store, owed("e2"))] == ["e2"]
    assert (await store.backlog("calabrio")).held == 1


async def test_a_held_state_is_not_let_go_behind_a_newer_one(store):
    unknown, other, newer = await owe(store, owed("e1"), owed("e2", collapses=False), owed("e3"))
    held = Held("unknown_agent")
    await store.record([recorded(unknown, held), recorded(other, held)])
    await store.record([recorded(newer, Delivered())])
    where = {"lane": "ann", "identity": "ann"}
    released = await store.release("calabrio", "flex:ann", **where, skip_superseded=True)
    assert [each.event_id for each in released] == ["e2"]
    backlog = await store.backlog("calabrio")
    assert (backlog.pending, backlog.held) == (1, 0)
    assert (await store.sizes())["outcome:calabrio:superseded"] == 1


async def test_the_backlog_knows_its_oldest(store):
    await owe(store, owed("e1", "bob"), at=START + timedelta(hours=1))
    (oldest,) = await owe(store, owed("e2"), at=START)
    await owe(store, owed("e0", held="unmapped"), at=START - timedelta(hours=1))
    assert (await store.backlog("calabrio")).oldest == START
    await store.record([recorded(oldest, Delivered())])
    assert (await store.backlog("calabrio")).oldest == START + timedelta(hours=1)
    assert (await store.backlog("verint")).oldest is None


async def test_parking_stops_the_clock_of_giving_up(opened, clock):
    store = await opened()
    failed, late, untried = await owe(store, *(owed(f"e{n}", f"l{n}") for n in range(3)))
    due = START + timedelta(seconds=5)
    await store.record([recorded(failed, RetryAt(due))])
    parked_at = clock.forward(timedelta(hours=1))
    await store.mark("calabrio", DestinationMark(parked_since=parked_at))
    at = clock.forward(timedelta(hours=1))
    await store.record([recorded(late, RetryAt(due), at=at)])
    clock.forward(timedelta(hours=2))
    store = await opened()
    assert (await store.marks())["calabrio"] == DestinationMark(parked_since=parked_at)
    await store.mark("calabrio", DestinationMark())
    lanes = {each.lane: each.deliveries[0].first_failed_at for each in await claim(store)}
    assert lanes == {"l0": START + timedelta(hours=3), "l1": clock.at, "l2": None}
    assert untried.first_failed_at is None


async def test_a_pause_is_kept(opened):
    store = await opened()
    await store.mark("calabrio", DestinationMark(paused=True))
    assert (await (await opened()).marks())["calabrio"].paused


async def test_sequence_numbers_are_never_used_again(opened):
    store = await opened()
    (first,) = await owe(store, owed("e1"))
    await store.record([recorded(first, Delivered())])
    (second,) = await owe(await opened(), owed("e2"))
    assert second.seq > first.seq
