"""What goes, and who is refused, before anything grows without bound."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.engine import budgets as looking
from gateway.engine.budgets import Budgets, reserve_of
from gateway.model.delivery import Dead, DeadReason, Held
from gateway.model.errors import StoreUnavailableError
from gateway.ports import Quarantined, Recorded, RecordKey, Selection
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics
from tests.operations.bench import destination
from tests.operations.bench import settings as settings_at
from tests.store.engines import START, Clock, owe, owed, receipt

MINUTE = timedelta(minutes=1)


class Worker:
    def __init__(self, *lanes):
        self.lanes_in_memory = frozenset(lanes)


@pytest.fixture
async def looked(tmp_path: Path):
    """Return the store, its budgets, and how to set them."""
    clock = Clock()
    store = open_store(tmp_path / "gateway.db", now=clock)
    held = {"settings": settings_at(tmp_path / "gateway.db"), "workers": {}}

    def change(**keys):
        of_store = {key: value for key, value in keys.items() if key != "max_backlog"}
        settings = held["settings"]
        settings = replace(settings, store=replace(settings.store, **of_store))
        wfm = replace(destination("wfm"), max_backlog=keys.get("max_backlog", 10**6))
        held["settings"] = replace(settings, destinations={"wfm": wfm})

    change()
    budgets = Budgets(
        store,
        settings=lambda: held["settings"],
        destinations=held["workers"],
        metrics=Metrics(),
        now=clock,
    )
    yield store, budgets, change, held["workers"]
    await store.close()


async def pile_up(store, agents, states, **more):
    """Owe each agent so many states, a minute apart."""
    for number in range(states):
        names = [owed(f"{agent}-{number}", lane=agent, to="wfm", **more) for agent in agents]
        await owe(store, *names, at=START + number * MINUTE)


async def pending(store):
    lanes = await store.claim("wfm", lanes=99, depth=99, busy=frozenset())
    return {lane.lane: [each.event_id for each in lane.deliveries] for lane in lanes}


async def test_what_waits_only_in_the_store_collapses_to_the_newest(looked):
    store, budgets, change, _ = looked
    await pile_up(store, ("ann", "ben"), 5)
    change(max_backlog=4)
    await budgets.look()
    assert await pending(store) == {"ann": ["ann-4"], "ben": ["ben-4"]}
    assert (await store.backlog("wfm")).pending == 2
    assert (await store.sizes())["outcome:wfm:superseded"] == 8
    assert await store.check() == []


async def test_what_may_not_collapse_goes_from_the_oldest_on(looked):
    store, budgets, change, _ = looked
    await pile_up(store, ("ann", "ben"), 5, collapses=False)
    change(max_backlog=4)
    await budgets.look()
    assert await pending(store) == {"ann": ["ann-3", "ann-4"], "ben": ["ben-3", "ben-4"]}
    letters = await store.dead_letters(Selection(name="wfm", reason="overflow"))
    assert {each.event_id for each in letters} == {
        f"{a}-{n}" for a in ("ann", "ben") for n in range(3)
    }
    assert await store.check() == []


async def test_how_an_agent_stands_goes_last(looked):
    store, budgets, change, _ = looked
    await pile_up(store, ("ann", "ben"), 2)
    await pile_up(store, ("cat", "dan"), 3, collapses=False)
    change(max_backlog=4)
    await budgets.look()
    assert await pending(store) == {
        "ann": ["ann-1"],
        "ben": ["ben-1"],
        "cat": ["cat-2"],
        "dan": ["dan-2"],
    }


async def test_a_round_looks_at_so_many_and_the_next_goes_on(looked, monkeypatch):
    monkeypatch.setattr(looking, "STEP", 3)
    monkeypatch.setattr(looking, "MOST_STEPS", 2)
    store, budgets, change, _ = looked
    await pile_up(store, ("ann", "ben"), 4, collapses=False)
    await pile_up(store, ("cat",), 4)
    change(max_backlog=8)
    await budgets.look()  # as far as ben
    assert (await store.backlog("wfm")).pending == 12
    await budgets.look()
    assert (await pending(store))["cat"] == ["cat-3"]
    assert (await store.sizes()).get("dead_letters", 0) == 0
    await budgets.look()  # nothing is left that could collapse
    assert (await store.sizes())["dead_letters"] == 1


async def test_a_lane_that_its_worker_has_is_left_to_it(looked):
    store, budgets, change, workers = looked
    await pile_up(store, ("ann", "ben"), 5)
    change(max_backlog=1)
    workers["wfm"] = Worker("ann")
    await budgets.look()
    assert {lane: len(rest) for lane, rest in (await pending(store)).items()} == {
        "ann": 5,
        "ben": 1,
    }


async def test_within_its_budget_nothing_goes(looked):
    store, budgets, change, _ = looked
    await pile_up(store, ("ann",), 5)
    change(max_backlog=5)
    await budgets.look()
    assert len((await pending(store))["ann"]) == 5


async def test_what_is_kept_for_a_decision_goes_from_the_oldest_on(looked):
    store, budgets, change, _ = looked
    for number in range(6):
        await store.quarantine(receipt(b"%d" % number), Quarantined("content", "no"))
    dead = await owe(store, *(owed(f"d{n}", lane=f"l{n}", to="wfm") for n in range(6)))
    held = await owe(store, *(owed(f"h{n}", lane=f"h{n}", to="wfm") for n in range(6)))
    gone = Dead(DeadReason.PERMANENT, "no")
    await store.record([Recorded(each, gone, START, "m 1") for each in dead])
    await store.record([Recorded(each, Held("unknown_agent"), START, "m 1") for each in held])
    change(max_quarantine=2, max_dead_letters=3, max_held=4)
    await budgets.look()
    sizes = await store.sizes()
    assert (sizes["quarantine"], sizes["dead_letters:wfm"]) == (2, 3)
    assert (await store.backlog("wfm")).held == 4
    assert (await store.sizes())["outcome:wfm:dropped"] == 2
    entries = await store.quarantine_entries(Selection())
    assert [each.body for each in entries] == [b"5", b"4"]
    assert await store.check() == []


async def test_a_full_budget_refuses_requests_and_nothing_else(looked, monkeypatch):
    store, budgets, change, _ = looked
    monkeypatch.setattr(looking, "SMALLEST_RESERVE", 64 * 1024)
    deliveries = await owe(store, *(owed(f"e{n}", lane=f"l{n}", to="wfm") for n in range(200)))
    full = await store.disk_bytes()
    change(max_disk=full)
    await budgets.look()
    with pytest.raises(StoreUnavailableError, match="max_disk"):
        await store.append(receipt(), [RecordKey(0, None)])
    with pytest.raises(StoreUnavailableError, match="max_disk"):
        await store.quarantine(receipt(), Quarantined("content", "no"))
    await store.record([Recorded(each, Held("x"), START, "m 1") for each in deliveries[:3]])
    change(max_disk=4 * full)
    await budgets.look()
    assert (await store.append(receipt(), [RecordKey(0, None)])).receipt_id


async def test_what_may_collapse_does_before_anybody_is_refused(looked, monkeypatch):
    store, budgets, change, _ = looked
    monkeypatch.setattr(looking, "SMALLEST_RESERVE", 64 * 1024)
    await pile_up(store, ("ann",), 30)
    change(max_disk=await store.disk_bytes())
    await budgets.look()
    assert await pending(store) == {"ann": ["ann-29"]}


def test_the_reserve_is_a_tenth_within_bounds():
    assert reserve_of(8 * 2**20) == 2**20
    assert reserve_of(100 * 2**20) == 10 * 2**20
    assert reserve_of(100 * 2**30) == 2**30
