"""The published samples through the real process arrive as the contract says."""

import json
from importlib.resources import files

from tests.acceptance.process import Gateway
from tests.acceptance.test_slices import cloudevents, sources
from tests.standins.wfm import WfmStandIn

FLEX = files("mappings.sources.flex_rta") / "samples"
ENGAGE = files("mappings.sources.ringcentral") / "samples"
FEEDS = (
    "  flex: {type: flex_rta, auth: {type: none}}\n"
    "  engage: {type: ringcentral, auth: {type: none}}\n"
)
AGENT = "flex:WK00000000000000000000000000000001"
CALL = "202008281319380132120000030797"


class Told:
    """What a destination got, by what happened."""

    def __init__(self, received):
        self.events = [json.loads(each.body) for each in received]

    def of(self, kind, subject):
        wanted = (f"wfm.{kind}.v1", subject)
        return [each for each in self.events if (each["type"], each["subject"]) == wanted]


async def through_the_gateway(folder, source, *samples):
    """Post the samples one after another; return what arrived."""
    folder.mkdir(exist_ok=True)
    async with WfmStandIn() as wfm:
        async with Gateway(folder, sources(FEEDS) + cloudevents(wfm.url)) as gateway:
            for sample in samples:
                status, answer = await gateway.post(source, sample.read_bytes())
                assert (status, answer["accepted"]) == (200, 1), sample.name
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
            await gateway.until(gateway.untranslated, wanted=0)
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
        return Told(wfm.received)


async def test_flex_samples(tmp_path):
    names = ("offline", "created_voice", "accepted_voice")
    told = await through_the_gateway(
        tmp_path, "flex", *(FLEX / f"{name}.in.json" for name in names)
    )
    offline, reserved, busy = (each["data"] for each in told.of("agent.state", AGENT))
    assert (offline["status"], offline["since"]) == ("logged_out", "2021-06-06T10:51:19.778Z")
    assert (offline["contacts"], offline["channels"], offline["previous"]) == ([], [], None)
    assert (reserved["status"], reserved["since"]) == ("reserved", "2021-06-06T11:09:09.240Z")
    assert reserved["previous"]["status"] == "logged_out"
    assert reserved["contacts"][0]["native_status"] == "created"
    assert (busy["status"], busy["since"]) == ("busy", "2021-06-06T11:10:00.561Z")
    assert busy["contacts"] == [
        {
            "id": "WT00000000000000000000000000000001",
            "reservation_id": "WR00000000000000000000000000000001",
            "channel": "voice",
            "direction": "inbound",
            "phase": "active",
            "queue": {"id": "WQ00000000000000000000000000000001", "name": None},
            "workflow_id": "WW00000000000000000000000000000001",
            "offered_at": "2021-06-06T11:09:09.240Z",
            "since": "2021-06-06T11:10:00.561Z",
            "native_status": "accepted",
            "task_status": "assigned",
        }
    ]
    assert busy["channels"][0]["available"] is True
    (login,) = told.of("agent.login", AGENT)
    assert (login["data"]["inferred"], login["data"]["basis"]) == (True, "activity")
    assert login["time"] == "2021-06-06T11:09:09.240Z"


async def test_the_two_channel_sample_is_busy_since_the_first_contact(tmp_path):
    told = await through_the_gateway(tmp_path, "flex", FLEX / "two_channels.in.json")
    (state,) = [each for each in told.events if each["type"] == "wfm.agent.state.v1"]
    assert (state["data"]["status"], state["data"]["since"]) == ("busy", "2021-06-06T11:44:42.262Z")
    assert [each["channel"] for each in state["data"]["contacts"]] == ["voice", "chat"]
    assert [each["direction"] for each in state["data"]["contacts"]] == [None, None]
    assert [each["free_percent"] for each in state["data"]["channels"]] == [0, 75]
    assert state["time"] == "2021-06-06T12:26:18.104Z"


async def test_ringcentral_samples(tmp_path):
    names = ("state_first", "state_label", "state_transition", "state_engaged")
    names += ("call_deflected", "call_answered")
    told = await through_the_gateway(
        tmp_path, "engage", *(ENGAGE / f"{name}.in.json" for name in names)
    )
    agent = "engage:1369310"
    (login,) = told.of("agent.login", agent)
    assert (login["data"]["basis"], login["data"]["session_id"]) == ("first_seen", "612829048")
    states = [each["data"] for each in told.of("agent.state", agent)]
    assert [(each["status"], each["since"]) for each in states] == [
        ("ready", "2020-06-30T23:44:01.000Z"),
        ("ready", "2020-06-30T23:44:02.000Z"),
        ("reserved", "2020-06-30T23:44:30.000Z"),
        ("busy", "2020-06-30T23:44:30.000Z"),
    ]
    assert states[1]["reason"] == {"code": "AVAILABLE", "label": "Available"}
    assert (states[3]["contacts"][0]["id"], states[3]["contacts"][0]["phase"]) == (CALL, "active")
    assert states[3]["contacts"][0]["queue"] == {"id": "72992", "name": "My Queue"}
    assert states[3]["agent"]["username"] == "rc.guest+15300002_1791@example.com"
    assert states[3]["agent"]["phone"] is None
    (deflected,) = told.of("contact.completed", "engage:queue:72992")
    assert deflected["data"]["agent"] is None
    assert deflected["data"]["contact"]["outcome"] == "deflected"
    (answered,) = told.of("contact.completed", agent)
    contact = answered["data"]["contact"]
    assert (contact["duration_seconds"], contact["queue_seconds"]) == (18, 3)
    assert contact["started_at"] == "2020-07-01T01:36:37.000Z"
    assert contact["ended_at"] == answered["time"] == "2020-07-01T01:36:55.000Z"
    for withheld in ("customer_address", "recording_url", "disposition", "talk_seconds"):
        assert contact[withheld] is None
    assert "192.168.0.100" not in json.dumps(told.events)


async def test_a_session_from_login_to_logout(tmp_path):
    told = await through_the_gateway(
        tmp_path, "engage", ENGAGE / "login.in.json", ENGAGE / "logout.in.json"
    )
    assert [each["type"] for each in told.events] == ["wfm.agent.login.v1"]
    told = await through_the_gateway(tmp_path / "alone", "engage", ENGAGE / "logout.in.json")
    state, logout = told.events
    assert (state["data"]["status"], logout["type"]) == ("logged_out", "wfm.agent.logout.v1")
    assert logout["data"]["session_seconds"] == 24


async def test_ids_are_the_same_in_another_gateway(tmp_path):
    sample = FLEX / "accepted_voice.in.json"
    one = await through_the_gateway(tmp_path / "one", "flex", sample)
    other = await through_the_gateway(tmp_path / "other", "flex", sample)
    assert [each["id"] for each in one.events] == [each["id"] for each in other.events]


async def test_unmended_samples_get_a_clear_answer_and_are_kept(tmp_path):
    unmended = sorted(
        (source, each)
        for source, folder in (("flex", FLEX), ("engage", ENGAGE))
        for each in folder.iterdir()
        if "unmended" in each.name and ".in." in each.name
    )
    assert {source for source, _ in unmended} == {"flex", "engage"}
    async with Gateway(tmp_path, sources(FEEDS) + "destinations: {}\n") as gateway:
        for source, sample in unmended:
            status, problem = await gateway.post(source, sample.read_bytes())
            assert (status, problem["status"]) == (400, 400)
            assert "JSON" in problem["detail"]
        assert await gateway.count("quarantine") == len(unmended)
