"""Killed at every point where a step of the way may end, one after the other on one store.

Senders never stop meanwhile. Each start has the next point's bomb in it, and every bomb must go
off: a point that no call reaches any more is red here.
"""

import signal

import pytest

from tests.acceptance.rig.rig import Rig, sending
from tests.acceptance.rig.vendor import Mood

# Between two ends amid translation some receipts are finished: one that is under way at two
# ends is set aside, whatever was wrong.
INBOUND = (
    "translate:before:4",
    "finish:after:3",
    "translate:after:2",
    "finish:before:3",
    "append:before:5",
    "commit:before:9",
    "commit_append:late:3",
    "commit_append:late:7",
    "append:after:5",
    "commit:after:9",
    "append_finished:before:1",
    "append_finished:after:1",
)
OUTBOUND = (
    "offer:before:3",
    "offer:after:3",
    "send:before:7",
    "send:late:7",
    "send:after:7",
    "record:before:5",
    "record:after:5",
)
LOG = (
    "checkpoint:before:1",
    "checkpoint:after:1",
    "restart_log:before:1",
    "restart_log:after:1",
)
OPENING = (
    "migrate:before:1",
    "migrate:within:1",
    "migrate:within:3",
    "migrate:after:1",
    "recover:before:1",
    "recover:after:1",
)


async def go_off(rig, point, ask=None):
    """Start the gateway with the bomb, and wait until it has gone off."""
    rig.ledger.unclean_ends += 1
    await rig.gateway.start_with(point)
    if ask is not None:
        ask()
    before = rig.ledger.requests
    try:
        assert await rig.gateway.ended() == -signal.SIGKILL, point
    except TimeoutError:
        pytest.fail(f"{point} did not come in {rig.ledger.requests - before} requests")


@pytest.mark.parametrize("points", [INBOUND, OUTBOUND, LOG], ids=["inbound", "outbound", "log"])
async def test_an_end_at_any_step_loses_and_repeats_nothing(tmp_path, points):
    async with Rig(tmp_path, pause=0.02, starts=False) as rig, sending(rig):
        for point in points:
            await go_off(rig, point)
        await rig.gateway.start()


async def test_an_end_while_the_store_is_made_or_opened_leaves_it_usable(tmp_path):
    async with Rig(tmp_path, pause=0.02, starts=False) as rig, sending(rig):
        for point in OPENING:
            await go_off(rig, point)
        await rig.gateway.start()
        await rig.events.wait_for(20)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_end_while_ending_is_a_kill_like_any_other(tmp_path, when):
    async with Rig(tmp_path, pause=0.02, starts=False) as rig, sending(rig):
        await rig.gateway.start_with(f"close:{when}:1")
        await rig.events.wait_for(20)
        assert await rig.gateway.stop() == -signal.SIGKILL
        await rig.gateway.start()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_end_while_a_destination_is_parked_buries_nothing(tmp_path, when):
    async with Rig(tmp_path, pause=0.02, starts=False) as rig, sending(rig):
        rig.events.be(Mood.DENYING)
        await go_off(rig, f"mark:{when}:1")
        await rig.gateway.start()
        await rig.events.wait_for(len(rig.events.heard) + 1)
        rig.events.be(Mood.FINE)
        rig.gateway.hang_up()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_end_while_held_events_are_let_go_holds_none_back(tmp_path, when):
    async with Rig(tmp_path, pause=0.02, unmapped_every=3) as rig, sending(rig):
        await rig.events.wait_for(100)
        assert await rig.gateway.stop() == 0
        rig.unmapped_every = 0
        rig.write_roster()
        await go_off(rig, f"release:{when}:2")
        await rig.gateway.start()
