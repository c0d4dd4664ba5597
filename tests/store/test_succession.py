"""What a renamed destination leaves behind, moved or dropped, with every count exact."""

import asyncio
from datetime import timedelta

import pytest

from gateway.model.delivery import Dead, DeadReason, Delivered, Held
from gateway.ports import Adopted, Finished, Lane, Recorded, Selection
from gateway.store.sqlite import succession
from tests.store.engines import START, append_and_claim, owe, owed, routed

LATER = START + timedelta(minutes=1)


async def everything_owed(store):
    """Owe `old` a pending, a held and a dead delivery, and let it have told one."""
    names = ("told", "pending", "held", "dead")
    deliveries = {name: (await owe(store, owed(name, lane=name, to="old")))[0] for name in names}
    await store.record(
        [
            Recorded(deliveries["told"], Delivered(), START, "m 1", Lane({"at": 1}, b"digest")),
            Recorded(deliveries["held"], Held("unknown_agent"), START, "m 1"),
            Recorded(deliveries["dead"], Dead(DeadReason.PERMANENT, "no"), START, "m 1"),
        ]
    )
    return deliveries


async def counts(store, name):
    backlog = await store.backlog(name)
    letters = await store.dead_letters(Selection(name=name))
    return backlog.pending, backlog.held, len(letters)


async def test_all_that_one_has_is_the_others(opened):
    store = await opened()
    deliveries = await everything_owed(store)
    assert await store.left_behind() == {"old": 3 + 1}
    assert await store.adopt("old", "new", skip_superseded=True) == Adopted(2, 0, 1)
    assert (await counts(store, "old"), await counts(store, "new")) == ((0, 0, 0), (1, 1, 1))
    store = await opened()
    (lane,) = await store.claim("new", lanes=9, depth=9, busy=frozenset())
    assert [each.seq for each in lane.deliveries] == [deliveries["pending"].seq]
    states = await store.lane_states("new", ["told"])
    assert states["told"] == Lane({"at": 1}, None)
    assert await counts(store, "new") == (1, 1, 1)
    assert await store.left_behind() == {"new": 3 + 1}


@pytest.mark.parametrize("skips", [True, False])
async def test_what_a_newer_state_has_overtaken_is_not_told_after_it(store, skips):
    await owe(store, owed("old state", lane="ann", to="old"))
    (newer,) = await owe(store, owed("new state", lane="ann", to="new"), at=LATER)
    await store.record([Recorded(newer, Delivered(), LATER, "m 1", Lane())])
    adopted = await store.adopt("old", "new", skip_superseded=skips)
    assert adopted == (Adopted(0, 1, 0) if skips else Adopted(1, 0, 0))
    assert await counts(store, "new") == (0 if skips else 1, 0, 0)
    (past,) = await store.deliveries_of("old state")
    assert past.outcome == ("superseded" if skips else "pending")


async def test_more_than_one_step_and_again(store):
    claimed = await append_and_claim(store)
    events = tuple(routed(f"e{n}", owed(f"e{n}", lane=f"l{n}", to="old")) for n in range(4500))
    await store.finish([Finished(claimed, events)])
    assert await store.adopt("old", "new", skip_superseded=True) == Adopted(4500, 0, 0)
    assert await store.adopt("old", "new", skip_superseded=True) == Adopted(0, 0, 0)
    assert await counts(store, "new") == (4500, 0, 0)


async def test_what_is_dropped_has_its_outcome(store):
    await everything_owed(store)
    assert await store.disown("old") == 2
    assert await store.disown("old") == 0
    assert await counts(store, "old") == (0, 0, 1)
    assert await store.left_behind() == {"old": 1}
    (past,) = await store.deliveries_of("pending")
    assert (past.outcome, past.detail) == ("dropped", "discarded by an operator")
    assert (await store.sizes())["outcome:old:dropped"] == 2


async def test_what_a_lane_remembers_is_there_before_what_it_is_owed(store):
    claimed = await append_and_claim(store)
    events = tuple(routed(f"e{n}", owed(f"e{n}", lane=f"l{n % 9}", to="old")) for n in range(2100))
    deliveries = await store.finish([Finished(claimed, events)])
    told = Recorded(deliveries[0], Delivered(), START, "m 1", Lane({"at": 1}))
    await store.record([told])
    adopting = asyncio.ensure_future(store.adopt("old", "new", skip_superseded=True))
    while not (await counts(store, "new"))[0]:  # noqa: ASYNC110 - the store has its own thread
        await asyncio.sleep(0)
    assert (await store.lane_states("new", ["l0"]))["l0"].memory == {"at": 1}
    await adopting


async def test_what_only_a_mapping_remembers_is_left_behind_too(store):
    (told,) = await owe(store, owed("told", lane="ann", to="old"))
    await store.record([Recorded(told, Delivered(), START, "m 1", Lane({"at": 1}))])
    assert await store.left_behind() == {"old": 1}
    assert await store.adopt("old", "new", skip_superseded=True) == Adopted()
    assert await store.left_behind() == {"new": 1}


async def test_what_a_replay_told_the_old_name_the_new_one_was_told(store, monkeypatch):
    monkeypatch.setattr(succession, "STEP", 2)
    claimed = await append_and_claim(store)
    for number in range(5):
        several = [owed(f"e{number}", to=name) for name in ("old", "other")[number % 2 :]]
        await store.keep_revised(claimed, [routed(f"e{number}", *several)])
    both = [owed("e9", to=name) for name in ("old", "new")]
    await store.keep_revised(claimed, [routed("e9", *both)])
    await store.adopt("old", "new", skip_superseded=False)
    made = (await store.events_of_receipts([claimed]))[claimed.id]
    assert [sorted(each.told) for each in made] == [
        ["new", "other"],
        ["other"],
        ["new", "other"],
        ["other"],
        ["new", "other"],
        ["new"],
    ]
