"""The stand-ins behind the examples of `http_json`, against requests written by hand."""

import json

import pytest

from tests.standins.door import Mood
from tests.standins.home_made import HomeMadeStandIn
from tests.standins.playvox import PlayvoxLikeStandIn
from tests.standins.raw import say
from tests.standins.verint import VerintStandIn

VERINT_HEAD = """POST /feed HTTP/1.1
Content-Type: application/json
X-Feed-Key: made-up
"""
READY = {
    "eventType": 28,
    "agentId": "2001",
    "monitorParty": "",
    "timeStamp": "2026-03-02T09:14:58.000Z",
    "agentMode": 1,
    "agentGroup": "Voice",
    "agentData": "",
    "badDevType": "",
    "reasonCode": "",
    "extErrorCode": 0,
}
LOGIN = READY | {"eventType": 26, "timeStamp": "2026-03-02T09:00:00Z"}
LUNCH = READY | {"agentMode": 5, "reasonCode": "Lunch", "timeStamp": "2026-03-02T09:20:00Z"}
LOGOUT = READY | {"eventType": 27, "agentMode": 27, "timeStamp": "2026-03-02T09:30:00Z"}


@pytest.fixture
async def verint():
    async with VerintStandIn(header=("X-Feed-Key", "made-up")) as standing:
        yield standing


async def feed(verint, *events, head=VERINT_HEAD):
    for each in events:
        status, _, answer = await say(verint, f"{head}\n{json.dumps(each)}")
    return status, answer.decode()


async def test_the_ten_fields_tell_who_does_what(verint):
    assert await feed(verint, LOGIN, READY, LUNCH, LUNCH) == (200, "")
    assert verint.states == {"2001": (5, "Lunch")}
    await feed(verint, READY | {"extErrorCode": 3, "agentId": ""})
    assert verint.feed == 3
    await feed(verint, LOGOUT)
    assert (verint.states, verint.oddities) == ({}, [])


async def test_what_does_not_fit_the_agent_is_flagged(verint):
    await feed(verint, READY)
    await feed(verint, LOGIN | {"timeStamp": "2026-03-02T09:15:00Z"}, LOGIN)
    assert [agent for agent, _ in verint.oddities] == ["2001"] * 3
    assert verint.states == {"2001": (1, "")}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"eventType": 25}, "eventType: not one of 26, 27, 28"),
        ({"eventType": "28"}, "eventType: not one of"),
        ({"agentMode": 6}, "agentMode: not one of"),
        ({"agentMode": 27}, "27 goes with eventType 27"),
        ({"eventType": 27}, "27 goes with eventType 27"),
        ({"reasonCode": "Lunch"}, "only with agentMode 5"),
        ({"agentMode": 5, "reasonCode": "x" * 25}, "reasonCode: not short text"),
        ({"agentGroup": "x" * 25}, "agentGroup: not short text"),
        ({"agentId": "x" * 129}, "agentId: not agent id"),
        ({"agentId": ""}, "agentId: empty"),
        ({"monitorParty": "x"}, "monitorParty: not one of"),
        ({"agentData": None}, "agentData: not one of"),
        ({"extErrorCode": 2}, "extErrorCode: not one of 0, 1, 3, 4"),
        ({"eventType": 26, "extErrorCode": 1}, "eventType 28"),
        ({"timeStamp": 1772442898}, "timeStamp: not utc moment"),
        ({"timeStamp": "2026-03-02T09:14:58"}, "timeStamp: not utc moment"),
        ({"timeStamp": "2026-03-02T10:14:58+01:00"}, "timeStamp: not utc moment"),
        ({"state": "Ready"}, "state: not expected"),
    ],
)
async def test_a_field_with_another_value_is_refused(verint, more, why):
    status, answer = await feed(verint, READY | more)
    assert (status, why in answer) == (400, True), answer
    assert verint.states == {}


@pytest.mark.parametrize("name", READY)
async def test_each_of_the_ten_is_needed(verint, name):
    status, answer = await feed(verint, {key: READY[key] for key in READY if key != name})
    assert (status, answer) == (400, f"body: without {name}")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("POST", "PUT", 405), ("made-up", "guessed", 401), ("application/json", "text/xml", 415)],
)
async def test_a_wrong_head_is_refused(verint, old, new, status):
    assert (await feed(verint, READY, head=VERINT_HEAD.replace(old, new)))[0] == status


PLAYVOX_HEAD = """POST /made-up/agent-status HTTP/1.1
Content-Type: application/json
Authorization: Bearer made-up
"""
CHANGE = {"user": "ada@example.com", "status": "Lunch", "since": "2026-03-02T09:14:58Z"}


@pytest.fixture
async def playvox():
    async with PlayvoxLikeStandIn(
        path="/made-up/agent-status",
        token="made-up",
        users={"ada@example.com": "Ada", "2001": "Ada"},
        names=("user", "status", "since"),
    ) as standing:
        yield standing


