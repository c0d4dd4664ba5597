"""Who is on the floor, from what was heard and what the store knew at the start."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.engine.floor import READ_AT_ONCE, Floor
from gateway.model.agent import Identity, Snapshot, Status
from gateway.pipeline.track import KnownAgent
from gateway.ports import Finished
from gateway.store.sqlite import open_store
from tests.store.engines import START, append_and_claim

LATER = START + timedelta(hours=1)
READY = KnownAgent(Identity("7", "acme"), now=Snapshot(Status.READY), logged_in=True, mark=START)
GONE = replace(READY, now=Snapshot(Status.LOGGED_OUT), logged_in=False)
WRAPPING = replace(READY, now=Snapshot(Status.AFTER_CALL_WORK, since=START))


@pytest.fixture
async def store(tmp_path):
    store = open_store(tmp_path / "gateway.db", now=lambda: START)
    yield store
    await store.close()


async def know(store, agents):
    claimed = await append_and_claim(store)
    known = {key: agent.to_json() for key, agent in agents.items()}
    await store.finish([Finished(claimed, agents=known)])


async def test_what_was_heard_is_newer_than_what_the_store_said(store):
    await know(store, {"flex:1": WRAPPING, "flex:2": READY})
    floor = Floor()
    floor.heard([("flex:1", GONE)], LATER)
    assert not floor.is_complete("flex")
    await floor.complete("flex", store, LATER)
    assert floor.is_complete("flex")
    assert floor.longest_unheard("flex", 9) == (("flex:2", START),)
    assert floor.longest_wrapping("flex", 9) == ()


async def test_every_agent_of_the_source_is_read_and_no_other(store):
    several = READ_AT_ONCE + 1
    others = {"fle:1": READY, "flex-2:1": READY, "flex2:1": READY, "zeta:1": READY}
    await know(store, others | {f"flex:{each:04}": READY for each in range(several)})
    floor = Floor()
    await floor.complete("flex", store, LATER)
    assert floor.live("flex") == several
    assert floor.live("flex2") == 0


async def test_who_was_not_heard_for_longest_comes_first(store):
    unknown = replace(READY, mark=None)
    await know(store, {"flex:1": unknown, "flex:2": READY})
    floor = Floor()
    await floor.complete("flex", store, LATER)
    assert floor.longest_unheard("flex", 9) == (("flex:2", START), ("flex:1", LATER))
    floor.heard([("flex:2", WRAPPING)], LATER + timedelta(minutes=1))
    assert [key for key, _ in floor.longest_unheard("flex", 9)] == ["flex:1", "flex:2"]
    assert floor.longest_unheard("flex", 1) == (("flex:1", LATER),)
    assert floor.longest_wrapping("flex", 9) == (("flex:2", START),)
    floor.heard([("flex:2", GONE)], LATER)
    assert floor.live("flex") == 1


async def test_half_a_character_in_a_key_is_the_same_agent_after_a_restart(store):
    await know(store, {"flex:\ud800": READY})
    floor = Floor()
    await floor.complete("flex", store, START)
    floor.heard([("flex:\ud800", READY)], LATER)
    assert floor.longest_unheard("flex", 9) == (("flex:?", LATER),)
