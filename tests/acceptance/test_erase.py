"""A person erased from the running gateway: not a byte of them in its files and logs."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.house import said
from tests.standins.wfm import WfmStandIn

ANN, BEN, CY = (f"WK{number:032x}" for number in (1, 2, 3))
NAME, MAIL, PHONE = "Benedikta Kanari", "benedikta@kanari.example", "+15557654321"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
  callbacks: {{type: taskrouter, agents_of: flex, keep: bytes, auth: {{type: none}}}}
  engage: {{type: ringcentral, auth: {{type: none}}, timezone: UTC}}
destinations:
  wfm: {{mapping: cloudevents, url: {url}, include: [agent_contact, customer, attributes, notes]}}
  broken: {{mapping: cloudevents, url: "{url}/refused", events: [agent.state]}}
  away: {{mapping: cloudevents, url: "{url}/away", events: [agent.state]}}
"""


def answer(path):
    return 400 if "refused" in path else 503 if "away" in path else 200


def callback(worker, number):
    attributes = {"full_name": NAME, "email": MAIL, "phone": PHONE}
    told = {
        "EventType": "reservation.accepted",
        "Sid": f"EV{worker}{number}",
        "AccountSid": "AC1",
        "WorkspaceSid": "WS1",
        "WorkerSid": worker,
        "WorkerName": NAME if worker == BEN else "ann",
        "WorkerActivityName": "Available",
        "WorkerActivitySid": "WA1",
        "TimestampMs": str(1772456399000 + number),
        "ReservationSid": f"WR{number}",
        "TaskSid": f"WT{number}",
        "WorkerAttributes": json.dumps(attributes if worker == BEN else {"manager": NAME}),
    }
    return urlencode(told).encode()


async def send(gateway):
    for number in range(3):
        several = [record(agent, number) for agent in (1, 2, 3)]
        assert (await gateway.post("flex", envelope(*several)))[0] == 200
    for worker in (BEN, ANN):
        assert (await gateway.post("callbacks", callback(worker, 4), FORM))[0] == 200
    bad = record(2, 9) | {"channels": {NAME: MAIL}}
    assert (await gateway.post("flex", envelope(record(1, 9), bad)))[0] == 200
    assert (await gateway.post("flex", b'{"cut": "' + BEN.encode()))[0] == 400
    for name in ("wfm", "broken"):
        await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)


async def erase(gateway, *words):
    code, out, err = await gateway.run("--json", "erase", *words)
    assert code == 0, err
    return json.loads(out)


def found_in(folder: Path, output, *words):
    held = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    held["output"] = "\n".join(output).encode()
    return {(name, word) for word in words for name, text in held.items() if word.encode() in text}