async def test_a_timeline_of_changes_by_email_or_by_mapped_id(playvox):
    earlier = {"user": "2001", "status": "Ready", "since": "2026-03-02T09:00:00+00:00"}
    for each in (CHANGE, earlier, CHANGE):
        status, _, _ = await say(playvox, f"{PLAYVOX_HEAD}\n{json.dumps(each)}")
        assert status == 200
    assert [status for _, status in playvox.timelines["Ada"]] == ["Ready", "Lunch"]
    assert playvox.states == {"Ada": "Lunch"}


@pytest.mark.parametrize(
    ("head", "more", "status"),
    [
        (PLAYVOX_HEAD.replace("made-up/", ""), {}, 404),
        (PLAYVOX_HEAD.replace("Bearer made-up", "Bearer old"), {}, 401),
        (PLAYVOX_HEAD.replace("Bearer", "Basic"), {}, 401),
        (PLAYVOX_HEAD, {"user": "bea@example.com"}, 422),
        (PLAYVOX_HEAD, {"since": "2026-03-02"}, 400),
        (PLAYVOX_HEAD, {"status": ""}, 400),
        (PLAYVOX_HEAD, {"reason": "x"}, 400),
    ],
)
async def test_what_is_not_in_the_customers_document_is_refused(playvox, head, more, status):
    answer = await say(playvox, f"{head}\n{json.dumps(CHANGE | more)}")
    assert answer[0] == status
    assert playvox.timelines == {}


HOME_HEAD = """PUT /floor/north%20wing/people/J%C3%BCrgen%2F2?at=1772442898000 HTTP/1.1
Content-Type: application/x-www-form-urlencoded
X-Floor-Key: made-up
X-Sent-By: gateway
"""
FORM = "state=away&why=Lunch+%26+rest"


@pytest.fixture
async def home_made():
    async with HomeMadeStandIn(
        key="made-up", site="north wing", people={"Jürgen/2", "Ada"}
    ) as standing:
        yield standing


async def asked(home_made, head=HOME_HEAD, form=FORM):
    status, _, answer = await say(home_made, f"{head}\n{form}")
    assert status == 200
    return json.loads(answer)["result"]


async def test_a_form_a_path_a_query_and_headers_tell_who_does_what(home_made):
    assert await asked(home_made) == "taken"
    assert home_made.states == {"Jürgen/2": ("away", "Lunch & rest")}
    older = HOME_HEAD.replace("1772442898000", "1772442897999")
    assert await asked(home_made, older, "state=here&why=") == "taken"
    assert home_made.states == {"Jürgen/2": ("away", "Lunch & rest")}
    home_made.is_busy = True
    assert await asked(home_made, form="state=here&why=") == "later"
    home_made.is_busy = False
    assert await asked(home_made, form="why=&state=here") == "taken"
    assert home_made.states == {"Jürgen/2": ("here", "")}
    assert await asked(home_made, HOME_HEAD.replace("Ada", "Bea").replace("J%C3", "K%C3")) == "who"


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (HOME_HEAD.replace("PUT", "POST"), FORM),
        (HOME_HEAD.replace("%2F2", "/2"), FORM),
        (HOME_HEAD.replace("north%20wing", "south"), FORM),
        (HOME_HEAD.replace("at=", "on="), FORM),
        (HOME_HEAD.replace("?at=1772442898000", ""), FORM),
        (HOME_HEAD.replace("1772442898000", "1772442898"), FORM),
        (HOME_HEAD.replace("000 HTTP", "000&x=1 HTTP"), FORM),
        (HOME_HEAD.replace("made-up", "guessed"), FORM),
        (HOME_HEAD.replace("X-Sent-By", "X-From"), FORM),
        (HOME_HEAD.replace("application/x-www-form-urlencoded", "application/json"), FORM),
        (HOME_HEAD, ""),
        (HOME_HEAD, "state=away"),
        (HOME_HEAD, "state=&why="),
        (HOME_HEAD, "state=away&why=x&why=y"),
        (HOME_HEAD, "state=away&why=J\xfcrgen"),
        (HOME_HEAD, '{"state":"away","why":""}'),
    ],
)
async def test_what_the_house_does_not_know_is_answered_200_and_no(home_made, head, form):
    assert await asked(home_made, head, form) == "no"
    assert home_made.states == {}


async def test_nothing_is_taken_in_a_bad_mood(verint, playvox, home_made):
    for vendor, head, body in (
        (verint, VERINT_HEAD, json.dumps(LOGIN)),
        (playvox, PLAYVOX_HEAD, json.dumps(CHANGE)),
        (home_made, HOME_HEAD, FORM),
    ):
        vendor.be(Mood.FAILING)
        assert (await say(vendor, f"{head}\n{body}"))[0] == 500
        assert (vendor.states, vendor.answered) == ({}, [])
