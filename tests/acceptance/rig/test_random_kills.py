"""Killed at any moment, while senders post and vendors misbehave: nothing acknowledged is lost."""

import asyncio
from random import Random

from tests.acceptance.rig.faults import kill_at_any_moment
from tests.acceptance.rig.rig import Rig
from tests.acceptance.rig.weather import changeable

KILLS = 3
REQUESTS = 40
SEED = 7


async def kill_now_and_then(rig, kills):
    for _ in range(kills):
        await rig.events.wait_for(len(rig.events.heard) + rig.dice.randrange(20, 120))
        await kill_at_any_moment(rig, rig.dice)


async def test_what_was_acknowledged_survives_kills_at_any_moment(tmp_path):
    async with Rig(tmp_path, seed=SEED, agents=20) as rig:
        for vendor in (rig.events, rig.codes):
            vendor.mood_of = changeable(vendor, Random(SEED))
        async with asyncio.TaskGroup() as group:
            group.create_task(rig.send(REQUESTS))
            group.create_task(kill_now_and_then(rig, KILLS))
        verdict = await rig.balance()
    assert verdict.violations == []
    assert verdict.balance["events"]["delivered"] > 20 * REQUESTS / 2
