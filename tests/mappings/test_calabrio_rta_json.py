"""Calabrio's JSON RTA against a stand-in that refuses what the facts do not allow."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from marshmallow import ValidationError

from gateway.http.transport import HttpTransport
from gateway.mapping import Answer, MappingError, Told, Verdict
from gateway.model.outgoing import OutgoingRequest
from gateway.settings import DestinationAuth, DestinationSettings
from mappings.destinations.calabrio_rta_json import MAPPING
from tests.standins.calabrio import CalabrioStandIn
from tests.standins.delivery import NOON

KEY = {"authentication_key": "made-up", "source_id": "1"}


def options(**more):
    return MAPPING.options().load(KEY | more)


def told(status="ready", label=None, *, kind="agent.state", identity="2001"):
    reason = {"code": None, "label": label} if label else None
    event = {"type": f"wfm.{kind}.v1", "data": {"status": status, "reason": reason}}
    return Told(event, identity)


def code(told_one, **more):
    body = orjson.loads(MAPPING.step([told_one], {}, None, options(**more)).body)
    return body["StateCode"]


STATES = {"ready": "Ready", "not_ready:Lunch": "LUNCH", "not_ready:*": "AUX", "*:Coaching": "C"}


@pytest.mark.parametrize(
    ("told_one", "wanted"),
    [
        (told("ready"), "Ready"),
        (told("not_ready", "lunch"), "LUNCH"),
        (told("not_ready", "Training"), "AUX"),
        (told("busy", "Coaching"), "C"),
        (told("busy", "Available"), "busy"),
        (told("logged_out"), "LOGGED-OFF"),
        (told("ready", kind="agent.login"), "LOGGED ON"),
        (told("logged_out", kind="agent.logout"), "LOGGED-OFF"),
    ],
)
def test_state_codes_come_from_the_table_else_from_our_words(told_one, wanted):
    assert code(told_one, states=STATES) == wanted


def test_an_unmapped_reason_is_told_with_its_status_and_cut():
    assert code(told("not_ready", "Pause ☕")) == "not_ready:Pause ☕"
    assert len(code(told("not_ready", "é" * 400))) == 300


def test_an_agent_without_identity_cannot_be_told():
    with pytest.raises(MappingError):
        MAPPING.step([told(identity=None)], {}, None, options())


@pytest.mark.parametrize(
    ("status", "text", "count", "verdict"),
    [
        (200, "", 1, Verdict.DELIVERED),
        (400, "Invalid authentication key", 1, Verdict.PARK),
        (400, "Invalid source id", 3, Verdict.PARK),
        (400, "Invalid user code", 1, Verdict.HOLD),
        (400, "Invalid user code", 2, None),
        (500, "State code is required", 1, Verdict.PERMANENT),
        (500, "State queue flooded", 1, None),
        (500, "<html>300 things went wrong</html>", 1, None),
        (503, "", 1, None),
    ],
)
def test_what_each_answer_means(status, text, count, verdict):
    events = [told()] * count
    settled = MAPPING.step(events, {}, Answer(status, text.encode()), options())
    if verdict is None:
        assert settled.judgements is None
    else:
        assert [each.verdict for each in settled.judgements] == [verdict] * count
        assert "made-up" not in str(settled)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"source_id": "1"}, "authentication_key"),
        (KEY | {"source_id": ""}, "source_id"),
        (KEY | {"states": {"redy": "R"}}, "states"),
        (KEY | {"states": {"ready": ""}}, "states"),
        (KEY | {"logout_state_code": "x" * 301}, "logout_state_code"),
        (KEY | {"autentication": "x"}, "autentication"),
    ],
)
def test_wrong_options_name_their_path(given, path):
    with pytest.raises(ValidationError) as raised:
        MAPPING.options().load(given)
    assert path in raised.value.messages
    assert "made-up" not in str(raised.value)


async def send(stand_in, events, loaded):
    request = MAPPING.step(events, {}, None, loaded)
    settings = DestinationSettings(
        name="calabrio", mapping=MAPPING, url=stand_in.url, auth=DestinationAuth(),
        options=loaded, events=MAPPING.events, sources=None, include=frozenset(),
        identify_by=("wfm_id",), superseded="skip", stale_after=None,
    )  # fmt: skip
    transport = HttpTransport.to(settings)
    headers = (("Content-Type", request.content_type),)
    try:
        return await transport.send(
            OutgoingRequest(
                request.method,
                stand_in.url + request.path,
                headers,
                request.body,
                timedelta(seconds=5),
            )
        )
    finally:
        await transport.close()


async def test_one_change_and_a_batch_are_what_the_vendor_takes():
    async with CalabrioStandIn(key="made-up", sources={"1"}, is_older=True) as vendor:
        assert (await send(vendor, [told(identity=" 2001 ")], options())).status == 200
        several = [told("busy"), told("ready", identity="2002")]
        assert (await send(vendor, several, options())).status == 200
        assert vendor.states == {"2001": "busy", "2002": "ready"}
        assert [call for call, _ in vendor.requests] == ["Change", "Batch"]
        wrong = replace(options(), source_id="9")
        assert (await send(vendor, several, wrong)).status == 400


def standing(status, identity, label=None):
    return MAPPING.snapshot.standing(told(status, label, identity=identity), options(states=STATES))


def floor_in(standings):
    request = MAPPING.snapshot.request(standings, NOON, options())
    body = orjson.loads(request.body)
    assert (request.path, request.parts) == ("/Rta/State/Batch", ())
    assert (body["AuthenticationKey"], body["SourceId"], body["IsSnapshot"]) == (
        "made-up",
        "1",
        True,
    )
    return [(each["UserCode"], each["StateCode"]) for each in body["States"]]


def test_a_snapshot_has_everybody_who_is_logged_in_and_nobody_else():
    floor = [standing("ready", "2001"), standing("logged_out", "2002")]
    floor.append(standing("not_ready", "2003", "Lunch"))
    assert floor_in(floor) == [("2001", "Ready"), ("2003", "LUNCH")]


def test_a_snapshot_of_thousands_is_one_request_whatever_a_batch_holds():
    floor = [standing("ready", str(number)) for number in range(10_000)]
    assert len(floor_in(floor)) == 10_000 > MAPPING.max_batch


def test_a_snapshot_of_nobody_has_one_who_is_logged_out():
    assert floor_in([standing("logged_out", "2001"), standing("logged_out", "2002")]) == [
        ("2001", "LOGGED-OFF")
    ]


def test_an_agent_in_a_snapshot_is_told_what_a_delivery_would_tell():
    one = told("not_ready", "Lunch")
    (part,) = MAPPING.step([one], {}, None, options(states=STATES)).parts
    assert standing("not_ready", "2001", "Lunch").part == part


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, "", Verdict.DELIVERED),
        (400, "Invalid authentication key", Verdict.PARK),
        (500, "State code is required", Verdict.PERMANENT),
    ],
)
def test_answers_to_a_snapshot(status, text, verdict):
    answer = Answer(status, text.encode())
    assert MAPPING.snapshot.judge(answer, options()).verdict is verdict


def test_answers_to_a_snapshot_that_say_nothing_are_left_to_the_core():
    assert MAPPING.snapshot.judge(Answer(400, b"Invalid user code"), options()) is None
    assert MAPPING.snapshot.judge(Answer(500, b"State queue flooded"), options()) is None


def test_floors_are_told_apart_by_their_source():
    assert MAPPING.snapshot.floor(options()) != MAPPING.snapshot.floor(options(source_id="2"))
