"""Secrets and customers' data in attributes are found nowhere afterwards."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CUSTOMERS = "+15553338888"
TOKEN, PHONE = "canarytoken7975c687", "+15557654321"
FORM = "application/x-www-form-urlencoded"
CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  callbacks: {{type: taskrouter, auth: {{type: none}}, accounts: [AC1]}}
destinations:
  wfm: {{mapping: cloudevents, url: {url}, include: [agent_contact, customer, attributes, notes]}}
  broken: {{mapping: cloudevents, url: "{url}/refused"}}
"""
BASE = {
    "AccountSid": "AC1",
    "WorkspaceSid": "WS1",
    "WorkerSid": "WK1",
    "WorkerName": "anna",
    "WorkerActivityName": "Available",
    "WorkerActivitySid": "WA1",
}


def attributes():
    """Return what accounts put there, as text: sound, broken, and what is no JSON at all."""
    sound = {
        "contact_uri": "client:anna",
        "roles": ["admin"],
        "full_name": "Anna",
        "phone": PHONE,
        "some_auth_token": TOKEN,
        "routing": {"skills": ["es"], "levels": {PHONE: 10}},
        "team_id": "1",
    }
    text = json.dumps(sound)
    return [text, json.dumps(text), text[:-9], f"{{token={TOKEN}, phone={PHONE}}}", f"// {TOKEN}"]


def callbacks():
    for number, each in enumerate(attributes()):
        told = {
            "EventType": "reservation.accepted",
            "Sid": f"EV{number}",
            "TimestampMs": str(1772456399000 + number),
            "ReservationSid": f"WR{number}",
            "TaskSid": f"WT{number}",
            "WorkerAttributes": each,
            "TaskAttributes": each,
            "EventDescription": f"call of {PHONE}",
        }
        yield urlencode(BASE | told).encode(), FORM


def streams():
    for number, each in enumerate(attributes()):
        payload = {
            "account_sid": "AC1" if number else "AC2",
            "worker_sid": "WK2",
            "worker_activity_name": "Available",
            "worker_attributes": each,
            "task_attributes": each,
            "timestamp": 1772456399000 + number,
            "sid": f"ES{number}",
        }
        event = {"type": "com.twilio.taskrouter.worker.created", "data": {"payload": payload}}
        yield json.dumps([event, {"no": each}, each]).encode(), "application/json"


def unusable():
    yield json.dumps({"no": attributes()}).encode(), "application/json"
    yield b"{" + attributes()[0].encode(), "application/json"
    yield attributes()[3].encode(), FORM


LISTS = (
    ("agents",),
    ("quarantine", "list"),
    ("dead-letters", "list"),
    ("sources", "list"),
    ("destinations", "list"),
)


async def everything_said(gateway, folder):
    """Return the words of metrics, verbs and dry runs."""
    said = [await gateway.metrics()]
    for verb in LISTS:
        code, out, err = await gateway.run("--json", *verb)
        assert code == 0, err
        said += [out, err]
        for entry in json.loads(out) if "list" in verb and "id" in out else ():
            if "id" in entry:
                said += (await gateway.run("--json", verb[0], "show", entry["id"]))[1:]
    for body, _ in (*streams(), *unusable()):
        (folder / "body").write_bytes(body)
        said += (await gateway.run("translate", "--source", "callbacks", "body"))[1:]
    (folder / "body").unlink()
    return said


def everything_in(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


@pytest.mark.timeout(300)  # every verb is a process of its own, and there are some fifty
async def test_what_no_name_allows_is_found_nowhere(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(lambda path: 400 if "refused" in path else 200)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            statuses = []
            for body, media_type in (*callbacks(), *streams(), *unusable()):
                answer = await gateway.post("callbacks", body, {"Content-Type": media_type})
                statuses.append(answer[0])
            assert statuses == [200] * 5 + [422] + [200] * 4 + [422, 400, 400]
            for name in ("wfm", "broken"):
                await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)
            said = await everything_said(gateway, tmp_path)
            files = everything_in(tmp_path)
            assert await gateway.stop() == 0
    said += gateway.output
    files |= {f"{name} afterwards": held for name, held in everything_in(tmp_path).items()}
    sent = b"".join(each.body for each in wfm.received)
    assert b"Anna" in sent
    assert any(b"Anna" in held for held in files.values())
    for canary in (TOKEN, PHONE):
        assert canary.encode() not in sent
        assert not [line for line in said if canary in line]
        assert not [name for name, held in files.items() if canary.encode() in held]


@pytest.mark.parametrize("keep", ["redacted", "bytes"])
async def test_the_bytes_stay_only_where_the_operator_says_so(tmp_path, keep):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url).replace("accounts:", f"keep: {keep}, accounts:")
        async with Gateway(tmp_path, config) as gateway:
            for body, media_type in callbacks():
                await gateway.post("callbacks", body, {"Content-Type": media_type})
            await wfm.wait_for(2)
            files = everything_in(tmp_path)
            assert await gateway.stop() == 0
    found = any(TOKEN.encode() in held for held in files.values())
    assert found == (keep == "bytes")


def of_a_customer():
    """Return requests with a customer's number wherever a task's attributes can have it."""
    customer = {"phone": CUSTOMERS, "name": CUSTOMERS, "customer_attribute_1": CUSTOMERS}
    attributes = dict.fromkeys(("from", "caller", "to", "called", "from_city"), CUSTOMERS)
    attributes |= {"direction": "inbound", "customers": customer, "customer": [CUSTOMERS]}
    attributes |= {"conversations": {"conversation_measure_1": CUSTOMERS, "token": CUSTOMERS}}
    text = json.dumps(attributes)
    for event in ("task.created", "reservation.accepted", "reservation.completed", "broken.event"):
        told = BASE | {"EventType": event, "Sid": f"EV{event}", "TimestampMs": "1772456399000"}
        told |= {"ReservationSid": "WR1", "TaskSid": "WT1", "TaskAttributes": text}
        yield urlencode(told).encode(), FORM
        strange = urlencode(told | {"AccountSid": "AC2", "Sid": f"ES{event}"})
        yield strange.encode(), FORM
    payload = {"account_sid": "AC1", "worker_sid": "WK3", "sid": "E3", "task_attributes": text}
    event = {"type": "com.twilio.taskrouter.reservation.created", "data": {"payload": payload}}
    yield json.dumps(event).encode(), "application/json"


@pytest.mark.parametrize("wanted", ["agent_contact, recording, notes, attributes", "customer"])
async def test_a_customer_is_found_nowhere_unless_a_destination_wants_them(tmp_path, wanted):
    config = CONFIG.replace("agent_contact, customer, attributes, notes", wanted)
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(lambda path: 400 if "refused" in path else 200)
        async with Gateway(tmp_path, config.format(url=wfm.url)) as gateway:
            for body, media_type in of_a_customer():
                await gateway.post("callbacks", body, {"Content-Type": media_type})
            for name in ("wfm", "broken"):
                await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)
            said = [await gateway.metrics()]
            files = everything_in(tmp_path)
            assert await gateway.stop() == 0
    said += gateway.output
    files |= {f"{name} afterwards": held for name, held in everything_in(tmp_path).items()}
    assert wfm.received
    is_wanted = wanted == "customer"
    assert any(CUSTOMERS[1:].encode() in held for held in files.values()) == is_wanted
    assert not [line for line in said if CUSTOMERS[1:] in line]
    sent = [each for each in wfm.received if CUSTOMERS[1:].encode() in each.body]
    assert is_wanted or not sent
