"""Contacts from TaskRouter's pieces, through the real process: told, corrected, reported."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  tr: {{type: taskrouter, auth: {{type: none}}}}
destinations:
  wfm: {{mapping: cloudevents, url: "{url}/all", events: [contact.completed], include: [customer]}}
  plain: {{mapping: cloudevents, url: "{url}/plain", events: [contact.completed]}}
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SAID = {
    "direction": "inbound",
    "from": "+15551234567",
    "from_city": "LOGAN",
    "call_sid": "CA1",
    "conversations": {"segment_link": "https://example.com/1"},
    "customers": {"name": "Jo Doe", "category": "VIP"},
}
TASK = {
    "AccountSid": "AC1",
    "WorkspaceSid": "WS1",
    "TaskSid": "WT1",
    "TaskAttributes": json.dumps(SAID),
    "TaskChannelUniqueName": "voice",
    "TaskQueueSid": "WQ1",
    "TaskQueueName": "Support",
    "WorkflowSid": "WW1",
    "WorkflowName": "Main",
}
SHARE = {
    "WorkerSid": "WK1",
    "WorkerName": "anna",
    "WorkerActivitySid": "WA1",
    "WorkerActivityName": "Available",
    "ReservationSid": "WR1",
}
ANSWERED = [
    ("task.created", 0, TASK),
    ("task-queue.entered", 1, TASK),
    ("reservation.created", 20, TASK | SHARE),
    ("reservation.accepted", 25, TASK | SHARE),
    ("reservation.wrapup", 85, TASK | SHARE),
    ("reservation.completed", 100, TASK | SHARE),
    ("task.completed", 100.2, TASK),
]
START = (datetime.now(UTC) - timedelta(minutes=30)).replace(microsecond=0)


def callback(number, kind, seconds, told):
    millis = round((START.timestamp() + seconds) * 1000)
    fields = told | {"EventType": kind, "Sid": f"EV{number}", "TimestampMs": str(millis)}
    return urlencode(fields).encode()


async def send(gateway, several):
    for number, each in several:
        status, *_ = await gateway.post("tr", callback(number, *each), FORM)
        assert status == 200
    for name in ("wfm", "plain"):
        await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)


def contacts(wfm, path="all"):
    told = [json.loads(each.body) for each in wfm.received if path in each.path]
    return [each for each in told if each["type"] == "wfm.contact.completed.v1"]


async def reported(gateway, *words):
    code, out, err = await gateway.run("--json", "report", *words)
    assert code == 0, err
    return json.loads(out)


async def test_a_late_event_corrects_what_was_told_over_a_kill(tmp_path):
    several = list(enumerate(ANSWERED))
    late = several.pop(4)
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url)
        async with Gateway(tmp_path, config) as gateway:
            await send(gateway, several)
            await gateway.kill()
        async with Gateway(tmp_path, config) as gateway:
            await send(gateway, [late, several[2]])
            code, out, err = await gateway.run("--json", "replay", "--dry-run")
            assert code == 0, err
            found = await reported(gateway, "contacts", "--by", "queue,city")
            assert await gateway.stop() == 0
    first, second = contacts(wfm)
    told = [
        (e["data"]["contact"]["revision"], e["data"]["contact"]["talk_seconds"])
        for e in (first, second)
    ]
    assert told == [(1, 75), (2, 60)]
    assert first["data"]["contact"]["id"] == second["data"]["contact"]["id"]
    assert first["id"] != second["id"]
    keys = {each.headers["Idempotency-Key"] for each in wfm.received}
    assert len(keys) == len(wfm.received) == 4
    assert json.loads(out)["events"]["gone"] == json.loads(out)["events"]["changed"] == 0
    assert json.loads(out)["events"]["new"] == 0
    assert "LOGAN" in json.dumps(found)


async def test_of_a_customer_only_those_who_include_them_are_told(tmp_path):
    async with WfmStandIn() as wfm, Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
        await send(gateway, list(enumerate(ANSWERED)))
        assert await gateway.stop() == 0
    (told,) = contacts(wfm)
    customer = told["data"]["customer"]
    assert (customer["phone"], customer["city"], customer["category"]) == (
        "+15551234567",
        "LOGAN",
        "VIP",
    )
    assert "5551234567" not in customer["id"]
    assert told["data"]["contact"]["customer_address"] == "+15551234567"
    assert told["data"]["contact"]["recording_url"] is None
    (plain,) = contacts(wfm, "plain")
    assert plain["data"]["customer"] is None
    assert "5551234567" not in json.dumps(plain)