@pytest.mark.timeout(180)  # every verb is a process of its own
async def test_an_agent_is_gone_and_the_others_are_told_as_before(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(answer)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            await send(gateway)
            words = BEN, NAME, MAIL
            assert {word for _, word in found_in(tmp_path, (), *words)} == set(words)
            dry = await erase(gateway, BEN, "--dry-run")
            told = await erase(gateway, BEN, "--why", "ticket 12")
            said_before = len(gateway.output)
            assert found_in(tmp_path, (), *words) == set()
            assert told["left"] == 0
            names = told.keys() - {"dry_run", "left", "audit_masked"}
            assert {name: dry[name] for name in names} == {name: told[name] for name in names}
            counted = ("receipts", "receipts_masked", "deliveries", "dead_letters", "quarantine")
            assert all(told[name] for name in (*counted, "agents", "lanes", "outcomes_masked"))
            assert told["receipts_lost"] == 0
            assert 'outcome="erased"' in await gateway.metrics()
            assert await replayed(gateway) == UNCHANGED
            assert found_in(tmp_path, gateway.output[said_before:], *words) == set()
            await others_are_told(gateway, wfm)
            assert await gateway.stop() == 0
    assert "kanari" not in "\n".join(gateway.output).lower()


UNCHANGED = {"same": 0, "changed": 0, "new": 0, "gone": 0}


async def replayed(gateway):
    """Return what a replay would change."""
    code, out, err = await gateway.run("--json", "replay", "--dry-run")
    assert code == 0, err
    return json.loads(out)["events"] | {"same": 0}


async def others_are_told(gateway, wfm):
    """The rest that the vendor is owed arrives, and who was erased comes as a stranger."""
    before = len(wfm.received)
    wfm.answer_by_path(lambda _path: 200)
    await gateway.run("destinations", "resume", "away")
    await gateway.until(lambda: gateway.told_of("away", "backlog"), wanted=0)
    later = wfm.received[before:]
    assert any(ANN.encode() in each.body for each in later)
    assert not any(BEN.encode() in each.body for each in later)
    before = len(wfm.received)
    await gateway.post("flex", envelope(record(2, 20)))
    await wfm.wait_for(before + 3)
    fresh = [json.loads(each.body) for each in wfm.received[before:]]
    logins = [each for each in fresh if each["type"] == "wfm.agent.login.v1"]
    assert [each["data"]["basis"] for each in logins] == ["first_seen"]


CUSTOMER = {"name": "Kaya Kanari", "phone": PHONE, "email": "kaya@kanari.example"}
OTHER = {"name": "Otto Other", "phone": "+15551112222", "email": "otto@other.example"}
STEPS = (
    ("task.created", None),
    ("reservation.created", ANN),
    ("reservation.accepted", ANN),
    ("reservation.completed", ANN),
    ("task.completed", None),
)


def task(number, customer):
    """Return what TaskRouter tells of a task from its beginning to its end."""
    attributes = {"from": customer["phone"], "direction": "inbound", "customers": customer}
    for step, (event, worker) in enumerate(STEPS):
        told = {
            "EventType": event,
            "Sid": f"EV{number}{step}",
            "AccountSid": "AC1",
            "WorkspaceSid": "WS1",
            "TimestampMs": str(1772456400000 + 1000 * (10 * number + step)),
            "TaskSid": f"WT{number}",
            "TaskAttributes": json.dumps(attributes),
            "TaskQueueSid": "WQ1",
        }
        if worker is not None:
            told |= {"WorkerSid": worker, "ReservationSid": f"WR{number}", "WorkerName": "ann"}
        yield urlencode(told).encode()


@pytest.mark.timeout(180)
async def test_a_customer_goes_with_all_that_their_contacts_tell(tmp_path):
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(answer)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            for number, customer in enumerate((CUSTOMER, OTHER)):
                for body in task(number, customer):
                    assert (await gateway.post("callbacks", body, FORM))[0] == 200
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
            sent = b"".join(each.body for each in wfm.received)
            assert all(word.encode() in sent for word in CUSTOMER.values())
            told = await erase(gateway, "--customer", CUSTOMER["email"])
            words = *CUSTOMER.values(), PHONE[1:], "%2B15557654321", "Kanari"
            assert found_in(tmp_path, gateway.output, *words) == set()
            held = {word for _, word in found_in(tmp_path, (), *OTHER.values())}
            assert held == set(OTHER.values())
            counted = (
                "receipts",
                "receipts_masked",
                "events",
                "contacts_masked",
                "ledger_contacts_masked",
            )
            assert {name for name in counted if not told[name]} == set()
            assert await replayed(gateway) == UNCHANGED
            assert (told["left"], told["receipts_lost"]) == (0, 0)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("runs", [True, False])
async def test_a_customer_is_gone_whether_it_runs_or_not(tmp_path, runs):
    call = json.loads(said(1, "ENGAGED", "AVAILABLE", call_id="C1", ani=PHONE, call_type="ACD"))
    end = call | {"event_type": "ACD-CALL", "call_start": call["date_time"], "call_duration": "9"}
    several = [json.loads(said(0, "AVAILABLE", "LOGIN")), call, end]
    async with WfmStandIn() as wfm:
        wfm.answer_by_path(answer)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            await gateway.post("engage", json.dumps(several).encode())
            query = urlencode(call | {"date_time": "2026-03-02 09:05:00"})
            await gateway.post("engage", query.encode(), FORM)
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
            if not runs:
                assert await gateway.stop() == 0
            told = await erase(gateway, "--customer", PHONE)
            assert found_in(tmp_path, gateway.output, PHONE, PHONE[1:]) == set()
            assert told["receipts_masked"] == 2
            assert told["events"] == 1
            assert await replayed(gateway) == UNCHANGED
