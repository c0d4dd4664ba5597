"""Who the agents are to the vendors, through the real process."""

import json

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
agents: {{{agents}}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
  engage: {{type: ringcentral, auth: {{type: none}}, timezone: UTC}}
  tasks: {{type: taskrouter, auth: {{type: none}}, agents_of: flex}}
destinations:
  wfm: {{mapping: cloudevents, url: '{url}', identify_by: [wfm_id]}}
"""
ROSTER = f"source,agent_id,wfm_id\nflex,WK{1:032x},2001\nengage,861,2001\n"


def change(second, state, before):
    return json.dumps(
        {
            "agent_id": "861",
            "agent_login_id": "17",
            "account_id": "15300002",
            "date_time": f"2026-03-02 09:00:{second:02}",
            "event_type": state,
            "prev_state": before,
        }
    ).encode()


def told(wfm):
    events = [json.loads(each.body) for each in wfm.received]
    return [
        (each["subject"].partition(":")[0], each["type"][10:-3], each["data"]["status"])
        for each in events
    ]


async def conflicts(gateway):
    _, ready = await gateway.get_admin("/readyz")
    alarms = [each["subject"] for each in ready["alarms"] if each["alarm"] == "identity_conflict"]
    code, out, _ = await gateway.run("--json", "agents")
    assert code == 0
    return alarms, [each["key"] for each in json.loads(out) if each["conflict"]]


async def test_one_person_on_two_platforms_is_told_of_by_the_first(tmp_path):
    (tmp_path / "agents.csv").write_text(ROSTER)
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, agents="files: [agents.csv]")
        async with Gateway(tmp_path, config) as gateway:
            await gateway.post("flex", envelope(record(1, 0, name="Available")))
            await wfm.wait_for(2)
            await gateway.post("engage", change(1, "AVAILABLE", "LOGIN"))
            await gateway.post("engage", change(2, "LUNCH", "AVAILABLE"))
            await gateway.until(lambda: conflicts(gateway), wanted=(["engage:861"],) * 2)
            await gateway.kill()
            await gateway.start()
            await gateway.until(lambda: conflicts(gateway), wanted=(["engage:861"],) * 2)
            assert await gateway.told_of("wfm", "held") == 3
            await gateway.post("flex", envelope(record(1, 3, name="Offline")))
            await wfm.wait_for(6)
            await gateway.until(lambda: conflicts(gateway), wanted=([], []))
            assert await gateway.stop() == 0
    assert told(wfm) == [
        ("flex", "login", "ready"),
        ("flex", "state", "ready"),
        ("flex", "state", "logged_out"),
        ("flex", "logout", "logged_out"),
        ("engage", "login", "ready"),
        ("engage", "state", "not_ready"),
    ]


async def test_what_a_worker_s_attributes_tell_is_the_wfm_id_with_history(tmp_path):
    def worker(second, number, activity, kind="activity.update"):
        return json.dumps(
            {
                "specversion": "1.0",
                "id": f"EZ{number}{second}",
                "source": "/made/up",
                "type": f"com.twilio.taskrouter.worker.{kind}",
                "data": {
                    "payload": {
                        "sid": f"EV{number}{second}",
                        "worker_sid": f"WK{number:032x}",
                        "worker_activity_name": activity,
                        "worker_attributes": json.dumps({"agent_id": "77"}),
                        "timestamp": f"2026-03-02T09:00:{second:02}.000Z",
                        "account_sid": "AC1",
                        "workspace_sid": "WS1",
                    }
                },
            }
        ).encode()

    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, agents="wfm_id_from: [external_id], unmapped: hold")
        async with Gateway(tmp_path, config) as gateway:
            await gateway.post("flex", envelope(record(1, 0, name="Available")))
            await gateway.until(lambda: gateway.told_of("wfm", "held"), wanted=2)
            await gateway.post("tasks", worker(1, 1, "Available", "attributes.update"))
            await wfm.wait_for(3)
            await gateway.post("flex", envelope(record(1, 2, name="Offline")))
            await wfm.wait_for(5)
            await gateway.post("tasks", worker(5, 2, "Available"))
            await wfm.wait_for(7)
            code, out, err = await gateway.run("--json", "explain", "77")
            assert (code, json.loads(out)["agent"]) == (0, f"flex:WK{2:032x}"), err
            assert await gateway.stop() == 0
    events = [json.loads(each.body)["data"]["agent"] for each in wfm.received]
    assert {each["wfm_id"] for each in events} == {"77"}
    assert [each["id"][-1] for each in events] == ["1"] * 5 + ["2"] * 2
