"""What a vendor's table of codes does not name is reported with the line that names it."""

import json

from ruamel.yaml import YAML

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.calabrio import CalabrioStandIn
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {{Lunch: not_ready}}}}
destinations:
  events: {{mapping: cloudevents, url: '{events}'}}
  calabrio:
    mapping: calabrio_rta_json
    url: '{calabrio}'
    options:
      authentication_key: made-up
      source_id: '1'
      states: {{ready: Ready, "*": AUX}}
"""
LINE = 'destinations.calabrio.options.states: {"not_ready:Lunch": "AUX"}'


def reports(gateway):
    lines = [json.loads(line) for line in gateway.output if '"state.unmapped"' in line]
    return [(each["level"], each["destination"], each["add"]) for each in lines]


def added(config, line):
    """Do what the line says."""
    path, _, table = line.partition(": ")
    there = config = YAML(typ="safe").load(config)
    for step in path.split("."):
        there = there[step]
    there |= YAML(typ="safe").load(table)
    return json.dumps(config)


async def test_a_state_without_a_code_is_reported_until_its_line_is_added(tmp_path):
    async with CalabrioStandIn(key="made-up", sources={"1"}) as calabrio, WfmStandIn() as events:
        config = CONFIG.format(calabrio=calabrio.url, events=events.url)
        async with Gateway(tmp_path, config) as gateway:
            for agent in (1, 2):
                for number, name in enumerate(("Available", "Lunch", "Lunch ")):
                    await gateway.post("flex", envelope(record(agent, number, name=name)))
            await gateway.calm()
            assert set(calabrio.states.values()) == {"AUX"}
            assert reports(gateway) == [("warning", "calabrio", LINE)]
            _, rows = await gateway.get_admin("/api/v1/states?unmapped=true")
            assert [(each["destination"], each["told_as"]) for each in rows] == [
                ("calabrio", "AUX")
            ]
            assert [each["line"] for each in rows] == [LINE]
            assert 'gateway_uncoded_states{destination="calabrio"} 1.0' in await gateway.metrics()
            assert 'gateway_uncoded_states{destination="events"} 0.0' in await gateway.metrics()
            assert await gateway.stop() == 0
            code, shown, _ = await gateway.run("states", "--unmapped")
            assert (code, LINE in shown) == (0, True)
            gateway.config_path.write_text(added(config, LINE))
            await gateway.start()
            await gateway.post("flex", envelope(record(3, 1)))
            await gateway.calm()
            assert len(reports(gateway)) == 1
            assert await gateway.get_admin("/api/v1/states?unmapped=true") == (200, [])
            assert 'gateway_uncoded_states{destination="calabrio"} 0.0' in await gateway.metrics()
