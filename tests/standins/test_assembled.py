"""The stand-in of Assembled, against requests written by hand from its facts."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.standins.assembled import AssembledStandIn
from tests.standins.door import Mood
from tests.standins.raw import say

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASIC = "Authorization: Basic TUFERS1VUDo=\n"  # MADE-UP:
POST = "POST /v0/agents/status HTTP/1.1\n"
VERSION = "API-Version: 2019-06-20\n"
TYPE = "Content-Type: application/json\n"
HEAD = POST + BASIC + VERSION + TYPE
SAMPLE = (
    '{"agent_id":"5f1c","agent_name":"Ada Example","channel":"phone",'
    '"event_id":"flex:WK123:2026-03-02T09:14:58Z","status":"break:lunch",'
    '"start_time":1772442898}'
)
AGENTS = {
    "5f1c": {"import_id": "2001", "email": "ada@example.com", "channels": ["phone"]},
    "6a2d": {"import_id": "2002", "email": "bea@example.com", "channels": ["chat", "phone"]},
}


@pytest.fixture
async def vendor():
    async with AssembledStandIn(key="MADE-UP", agents=AGENTS, now=lambda: NINE) as standing:
        yield standing


async def ask(vendor, head=HEAD, body=SAMPLE):
    status, headers, answer = await say(vendor, f"{head}\n{body}")
    assert headers["content-type"] == "application/json"
    return status, json.loads(answer)


async def test_the_verified_form_is_accepted_and_can_be_read(vendor):
    assert await ask(vendor) == (200, json.loads(SAMPLE))
    assert vendor.states == {"5f1c": "break:lunch"}
    get = "GET /v0/agents/5f1c/status HTTP/1.1\n" + BASIC
    assert await ask(vendor, get, "") == (200, json.loads(SAMPLE))
    assert (await ask(vendor, get.replace("5f1c", "6a2d"), ""))[0] == 404
    assert (await ask(vendor, HEAD.replace(VERSION, "")))[0] == 200


async def test_what_began_last_is_shown_and_an_older_one_is_flagged(vendor):
    await ask(vendor)
    await ask(vendor, body=SAMPLE)
    assert (vendor.duplicates, vendor.oddities) == (1, [])
    older = SAMPLE.replace("1772442898", "1772442800").replace("break:lunch", "ready")
    assert (await ask(vendor, body=older))[0] == 200
    assert vendor.states == {"5f1c": "break:lunch"}
    assert [agent for agent, _ in vendor.oddities] == ["5f1c"]
    newer = SAMPLE.replace("break:lunch", "ready")
    await ask(vendor, body=newer)
    assert vendor.states == {"5f1c": "ready"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Authorization: Bearer MADE-UP\n",
        "Authorization: Basic TUFERS1VUA==\n",  # MADE-UP without a colon
        "Authorization: Basic TUFERS1VUDp4\n",  # MADE-UP:x
        "Authorization: Basic OnRoZS1rZXk=\n",
    ],
)
async def test_only_the_key_as_user_name_opens(vendor, line):
    status, answer = await ask(vendor, HEAD.replace(BASIC, line))
    assert (status, answer["code"]) == (401, 401)
    assert vendor.statuses == {}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"agent_id":"5f1c",', "", "without agent_id"),
        (',"start_time":1772442898', "", "without start_time"),
        ("1772442898", "1772442898000", "start_time: not unix seconds"),
        ("1772442898", '"2026-03-02T09:14:58Z"', "start_time: not unix seconds"),
        ('"break:lunch"', '""', "status: not filled text"),
        ('"phone"', '"voice"', "channel: not one of phone, email, chat"),
        ('"agent_name"', '"name"', "name: not expected"),
        ('"5f1c"', '"2001"', "invalid agent_id 2001"),
        (SAMPLE, f"[{SAMPLE}]", "not an object"),
        (SAMPLE, "", "not JSON"),
    ],
)
async def test_what_the_form_does_not_allow_is_refused(vendor, old, new, why):
    status, answer = await ask(vendor, body=SAMPLE.replace(old, new))
    assert (status, answer["code"], why in answer["message"]) == (400, 400, True), answer
    assert vendor.statuses == {}


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("POST", "PUT", 404),
        ("/v0/", "/v1/", 404),
        ("/agents/status", "/agents/state", 404),
        ("/agents/status", "/agents/state/bulk", 404),
        (TYPE, "Content-Type: text/plain\n", 415),
        ("2019-06-20", "2026-05-01", 400),
    ],
)
async def test_a_wrong_head_is_refused(vendor, old, new, status):
    assert (await ask(vendor, HEAD.replace(old, new)))[0] == status


async def test_agents_are_listed_by_id_to_be_found_by_what_they_were_imported_as(vendor):
    get = "GET /v0/agents HTTP/1.1\n" + BASIC
    status, answer = await ask(vendor, get, "")
    assert status == 200
    assert answer["agents"]["6a2d"] == {"id": "6a2d", **AGENTS["6a2d"]}
    status, answer = await ask(vendor, get.replace("agents", "agents?channels=chat"), "")
    assert list(answer["agents"]) == ["6a2d"]
    status, answer = await ask(vendor, get.replace("agents", "agents?import_id=2001"), "")
    assert (status, answer["message"]) == (400, "no filter import_id")


async def test_three_hundred_a_minute_in_bursts_of_twenty_shared_by_all_calls(vendor):
    get = "GET /v0/agents HTTP/1.1\n" + BASIC
    for number in range(20):
        head, body = (get, "") if number % 2 else (HEAD, SAMPLE)
        assert (await ask(vendor, head, body))[0] == 200
    for head in (get, HEAD):
        status, headers, answer = await say(vendor, f"{head}\n{SAMPLE if head == HEAD else ''}")
        assert (status, headers["retry-after"]) == (429, "1")
        assert json.loads(answer)["code"] == 429
    vendor.now = lambda: NINE + timedelta(seconds=1)
    answers = [(await ask(vendor))[0] for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert vendor.limited == 4


BULK = "POST /v0/agents/state/bulk HTTP/1.1\n" + BASIC + TYPE
STATE = {"agent_id": "5f1c", "state": "break", "sub_state": "lunch"}
STATE["start_time"] = "2026-03-02T09:14:58Z"
CONVERSATIONS = "POST /v0/conversations/bulk HTTP/1.1\n" + BASIC + TYPE
CONVERSATION = {"external_id": "T1", "channel": "phone", "started_at": "2026-03-02T09:14:58Z"}


async def test_the_bulk_forms_are_refused_until_somebody_says_that_they_are_right(vendor):
    told = json.dumps({"states": [STATE]})
    assert (await ask(vendor, BULK, told))[0] == 404
    vendor.takes_unverified = True
    assert (await ask(vendor, BULK, told))[0] == 202
    assert vendor.bulk == {"5f1c": [STATE]}
    conversations = json.dumps({"conversations": [CONVERSATION]})
    assert (await ask(vendor, CONVERSATIONS, conversations))[0] == 202
    assert vendor.conversations == {"T1": CONVERSATION}
    vendor.bulk_times = "unix"
    status, answer = await ask(vendor, BULK, told)
    assert (status, answer["message"]) == (400, "states[0].start_time: not unix seconds")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (BULK, {"states": []}),
        (BULK, {"states": [STATE] * 501}),
        (BULK, {"states": [STATE | {"agent_id": "2001"}]}),
        (BULK, {"states": [STATE | {"start_time": "2026-03-02T09:14:58"}]}),
        (BULK, {"states": [STATE | {"start_time": "2026-02-30T09:14:58Z"}]}),
        (BULK, {"states": STATE}),
        (BULK, [STATE]),
        (CONVERSATIONS, {"conversations": [CONVERSATION | {"channel": "voice"}]}),
        (CONVERSATIONS, {"conversations": [CONVERSATION | {"resolved": 1}]}),
        (CONVERSATIONS, {"conversations": [CONVERSATION | {"wait_time_seconds": -1}]}),
        (CONVERSATIONS, {"conversations": [{"external_id": "T1"}]}),
    ],
)
async def test_what_the_bulk_forms_do_not_allow_is_refused(vendor, head, body):
    vendor.takes_unverified = True
    assert (await ask(vendor, head, json.dumps(body)))[0] == 400
    assert (vendor.bulk, vendor.conversations) == ({}, {})


async def test_nothing_is_taken_in_a_bad_mood(vendor):
    vendor.be(Mood.LIMITING, retry_after="7")
    status, headers, _ = await say(vendor, f"{HEAD}\n{SAMPLE}")
    assert (status, headers["retry-after"]) == (429, "7")
    assert vendor.statuses == {}
