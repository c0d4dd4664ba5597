"""Every vendor's stand-in through logins, states, an outage, a restart and a snapshot."""

import asyncio
import itertools
from random import Random

import pytest

from gateway.mapping.registry import installed
from tests.acceptance.process import Gateway
from tests.acceptance.rig.centre import Agent, career
from tests.acceptance.rig.ledger import Ledger
from tests.acceptance.rig.rig import STATUSES
from tests.acceptance.rig.sender import Sender
from tests.acceptance.vendor_rows import Words, code, joined, states_of, takes_snapshots
from tests.standins.door import Mood

PEOPLE = [Agent("flex" if number % 2 else "engage", number) for number in range(1, 7)]
SEED = 170
"""One with which the day ends with everybody in another state, and one logged out."""

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
agents: {{files: [agents.csv]}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {{{statuses}}}}}
  engage: {{type: ringcentral, auth: {{type: none}}, statuses: {{{statuses}}}}}
destinations: {destinations}
"""


class Day:
    """What the people do, through a real gateway to a row's vendor."""

    def __init__(self, folder, row, vendor):
        rows = [f"{each.source},{each.id},{each.wfm_id}" for each in PEOPLE]
        (folder / "agents.csv").write_text("\n".join(["source,agent_id,wfm_id", *rows, ""]))
        config = CONFIG.format(statuses=STATUSES, destinations=Words(row).yaml(vendor))
        self.row, self.vendor = row, vendor
        self.gateway = Gateway(folder, config)
        self.ledger = Ledger()
        self.sender = Sender(lambda: self.gateway.url, self.ledger, Random(1))
        self.careers = [career(each, Random(each.number * 1000 + SEED)) for each in PEOPLE]

    async def goes_on(self, moments):
        """Let everybody do so many things, each told until it is acknowledged."""
        await self.sender.send_all(self.careers, moments)

    @property
    def facts(self):
        return {each.wfm_id: states_of(self.ledger.facts[each.subject]) for each in PEOPLE}

    async def is_right(self):
        """Wait for calm; then the vendor's picture is the truth, and nothing was amiss."""
        await self.gateway.calm()
        assert self.row.shown(self.vendor) == {
            person: self.row.code(facts[-1]) for person, facts in self.facts.items()
        }
        assert self.vendor.refused == []
        assert list(self.row.odd(self.vendor)) == []

    def has_every_state(self):
        """Whether a vendor that keeps our times has all of them."""
        return self.row.told(self.vendor) == {
            person: [(each.unix, self.row.code(each)) for each in facts if self.row.code(each)]
            for person, facts in self.facts.items()
        }

    async def is_killed_at_work(self):
        """Kill it while requests are under way that the vendor takes and that time out."""
        self.vendor.be(Mood.LATE)
        known = len(self.vendor.answered)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.goes_on(2))
            await self.vendor.wait_until(lambda: len(self.vendor.answered) >= known + 2)
            await self.gateway.kill()
            self.vendor.be(Mood.FINE)
            await self.gateway.start()

    async def rides_out_an_outage(self, bring, end):
        await bring()
        await self.goes_on(2)
        await self.gateway.until(lambda: self.gateway.told_of("wfm", "circuit"), wanted="open")
        await self.gateway.kill()
        await self.gateway.start()
        await self.goes_on(1)
        await end()


@pytest.mark.parametrize("row", joined(), ids=lambda row: row.name)
async def test_the_picture_of_every_agent_is_right_whatever_happens(row, tmp_path):
    async with row.opens(PEOPLE) as vendor:
        day = Day(tmp_path, row, vendor)
        async with day.gateway as gateway:
            await day.goes_on(3)
            await day.is_right()
            await day.is_killed_at_work()
            await day.is_right()
            await day.rides_out_an_outage(vendor.close, vendor.open)
            await day.is_right()
            assert len({code(facts[-1]) for facts in day.facts.values()}) == len(PEOPLE)
            if row.told is not None:
                assert day.has_every_state()
            if takes_snapshots(row):
                await _is_right_by_a_snapshot(day)
            assert await gateway.count("dead-letters") == 0
            assert await gateway.stop() == 0


def test_every_destination_mapping_has_a_row():
    without = {"cloudevents"}  # whoever takes the events as they are has no vendor behind it
    assert {row.mapping for row in joined()} == set(installed().destinations) - without


async def _is_right_by_a_snapshot(day):
    ghost = day.row.plants(day.vendor)
    assert day.row.shown(day.vendor)[ghost] is not None
    before = len(day.vendor.snapshots)
    code_of_exit, out, problem = await day.gateway.run("resync", "wfm")
    assert (code_of_exit, "delivered" in out) == (0, True), problem
    assert len(day.vendor.snapshots) == before + 1
    shown = day.row.shown(day.vendor)
    assert shown.pop(ghost) is None
    assert shown == {person: day.row.code(facts[-1]) for person, facts in day.facts.items()}
    assert list(itertools.chain(day.vendor.refused, day.row.odd(day.vendor))) == []
