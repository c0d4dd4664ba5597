"""What a vendor that stamps on arrival is told of states that piled up: each agent's current one,
once, as soon as it is back; never an old one, never one that did not last.
"""

import random
from datetime import timedelta

import pytest

from gateway.engine.memory_lane import Limits
from gateway.settings import BatchSettings
from tests.standins.delivery import DOWN, OK, delivering, event, ids_in

AGENTS = [f"agent{number:03}" for number in range(200)]


async def everybody(bench, status):
    """Owe a state of each agent from now."""
    now = bench.clock.now()
    await bench.owe(*(event(f"{status}-{each}", each, at=now, status=status) for each in AGENTS))


@pytest.mark.parametrize(
    ("batch", "limits", "requests"),
    [
        (None, Limits(), 200),
        (BatchSettings(50, timedelta(milliseconds=250)), Limits(), 4),
        # What memory does not hold comes in turns, each of which may leave a batch half full.
        (BatchSettings(50, timedelta(milliseconds=250)), Limits(200, 300, 4, 50), 6),
    ],
)
async def test_back_after_an_hour_each_agent_has_its_current_state_in_one_pass(
    tmp_path, batch, limits, requests
):
    rest = {"batch": batch, "limits": limits, "draw": random.Random(7).random}
    stale = timedelta(minutes=15)
    async with delivering(tmp_path, stale_after=stale, options={"parts": True}, **rest) as bench:
        bench.wire.answer = lambda _request: DOWN
        for status in ("busy", "not_ready", "ready"):
            await everybody(bench, status)
            for _ in range(4):
                await bench.advance(minutes=5)
        bench.wire.answer = lambda _request: OK
        before = len(bench.wire.sent)
        for _ in range(100):
            await bench.advance(milliseconds=100)
        sent = bench.wire.sent[before:]
        told = [each for request in sent for each in ids_in(request)]
        assert sorted(told) == [f"ready-{each}" for each in AGENTS]
        assert len(sent) <= requests
        assert bench.counted("delivered") == len(AGENTS)
        assert (await bench.ledger.backlog("wfm")).pending == 0


async def test_the_latest_known_state_is_never_stale_and_older_ones_are(tmp_path):
    stale = timedelta(minutes=15)
    async with delivering(tmp_path, stale_after=stale, draw=lambda: 1.0) as bench:
        bench.wire.answer = lambda _request: DOWN
        first = await bench.state("anna", "ready")
        await bench.advance(minutes=16)
        second = await bench.state("anna", "busy")
        await bench.advance(hours=6)
        bench.wire.answer = lambda _request: OK
        await bench.advance(minutes=2)
        assert bench.ledger.outcomes(first)[-1] == "stale"
        assert bench.ledger.outcomes(second)[-1] == "delivered"
        assert bench.wire.told[-1] == second


async def test_a_state_that_did_not_last_is_never_told_and_what_came_back_is_unchanged(tmp_path):
    settle = timedelta(seconds=5)
    async with delivering(tmp_path, settle=settle, options={"parts": True}) as bench:
        ready = await bench.state("anna", "ready")
        await bench.advance(seconds=5)
        short = await bench.state("anna", "reserved")
        await bench.advance(seconds=4)
        again = await bench.state("anna", "ready")
        await bench.advance(seconds=6)
        assert bench.wire.told == [ready]
        assert bench.ledger.outcomes(short) == ["superseded"]
        assert bench.ledger.outcomes(again) == ["unchanged"]


async def test_what_does_not_collapse_does_not_settle_and_keeps_its_place(tmp_path):
    async with delivering(tmp_path, settle=timedelta(seconds=5)) as bench:
        login = await bench.contact("anna")
        await bench.quiet()
        assert bench.wire.told == [login]
        state = await bench.state("anna", "ready")
        behind = await bench.contact("anna")
        await bench.advance(seconds=4)
        assert bench.wire.told == [login]
        await bench.advance(seconds=1)
        assert bench.wire.told == [login, state, behind]


async def test_a_state_settles_through_a_restart(tmp_path):
    async with delivering(tmp_path, settle=timedelta(seconds=5)) as bench:
        state = await bench.state("anna", "ready")
        await bench.advance(seconds=3)
        await bench.destination.stop()
        bench.renew()
        async with bench.running():
            await bench.advance(seconds=1)
            assert bench.wire.told == []
            await bench.advance(seconds=1)
            assert bench.wire.told == [state]


async def test_a_state_that_a_newer_one_replaces_while_it_fails_is_not_told_again(tmp_path):
    """The newest wins also where the older one is being tried again at that moment."""
    async with delivering(tmp_path, stale_after=timedelta(minutes=15)) as bench:
        bench.wire.script(DOWN, OK)
        old = await bench.state("anna", "ready")
        await bench.quiet()
        new = await bench.state("anna", "busy")
        await bench.advance(seconds=5)
        assert bench.wire.told == [old, new]
        assert bench.ledger.outcomes(old)[-1] == "superseded"


async def test_where_the_vendor_keeps_our_times_none_is_skipped_after_an_outage(tmp_path):
    async with delivering(tmp_path, superseded="send", draw=lambda: 0.1) as bench:
        bench.wire.answer = lambda _request: DOWN
        owed = [await bench.state("anna", status) for status in ("ready", "busy", "not_ready")]
        await bench.advance(hours=1)
        bench.wire.answer = lambda _request: OK
        for _ in range(20):
            await bench.advance(seconds=10)
        assert list(dict.fromkeys(bench.wire.told)) == owed
        assert [bench.ledger.outcomes(each)[-1] for each in owed] == ["delivered"] * 3
