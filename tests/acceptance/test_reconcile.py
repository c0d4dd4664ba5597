"""The platform asked how everybody stands, through the real process."""

import json
from datetime import UTC, datetime, timedelta

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.taskrouter_api import ACCOUNT, TaskRouterApi
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
agents: {{{agents}}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
  tasks:
    type: taskrouter
    auth: {{type: none}}
    agents_of: flex
    states: {states}
    api: {api}
    reconcile: {{rate_limit: 1000/s}}
destinations:
  wfm: {{mapping: cloudevents, url: '{url}', events: [agent.state], superseded: send}}
"""
NOW = datetime.now(UTC)


def ago(**since):
    return NOW - timedelta(**since)


def shown(wfm):
    """Return how each agent stands by what the vendor was told last."""
    found = {}
    for each in wfm.received:
        event = json.loads(each.body)
        found[event["subject"]] = event["data"]["status"]
    return {subject[-1]: status for subject, status in sorted(found.items())}


async def reconciled(gateway, name="tasks"):
    code, out, _ = await gateway.run("--json", "sources", "list")
    assert code == 0
    found = next(each for each in json.loads(out) if each["name"] == name)
    return found["reconciled_at"] is not None


async def settled(gateway):
    await gateway.until(lambda: reconciled(gateway), wanted=True)
    await gateway.until(gateway.untranslated, wanted=0)
    await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)


def floor(api):
    api.put(1, "Available", ago(hours=2))
    api.put(2, "Lunch", ago(hours=2))
    api.put(3, "Offline", ago(hours=9))
    api.reserve(api.put(4, "Available", ago(hours=2)), 1, "accepted", ago(minutes=90))
    api.reserve(api.put(5, "Available", ago(hours=2)), 2, "completed", ago(minutes=80))


async def test_after_an_hour_away_everybody_is_right_within_one_reconcile(tmp_path):
    async with WfmStandIn() as wfm, TaskRouterApi() as api:
        floor(api)
        config = CONFIG.format(url=wfm.url, api=api.option, states="primary", agents="")
        async with Gateway(tmp_path, config) as gateway:
            await settled(gateway)
            first = {"1": "ready", "2": "not_ready", "3": "logged_out", "4": "busy", "5": "ready"}
            assert shown(wfm) == first
            told = [json.loads(each.body)["data"] for each in wfm.received]
            assert {(each["inferred"], each["basis"]) for each in told} == {(True, "snapshot")}
            busy = next(each for each in told if each["status"] == "busy")
            (held,) = busy["contacts"]
            assert (held["channel"], held["direction"]) == ("voice", "inbound")
            assert held["queue"]["name"] == "Support"

            await gateway.kill()
            api.put(1, "Offline", ago(minutes=50))
            api.reserve(api.put(2, "Available", ago(minutes=40)), 3, "wrapping", ago(minutes=5))
            api.reserve(api.put(3, "Available", ago(minutes=30)), 4, "pending", ago(minutes=1))
            api.put(4, "Offline", ago(minutes=20))
            api.put(6, "Break", ago(minutes=10))
            await gateway.start()
            await settled(gateway)
            assert shown(wfm) == {
                "1": "logged_out",
                "2": "after_call_work",
                "3": "reserved",
                "4": "logged_out",
                "5": "ready",
                "6": "not_ready",
            }
            before = len(wfm.received)
            code, out, err = await gateway.run("--json", "reconcile", "tasks")
            assert (code, json.loads(out)["failed"]) == (0, 0), err
            await settled(gateway)
            assert len(wfm.received) == before
            assert await gateway.stop() == 0
    everything = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    assert b"hush" not in everything


async def test_it_comes_to_rest_whatever_the_platform_answers_on_the_way(tmp_path):
    async with WfmStandIn() as wfm, TaskRouterApi() as api:
        for number in range(60):
            api.put(10 + number, "Available", ago(hours=1))
        api.statuses = [503, 200, 429, 200, 500]
        config = CONFIG.format(url=wfm.url, api=api.option, states="primary", agents="")
        async with Gateway(tmp_path, config) as gateway:
            await settled(gateway)
            assert len({json.loads(each.body)["subject"] for each in wfm.received}) == 60
            assert await gateway.stop() == 0


async def test_a_stranger_is_looked_up_and_what_was_held_is_told(tmp_path):
    async with WfmStandIn() as wfm, TaskRouterApi() as api:
        agents = "wfm_id_from: [external_id], unmapped: hold"
        config = CONFIG.format(url=wfm.url, api=api.option, states="fill", agents=agents)
        async with Gateway(tmp_path, config) as gateway:
            await settled(gateway)
            api.put(1, "Available", ago(hours=1), attributes={"agent_id": "77", "token": "hush"})
            await gateway.post("flex", envelope(record(1, 0, name="Available")))
            await wfm.wait_for(1)
            assert await gateway.stop() == 0
    agent = json.loads(wfm.received[0].body)["data"]["agent"]
    assert (agent["wfm_id"], agent["account_id"]) == ("77", ACCOUNT)


async def test_a_platform_that_refuses_us_harms_nobody_and_is_told(tmp_path):
    async with WfmStandIn() as wfm, TaskRouterApi() as api:
        option = json.dumps(json.loads(api.option) | {"password": "wrong"})
        config = CONFIG.format(url=wfm.url, api=option, states="fill", agents="")
        async with Gateway(tmp_path, config) as gateway:
            code, _, problem = await gateway.run("reconcile", "tasks")
            assert (code, "refuses our credentials (401)" in problem) == (1, True)
            status, _ = await gateway.post("flex", envelope(record(1, 0)))
            assert status == 200
            await wfm.wait_for(1)
            await gateway.until(lambda: raised(gateway), wanted=["reconcile_failing tasks"])
            assert await gateway.stop() == 0
    assert not any("wrong" in each for each in gateway.output)


async def raised(gateway):
    _, ready = await gateway.get_admin("/readyz")
    return [f"{each['alarm']} {each['subject']}" for each in ready["alarms"]]
