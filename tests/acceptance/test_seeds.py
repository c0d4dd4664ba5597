"""The published samples through the real process arrive as the contract says, field by field."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from gateway.operations.schemas import event_schema
from tests.acceptance.conforming import problems
from tests.acceptance.process import Gateway
from tests.acceptance.published import (
    ACTIVE,
    AGENT,
    ANSWERED,
    AVAILABLE,
    BARE,
    CHAT,
    DEFLECTED,
    IN_CHAT,
    OFFERED,
    OFFLINE,
    ON_VOICE,
    VOICE,
    WORKER,
    before,
    engaged_states,
    inferred,
    state,
)
from tests.acceptance.test_slices import cloudevents, sources
from tests.standins.wfm import WfmStandIn

FLEX = files("mappings.sources.flex_rta") / "samples"
ENGAGE = files("mappings.sources.ringcentral") / "samples"
FEEDS = (
    "  flex: {type: flex_rta, auth: {type: none}}\n"
    "  engage: {type: ringcentral, auth: {type: none}}\n"
)
ALL_OF_FLEX = ("offline", "created_voice", "accepted_voice", "two_channels")
ALL_STATES = ("state_first", "state_label", "state_transition", "state_engaged")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")
TOLD_WHEN_ASKED = "include: [agent_contact, customer, recording, notes]"


async def through_the_gateway(folder, source, *bodies, more=""):
    """Post the bodies one after another; return the events that arrived, each a valid one."""
    folder.mkdir(exist_ok=True)
    started = datetime.now(UTC)
    async with WfmStandIn() as wfm:
        async with Gateway(folder, sources(FEEDS) + cloudevents(wfm.url, more)) as gateway:
            for body in bodies:
                status, answer = await gateway.post(source, body)
                assert (status, answer["accepted"]) == (200, 1), body
            await gateway.until(gateway.untranslated, wanted=0)
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
        assert {each.headers["Content-Type"].split(";")[0] for each in wfm.received} == {
            "application/cloudevents+json"
        }
        events = [json.loads(each.body) for each in wfm.received]
    for event in events:
        check_envelope(event, source, started)
    assert len({each["id"] for each in events}) == len(events)
    return events


def check_envelope(event, source, started):
    """What is the same of every event, and that all of it is as the schema says."""
    assert problems(event, event_schema()) == []
    assert (event["specversion"], event["datacontenttype"]) == ("1.0", "application/json")
    assert event["dataschema"] == "urn:wfm-gateway:schema:v1"
    assert event["source"] == f"/sources/{source}"
    assert event["partitionkey"] == event["subject"]
    assert MOMENT.fullmatch(event["time"])
    assert MOMENT.fullmatch(event["recordedtime"])
    recorded = datetime.fromisoformat(event["recordedtime"])
    assert started - timedelta(milliseconds=1) <= recorded <= datetime.now(UTC)


def bodies(folder, *names):
    return [(folder / f"{name}.in.json").read_bytes() for name in names]


def of(events, subject):
    """Return what was told of a subject, in the order of arrival: type, time, data."""
    return [
        (each["type"], each["time"], each["data"]) for each in events if each["subject"] == subject
    ]


async def test_flex_samples_of_one_agent(tmp_path):
    events = await through_the_gateway(tmp_path, "flex", *bodies(FLEX, *ALL_OF_FLEX))
    offline = state(
        "logged_out",
        OFFLINE,
        "2021-06-06T10:51:19.778Z",
        agent=WORKER,
        native_id="EV00000000000000000000000000000002",
    )
    reserved = state(
        "reserved",
        AVAILABLE,
        "2021-06-06T11:09:09.240Z",
        agent=WORKER,
        previous=before("logged_out", OFFLINE, "2021-06-06T10:51:19.778Z"),
        contacts=[OFFERED],
        channels=[VOICE],
        native_id="EV00000000000000000000000000000001",
    )
    busy = reserved | {
        "status": "busy",
        "since": "2021-06-06T11:10:00.561Z",
        "previous": before("reserved", AVAILABLE, "2021-06-06T11:09:09.240Z"),
        "contacts": [ACTIVE],
        "native_id": "EV00000000000000000000000000000003",
    }
    assert of(events, WORKER["key"]) == [
        ("wfm.agent.state.v1", "2021-06-06T10:52:04.383Z", offline),
        ("wfm.agent.login.v1", "2021-06-06T11:09:09.240Z", inferred(reserved, "activity")),
        ("wfm.agent.state.v1", "2021-06-06T11:09:09.240Z", reserved),
        ("wfm.agent.state.v1", "2021-06-06T11:10:00.561Z", busy),
    ]


async def test_the_two_channel_sample_is_busy_since_the_first_contact(tmp_path):
    events = await through_the_gateway(tmp_path, "flex", *bodies(FLEX, "two_channels"))
    sid = "WK00000000000000000000000000000010"
    busy = state(
        "busy",
        AVAILABLE,
        "2021-06-06T11:44:42.262Z",
        agent=WORKER | {"id": sid, "key": f"flex:{sid}"},
        contacts=[ON_VOICE, IN_CHAT],
        channels=[VOICE, CHAT],
        native_id="EV00000000000000000000000000000004",
    )
    assert of(events, f"flex:{sid}") == [
        ("wfm.agent.login.v1", "2021-06-06T12:26:18.104Z", inferred(busy, "first_seen")),
        ("wfm.agent.state.v1", "2021-06-06T12:26:18.104Z", busy),
    ]


async def test_flex_samples_with_the_placeholders_of_the_page(tmp_path):
    printed = [
        SID.sub(lambda sid: sid[1] + "x" * 32, body.decode()).encode()
        for body in bodies(FLEX, *ALL_OF_FLEX)
    ]
    alone = await through_the_gateway(tmp_path / "alone", "flex", printed[-1])
    assert [(each["data"]["status"], each["data"]["since"]) for each in alone] == [
        ("busy", "2021-06-06T11:44:42.262Z")
    ] * 2
    assert [each["channel"] for each in alone[1]["data"]["contacts"]] == ["voice", "chat"]
    events = await through_the_gateway(tmp_path / "together", "flex", *printed)
    assert [(each["data"]["status"], each["data"]["since"]) for each in events][:4] == [
        ("logged_out", "2021-06-06T10:51:19.778Z"),
        ("reserved", "2021-06-06T11:09:09.240Z"),
        ("reserved", "2021-06-06T11:09:09.240Z"),
        ("busy", "2021-06-06T11:10:00.561Z"),
    ]
    assert all(each["data"]["since"] == "2021-06-06T11:10:00.561Z" for each in events[3:])


async def test_ringcentral_states_and_calls(tmp_path):
    samples = bodies(ENGAGE, *ALL_STATES, "call_deflected", "call_answered")
    events = await through_the_gateway(tmp_path, "engage", *samples)
    states = engaged_states()
    called = "wfm.contact.completed.v1"
    answered = BARE | {"agent": AGENT, "contact": ANSWERED, "time_source": "platform"}
    assert of(events, "engage:1369310") == [
        ("wfm.agent.login.v1", states[0]["since"], inferred(states[0], "first_seen")),
        *(("wfm.agent.state.v1", each["since"], each) for each in states),
        (called, "2020-07-01T01:36:55.000Z", answered),
    ]
    deflected = BARE | {"agent": None, "contact": DEFLECTED, "time_source": "platform"}
    assert of(events, "engage:queue:72992") == [(called, "2020-07-01T01:31:48.000Z", deflected)]
    assert "192.168.0.100" not in json.dumps(events)


async def test_personal_data_is_told_where_it_is_asked_for(tmp_path):
    samples = bodies(ENGAGE, "state_first", "call_answered")
    events = await through_the_gateway(tmp_path, "engage", *samples, more=f", {TOLD_WHEN_ASKED}")
    *_, (_, _, ready), (_, _, answered) = of(events, "engage:1369310")
    assert ready["agent"]["phone"] == "16505550100*1212@RC_SOFTPHONE"
    contact = answered["contact"]
    assert (contact["customer_address"], contact["disposition"]) == ("5105550111", None)
    assert contact["recording_url"].startswith("https://c02-recordings.virtualacd.biz/")
    assert not re.search(r"\s", contact["recording_url"])


async def test_a_login_and_the_states_of_another_session(tmp_path):
    samples = bodies(ENGAGE, "login", "state_first", "logout")
    told = of(await through_the_gateway(tmp_path, "engage", *samples), "engage:1369310")
    assert [
        (kind, data["status"], data["session_id"], data["basis"]) for kind, _, data in told
    ] == [
        ("wfm.agent.login.v1", "unknown", "612730076", None),
        ("wfm.agent.state.v1", "logged_out", "612730076", "session"),
        ("wfm.agent.logout.v1", "logged_out", "612730076", "session"),
        ("wfm.agent.login.v1", "ready", "612829048", "session"),
        ("wfm.agent.state.v1", "ready", "612829048", None),
    ]
    login, ended = told[0], told[1]
    assert (login[1], login[2]["inferred"]) == ("2020-06-25T18:36:49.000Z", False)
    assert (ended[1], ended[2]["since"]) == ("2020-06-30T23:44:01.000Z",) * 2


async def test_a_logout_of_nobody_known(tmp_path):
    sample = bodies(ENGAGE, "logout")
    (gone, logout) = of(await through_the_gateway(tmp_path, "engage", *sample), "engage:1369310")
    assert (gone[0], logout[0]) == ("wfm.agent.state.v1", "wfm.agent.logout.v1")
    for _, time, data in (gone, logout):
        assert time == data["since"] == "2020-07-16T23:21:19.000Z"
        assert (data["status"], data["session_id"]) == ("logged_out", "612960320")
        assert (data["agent"], data["inferred"], data["basis"]) == (AGENT, False, None)
    assert logout[2]["session_seconds"] == 24


@pytest.mark.parametrize(
    ("source", "folder", "names"),
    [
        ("flex", FLEX, ALL_OF_FLEX),
        ("engage", ENGAGE, (*ALL_STATES, "call_deflected", "call_answered")),
    ],
)
async def test_ids_are_the_same_in_another_gateway(tmp_path, source, folder, names):
    one, other = [
        await through_the_gateway(tmp_path / each, source, *bodies(folder, *names))
        for each in ("one", "other")
    ]
    assert {each["id"] for each in one} == {each["id"] for each in other}


async def test_unmended_samples_get_a_clear_answer_and_are_kept(tmp_path):
    unmended = [
        *(("flex", each) for each in FLEX.iterdir() if each.name.endswith(".in.txt")),
        ("engage", ENGAGE / "seed_unmended.in.txt"),
    ]
    assert len(unmended) == 4
    async with Gateway(tmp_path, sources(FEEDS) + "destinations: {}\n") as gateway:
        for source, sample in unmended:
            status, problem = await gateway.post(source, sample.read_bytes())
            assert (status, problem["status"]) == (400, 400)
            assert "JSON" in problem["detail"]
        assert await gateway.count("quarantine") == len(unmended)
