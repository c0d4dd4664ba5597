"""A start with an hour owed to a vendor that stamps on arrival: the present states in one pass."""

import asyncio
import math
from datetime import timedelta

import pytest

from gateway.engine.memory_lane import Limits
from gateway.settings import BatchSettings
from tests.standins.delivery import Bench, destination_settings, event

AGENTS = [f"agent{number:03}" for number in range(120)]
STATES = 20
SMALL = Limits(lanes=60, deliveries=100, depth=4, idle=50)
"""Much less than is owed: the backlog is in the store."""


def pictures(number, at):
    return [event(f"{each}/{number}", each, at=at, status=f"{number}") for each in AGENTS]


def newest_of_all():
    return [f"{each}/{STATES - 1}" for each in AGENTS]


def batch_of(several):
    return BatchSettings(several, timedelta(milliseconds=250)) if several > 1 else None


async def calm(bench):
    """Let the clock go on until nothing is owed."""
    for _ in range(400):
        if (await bench.ledger.backlog("wfm")).pending == 0:
            return
        await bench.advance(milliseconds=100)
    raise AssertionError


@pytest.mark.parametrize(
    ("limits", "several"),
    [(Limits(), 1), (SMALL, 1), (Limits(), 10)],
    ids=["one by one", "one by one from the store", "in batches"],
)
async def test_a_start_with_an_hour_owed_tells_each_present_state_and_nothing_else(
    tmp_path, limits, several
):
    settings = destination_settings(batch=batch_of(several))
    bench = Bench(tmp_path / "store.db", settings=settings, limits=limits)
    for number in range(STATES):
        await bench.owe(*pictures(number, bench.clock.now()), offer=False)
    async with bench.running():
        await calm(bench)
    told = bench.wire.told
    await bench.ledger.close()
    assert sorted(told) == newest_of_all()
    assert len(bench.wire.sent) == math.ceil(len(AGENTS) / several)


async def test_a_batch_waits_for_those_that_are_still_being_read(tmp_path):
    settings = destination_settings(batch=batch_of(10))
    bench = Bench(tmp_path / "store.db", settings=settings, limits=SMALL)
    await bench.owe(*pictures(STATES - 1, bench.clock.now()), offer=False)

    async def claim(*what, **more):
        has_read = asyncio.Event()
        bench.clock.call_at(bench.clock.now() + timedelta(milliseconds=300), has_read.set)
        await has_read.wait()
        return await bench.ledger.store.claim(*what, **more)

    bench.ledger.claim = claim
    async with bench.running():
        await calm(bench)
    told = bench.wire.told
    await bench.ledger.close()
    assert sorted(told) == newest_of_all()
    assert len(bench.wire.sent) == len(AGENTS) / 10
