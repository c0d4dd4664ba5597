"""`explain`: from what an agent showed back to the bytes, and on to what vendors answered."""

import json

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
agents: {{files: [agents.csv]}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  wfm: {{mapping: cloudevents, url: {url}}}
  refusing: {{mapping: cloudevents, url: "{url}/refused", events: [agent.state]}}
  down: {{mapping: cloudevents, url: "http://127.0.0.1:9/"}}
  contacts: {{mapping: cloudevents, url: {url}, events: [contact.completed]}}
  board:
    mapping: calabrio_rta_json
    url: "http://127.0.0.1:9/"
    options: {{authentication_key: made-up-key, source_id: "1"}}
"""


async def explained(gateway, *words):
    code, out, err = await gateway.run("--json", "explain", *words)
    assert code == 0, err
    return json.loads(out)


def check_deliveries(lunch, now):
    told = {(each["destination"], each["type"]): each for each in lunch["deliveries"]}
    wanted = {"outcome": "delivered", "status": 202, "attempts": 1}
    assert {key: told["wfm", "agent.state"][key] for key in wanted} == wanted
    assert told["refusing", "agent.state"]["detail"].startswith("permanent")
    assert told["refusing", "agent.state"]["status"] == 400
    assert told["down", "agent.state"]["outcome"] == "pending"
    assert told["down", "agent.state"]["detail"].startswith("the destination is ")
    assert told["board", "agent.state"]["outcome"] == "superseded"
    assert told["board", "agent.state"]["detail"] == (
        f"by {now['state']['event']}: not_ready (Training) at 2026-03-02T09:00:02.000Z"
    )
    assert told["contacts", "agent.state"]["detail"] == "its events leave agent.state out"


async def test_from_a_state_back_to_its_bytes_and_on_to_the_answers(tmp_path):
    worker = record(1, 0)["worker"]["sid"]
    (tmp_path / "agents.csv").write_text(f"source,agent_id,wfm_id\nflex,{worker},E17\n")
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(lambda path: 400 if "refused" in path else 202)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            for number in range(3):
                await gateway.post("flex", envelope(record(1, number), record(2, number)))
            await gateway.post("flex", envelope(record(1, 0, name="Late")))
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
            await gateway.until(lambda: gateway.told_of("refusing", "backlog"), wanted=0)
            await gateway.until(lambda: gateway.told_of("board", "backlog"), wanted=2)
            lunch = await explained(gateway, "E17", "--at", "2026-03-02T09:00:01.500Z")
            now = await explained(gateway, f"flex:{worker}")
            _, text, _ = await gateway.run("explain", worker, "--at", "2026-03-02T09:00:01.500Z")
            assert await gateway.stop() == 0
            offline = await explained(gateway, worker)
    assert (lunch["state"]["status"], lunch["state"]["reason"]["label"]) == ("not_ready", "Lunch")
    assert lunch["rule"].startswith("the activity Lunch")
    assert lunch["receipt"]["record"] == record(1, 1)
    check_deliveries(lunch, now)
    assert now["state"]["reason"]["label"] == "Training"
    assert len(now["without_news"]) == 1
    assert offline["state"] == now["state"]
    assert "why: the activity Lunch" in text


async def test_nobody_and_nothing_are_told_plainly(tmp_path):
    (tmp_path / "agents.csv").write_text("source,agent_id,wfm_id\n")
    async with Gateway(tmp_path, CONFIG.format(url="http://127.0.0.1:9/")) as gateway:
        await gateway.post("flex", envelope(record(1, 0)))
        await gateway.until(gateway.untranslated, wanted=0)
        worker = record(1, 0)["worker"]["sid"]
        before = await gateway.run("explain", worker, "--at", "2026-03-02T08:00:00Z")
        nobody = await gateway.run("explain", "nobody")
    assert before[0] == nobody[0] == 1
    assert "nothing is known" in before[2]
    assert "no agent 'nobody' is known" in nobody[2]
