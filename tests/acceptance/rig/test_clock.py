"""The machine's clock steps, and the clocks of a source are put forward and back."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest

from tests.acceptance.rig.centre import Agent, career
from tests.acceptance.rig.rig import Rig
from tests.acceptance.rig.vendor import Mood

SOON = 15


@pytest.mark.parametrize("step", [3600, -3600], ids=["forward", "back"])
async def test_a_step_of_an_hour_holds_nothing_up(tmp_path, step):
    async with Rig(tmp_path) as rig:
        await fail(rig)
        rig.wrong_by(step)
        rig.be(Mood.FINE)
        await rig.send(5)
        await rig.calm(SOON)
        await fail(rig)
        await rig.gateway.kill()
        rig.wrong_by(2 * step)
        rig.be(Mood.FINE)
        await rig.gateway.start()
        await rig.calm(SOON)
        verdict = await rig.balance()
    assert verdict.violations == []


async def fail(rig):
    """Leave agents waiting, and the vendors down."""
    await rig.send(5)
    rig.be(Mood.FAILING)
    await rig.send(5)
    await rig.events.wait_for(len(rig.events.heard) + 10)


CHANGES = {
    "spring": datetime(2026, 3, 8, 7, 0, tzinfo=UTC),
    "autumn": datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
}


def moment_of(said):
    return datetime.fromisoformat(said.facts[0].time)


@pytest.mark.parametrize("change", CHANGES)
async def test_states_stay_in_order_through_a_change_of_daylight_saving(tmp_path, change):
    """The hour that comes twice in autumn, and the one that does not come in spring."""
    begin = CHANGES[change] - timedelta(hours=2)
    async with Rig(tmp_path, agents=3, starts=False) as rig:
        rig.be_at(begin)
        await rig.gateway.start()
        told = [
            said
            for number in (1, 2)
            for said in islice(
                career(Agent("engage", number), Random(number), begin, (60, 400)), 60
            )
            if said.facts
        ]
        told.sort(key=moment_of)
        assert moment_of(told[-1]) > CHANGES[change] + timedelta(hours=1)
        for said in told:
            rig.be_at(moment_of(said) + timedelta(seconds=1))
            await rig.sender.send([said])
        verdict = await rig.balance()
    assert verdict.violations == []
    assert verdict.balance["events"]["delivered"] == verdict.facts > 100
