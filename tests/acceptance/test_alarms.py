"""Alarms through the real process: told to a vendor, shown in `/readyz`, once each."""

import json

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, expect_every: 500ms}}
destinations:
  pager:
    mapping: http_json
    url: '{pager}'
    events: [gateway.alert]
    options: {{body: {{what: "{{data.alarm}} {{data.state}}", who: "{{data.about.source}}",
                       where: "{{data.runbook}}"}}}}
  wfm: {{mapping: cloudevents, url: '{wfm}', events: [gateway.alert]}}
  states: {{mapping: cloudevents, url: '{states}', events: [agent.state]}}
"""
RAISED = {
    "what": "source_silent raised",
    "who": "flex",
    "where": "docs/runbook.md#source-silent",
}


async def alarms(gateway):
    _, ready = await gateway.get_admin("/readyz")
    return sorted(f"{each['alarm']} {each['subject']}" for each in ready["alarms"])


async def alarms_and_status(gateway):
    status, _ = await gateway.get_admin("/readyz")
    return status, await alarms(gateway)


async def shown_everywhere(gateway):
    both = ["destination_parked states", "source_silent flex"]
    assert await alarms_and_status(gateway) == (200, both)
    assert 'gateway_alarm{alarm="source_silent",subject="flex"} 1.0' in (await gateway.metrics())
    code, out, _ = await gateway.run("--json", "alarms")
    assert (code, len(json.loads(out))) == (0, 2)
    code, out, _ = await gateway.run("--json", "sources", "list")
    assert json.loads(out)[0]["alarms"] == ["source_silent"]


async def test_an_alarm_is_told_once_over_a_restart_and_cleared(tmp_path):
    async with WfmStandIn() as pager, WfmStandIn() as wfm, WfmStandIn() as states:
        states.answer(401)
        config = CONFIG.format(pager=pager.url, wfm=wfm.url, states=states.url)
        async with Gateway(tmp_path, config) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await pager.wait_for(2)
            told = [json.loads(each.body) for each in pager.received]
            assert RAISED in told
            assert {each["what"] for each in told} == {
                "source_silent raised",
                "destination_parked raised",
            }
            await shown_everywhere(gateway)
            await gateway.kill()
            states.answer(200)
            await gateway.start()
            await gateway.post("flex", envelope(record(1, 1, name="Offline")))
            await gateway.until(lambda: alarms(gateway), wanted=[])
            await pager.wait_for(4)
            await wfm.wait_for(4)
            assert await gateway.stop() == 0
    lines = [json.loads(each) for each in gateway.output if each.startswith("{")]
    logged = [each for each in lines if each["event"] in {"alarm.raised", "alarm.cleared"}]
    assert len(logged) == 4
    whats = [json.loads(each.body)["what"] for each in pager.received]
    assert sorted(whats) == [
        "destination_parked cleared",
        "destination_parked raised",
        "source_silent cleared",
        "source_silent raised",
    ]
    events = [json.loads(each.body) for each in wfm.received]
    assert {each["type"] for each in events} == {"wfm.gateway.alert.v1"}
    assert {each["source"] for each in events} == {"/sources/flex", "/gateway"}
    assert len({each["id"] for each in events}) == len(events) == 4
