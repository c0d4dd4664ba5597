"""The RingCentral mapping against the contract, section 4, "RingCentral"."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from urllib.parse import urlencode

import pytest
from marshmallow import ValidationError

from gateway.mapping import (
    Change,
    ChangeKind,
    ContactFact,
    Content,
    ContentError,
    Identity,
    Named,
    Phase,
    Reason,
    Record,
    Status,
    Unreadable,
)
from gateway.pipeline.read import in_order
from gateway.pipeline.track import Stamp, track
from mappings.sources.ringcentral import MAPPING

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
CALL_ID = "202008281319380132120000030797"
USERNAME = "rc.guest+15300002_1791@example.com"
FORM = "application/x-www-form-urlencoded"
SAMPLES = files(MAPPING.package) / "samples"
STATE = {
    "agent_id": "1369310",
    "prev_state": "AVAILABLE",
    "prev_aux_state": "Available",
    "agent_phone": "16505550100*1212@RC_SOFTPHONE",
    "source_ip": "192.0.2.7",
    "external_agent_id": None,
    "agent_login_id": "612829048",
    "account_id": "15300002",
    "event_type": "ENGAGED",
    "event_aux_type": "",
    "date_time": "2026-03-02 07:59:59",
    "pending_disp": "0",
    "username": USERNAME,
}
CALL = {
    "call_id": CALL_ID,
    "call_source_id": "72992",
    "call_source_name": "My Queue",
    "dnis": "2095550101",
    "call_type": "ACD",
}
END = {
    "event_type": "ACD-CALL",
    "account_id": "15300002",
    "call_id": CALL_ID,
    "call_state": "ANSWERED",
    "call_start": "2026-03-02 07:59:00",
    "call_duration": "18",
    "queue_duration": "3",
    "gate_id": "72992",
    "gate_name": "My Queue",
    "dnis": "4155550110",
    "ani": "5105550111",
    "agent_disposition": "",
    "recording_url": "",
}


def test_a_probe_is_told_by_the_names_of_its_query_string():
    assert {"agent_id", "event_type", "call_id"} < MAPPING.query_names
    assert not MAPPING.query_names & {"hook", "key", "token"}


def content(body=b"", *, method="POST", media_type="", query="", signed=False, at=RECEIVED):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Content(method, media_type, query, raw, signed, at)


def split(told, **options):
    given = told if isinstance(told, Content) else content(told)
    return MAPPING.split(given, MAPPING.options().load(options))


def observe(told, **options):
    (part,) = split(told, **options)
    assert isinstance(part, Record), part
    (observation,) = MAPPING.translate(part, MAPPING.options().load(options), RECEIVED)
    return observation


def state(**changes):
    return observe(STATE | changes)


def encoded(fields):
    return urlencode({name: "null" if told is None else told for name, told in fields.items()})


@pytest.mark.parametrize(
    "told",
    [
        content(STATE | CALL, media_type="application/json"),
        content([STATE | CALL], media_type="text/json"),
        content(STATE | CALL, media_type="text/plain"),
        content(b"\xef\xbb\xbf " + json.dumps(STATE | CALL).encode()),
        content(STATE | CALL, media_type=FORM),
        content(STATE | CALL | {"agent_id": 1369310, "call_id": int(CALL_ID), "extra": ""}),
        content(encoded(STATE | CALL).encode(), media_type=FORM),
        content(encoded(STATE | CALL).encode()),
        content(method="GET", query=encoded(STATE | CALL)),
        content(method="POST", query=encoded(STATE | CALL)),
        content(b" \n", query=encoded(STATE | CALL)),
        content(STATE | CALL, media_type="application/json", signed=True),
        content(encoded(STATE | CALL).encode(), media_type=FORM, signed=True),
    ],
)
def test_every_encoding_tells_the_same(told):
    (part,) = split(told)
    (plain,) = split(STATE | CALL)
    assert (part.agent_id, part.digest, part.at) == (plain.agent_id, plain.digest, plain.at)
    assert observe(told) == observe(STATE | CALL)
    assert observe(told).agent.username == USERNAME
    assert observe(told).contact.id == CALL_ID


@pytest.mark.parametrize(
    "told",
    [
        content(),
        content(b"  "),
        content(method="GET"),
        content(b"{"),
        content((SAMPLES / "seed_unmended.in.txt").read_bytes()),
        content(b'[{"agent_id": NaN}]'),
        content(b'[{"agent_id": "\\ud800"}, {"agent_id": NaN}]'),
        content(b"nonsense"),
        content(b"nonsense", media_type="application/json"),
        content(b"a=%FF", media_type=FORM),
        content(query="a=%FF"),
        content(b"&".join([b"a=1"] * 5000), media_type=FORM),
        content(STATE, signed=True),
        content(STATE, media_type="text/plain", signed=True),
        content(encoded(STATE).encode(), signed=True),
        content(encoded(STATE).encode(), media_type="application/json", signed=True),
    ],
)
def test_what_is_not_what_it_claims(told):
    with pytest.raises(ContentError) as raised:
        split(told)
    assert raised.value.status == 400


@pytest.mark.parametrize("body", ["text", 7, None])
def test_json_that_is_no_event(body):
    with pytest.raises(ContentError) as raised:
        split(content(body, media_type="application/json"))
    assert raised.value.status == 422


def test_what_is_signed_as_a_form_is_a_form():
    told = content(b'{"agent_id"=1&event_type=AVAILABLE&agent_id=7', media_type=FORM, signed=True)
    assert split(told)[0].agent_id == "7"


def test_no_records():
    assert split([]) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"event_type": None}, "event_type"),
        ({"event_type": " - "}, "event_type"),
        ({"agent_id": ""}, "agent_id"),
        ({"agent_id": {"a": 1}}, "agent_id"),
        ({"date_time": "half past seven"}, "date_time"),
        ({"date_time": 1593546241}, "date_time"),
        ({"username": []}, "username"),
    ],
)
def test_what_cannot_be_read(changes, path):
    good, bad = split([STATE, STATE | changes])
    assert isinstance(good, Record)
    assert isinstance(bad, Unreadable)
    assert [each.path for each in bad.flaws] == [f"[1].{path}"]
    (alone,) = split(STATE | changes)
    assert [each.path for each in alone.flaws] == [path]


def test_fields_nobody_knows_decide_nothing():
    assert state(surprise={"a": [1]}) == state()


@pytest.mark.parametrize("told", [None, "", " "])
def test_external_id_that_is_not_told(told):
    assert state(external_agent_id=told).agent.external_id is None


def test_null_is_a_word_but_in_json():
    assert state(external_agent_id="null").agent.external_id == "null"
    told = content(method="GET", query=encoded(STATE | {"external_agent_id": "null"}))
    assert observe(told).agent.external_id is None


def test_identity():
    assert state(external_agent_id=" E-17 ").agent == Identity(
        id="1369310",
        platform="ringcentral",
        account_id="15300002",
        external_id="E-17",
        username=USERNAME,
        phone="16505550100*1212@RC_SOFTPHONE",
    )


@pytest.mark.parametrize("told", [STATE, STATE | {"event_type": "LOGIN"}, END])
def test_the_address_of_an_agent_goes_nowhere(told):
    assert "192.0.2.7" not in repr(observe(told | {"source_ip": "192.0.2.7"}))


def test_time_that_is_missing_or_absurd():
    assert state(date_time=None).at is None
    assert state(date_time="2026-02-30 00:00:00").at.year == 1
    (missing,) = split(STATE | {"date_time": None})
    (absurd,) = split(STATE | {"date_time": "2099-01-01 00:00:00"})
    assert (missing.at, missing.digest, absurd.at) == (None, None, None)
    assert absurd.digest is not None


def test_time_zone():
    assert state().at == datetime(2026, 3, 2, 12, 59, 59, tzinfo=UTC)
    berlin = observe(STATE | {"date_time": "2026-03-02 13:59:59"}, timezone="Europe/Berlin")
    assert berlin.at == datetime(2026, 3, 2, 12, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("minute", "hour"), [(5 * 60 + 31, 5), (6 * 60 + 31, 6)])
def test_the_hour_that_comes_twice(minute, hour):
    received = datetime(2025, 11, 2, minute // 60, minute % 60, tzinfo=UTC)
    told = content(STATE | {"date_time": "2025-11-02 01:30:00"}, at=received)
    assert split(told)[0].at == datetime(2025, 11, 2, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("AVAILABLE", Status.READY),
        ("available ", Status.READY),
        ("TRANSITION", Status.RESERVED),
        ("ENGAGED", Status.BUSY),
        ("LUNCH", Status.NOT_READY),
        ("ON BREAK", Status.NOT_READY),
        ("ON-BREAK", Status.NOT_READY),
        ("On_Break", Status.NOT_READY),
        ("TRAINING", Status.NOT_READY),
        ("AWAY", Status.NOT_READY),
        ("RNA-STATE", Status.NOT_READY),
        ("AUX-UNAVAIL-OFFHOOK", Status.NOT_READY),
        ("AUX-UNAVAIL-NO-OFFHOOK", Status.NOT_READY),
        ("BREAK-AFTER-CALL", Status.BUSY),
        ("OFFLINE", Status.LOGGED_OUT),
        ("OFF-LINE", Status.LOGGED_OUT),
        ("WORKING", Status.NOT_READY),
    ],
)
def test_states(word, status):
    change = state(event_type=word, event_aux_type="A label")
    assert (change.kind, change.status, change.mapped) == (ChangeKind.STATE, status, True)
    assert change.reason == Reason(word.strip(), "A label")
    assert change.next is (Status.NOT_READY if word == "BREAK-AFTER-CALL" else None)


def test_a_state_nobody_knows():
    change = state(event_type="MEDITATING")
    assert (change.status, change.mapped) == (Status.UNKNOWN, False)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"prev_state": "ENGAGED"}, Status.AFTER_CALL_WORK),
        ({"prev_state": "Transition"}, Status.AFTER_CALL_WORK),
        ({"prev_state": "LUNCH"}, Status.NOT_READY),
        ({"prev_state": "LUNCH"} | CALL, Status.AFTER_CALL_WORK),
        ({"pending_disp": "1"}, Status.AFTER_CALL_WORK),
        ({"pending_disp": True}, Status.AFTER_CALL_WORK),
        ({"prev_state": ""}, Status.NOT_READY),
    ],
)
def test_working(changes, status):
    change = state(event_type="WORKING", **changes)
    assert change.status is status
    is_silent = changes.get("prev_state") == ""
    assert bool(change.status_after) is is_silent
    assert (change.follows is None) is is_silent


def test_working_after_the_state_held():
    feed = [STATE, STATE | {"event_type": "WORKING", "prev_state": "", "prev_aux_state": ""}]
    known = None
    for number, told in enumerate(feed):
        known = track(known, observe(told), Stamp("rc", RECEIVED, bytes([number]))).known
    assert known.now.status is Status.AFTER_CALL_WORK


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("AVAILABLE", Status.AFTER_CALL_WORK),
        ("ENGAGED", Status.BUSY),
        ("LUNCH", Status.NOT_READY),
        ("MEDITATING", Status.UNKNOWN),
    ],
)
def test_pending_disposition(word, status):
    assert state(event_type=word, pending_disp=1).status is status


@pytest.mark.parametrize(
    ("word", "aux", "pending", "status", "mapped"),
    [
        ("AWAY", "coaching", "0", Status.BUSY, True),
        ("AVAILABLE", "Outbound-Calls", "0", Status.READY, True),
        ("AVAILABLE", "Outbound Calls", "1", Status.AFTER_CALL_WORK, True),
        ("AWAY", "", "0", Status.READY, True),
        ("AWAY", "", "1", Status.AFTER_CALL_WORK, True),
        ("AWAY", "COACHING", "1", Status.BUSY, True),
        ("meditating", "", "0", Status.NOT_READY, True),
        ("LUNCH", "other", "0", Status.NOT_READY, True),
    ],
)
def test_what_the_operator_says_beats(word, aux, pending, status, mapped):
    statuses = {
        "Coaching": "busy",
        "outbound calls": "ready",
        "Away": "ready",
        "Meditating": "not_ready",
    }
    told = STATE | {"event_type": word, "event_aux_type": aux, "pending_disp": pending}
    change = observe(told, statuses=statuses)
    assert (change.status, change.mapped) == (status, mapped)


@pytest.mark.parametrize(
    "options",
    [
        {"timezone": "Nowhere/Else"},
        {"timezone": "America"},
        {"timezone": "../../etc/passwd"},
        {"timezone": 5},
        {"statuses": {"--": "ready"}},
        {"statuses": {"Lunch": "eating"}},
        {"live_channels": []},
    ],
)
def test_options_that_are_wrong(options):
    with pytest.raises(ValidationError):
        MAPPING.options().load(options)


def test_sessions():
    login = state(event_type="login", prev_state=None, prev_aux_state=None)
    assert (login.kind, login.session_id) == (ChangeKind.LOGIN, "612829048")
    assert (login.status, login.session_seconds) == (Status.UNKNOWN, None)
    logout = state(event_type="LOGOUT", duration="24", prev_state=None, prev_aux_state=None)
    assert (logout.kind, logout.session_seconds) == (ChangeKind.LOGOUT, 24)
    assert logout.status is Status.LOGGED_OUT
    assert state(event_type="LOGOUT", duration="long").session_seconds is None


def test_a_chain_within_one_second_is_put_in_order():
    first = STATE | {"event_type": "AVAILABLE", "prev_state": "LOGIN", "prev_aux_state": ""}
    second = STATE | {
        "event_type": "AVAILABLE",
        "event_aux_type": "Available",
        "prev_aux_state": "",
    }
    third = STATE | {"event_type": "TRANSITION", "prev_aux_state": "AVAILABLE"}
    parts = split([third, second, first])
    assert [each.index for each in in_order(parts)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("ENGAGED", Phase.ACTIVE),
        ("TRANSITION", Phase.OFFERED),
        ("WORKING", Phase.WRAP_UP),
        ("MEDITATING", Phase.UNKNOWN),
    ],
)
def test_the_contact_held(word, phase):
    contact = state(event_type=word, **CALL).contact
    assert (contact.id, contact.channel, contact.phase) == (CALL_ID, "voice", phase)
    assert contact.queue == Named("72992", "My Queue")


@pytest.mark.parametrize(
    ("told", "direction"),
    [("ACD", "inbound"), ("vpd", "outbound"), ("OTHER", None), (None, None)],
)
def test_the_direction_of_the_contact_held(told, direction):
    contact = state(call_id="C1", call_type=told).contact
    assert (contact.direction, contact.queue) == (direction, None)


def test_no_contact_without_a_call():
    assert state(call_source_id="72992", call_type="ACD").contact is None


def test_the_end_of_a_call():
    assert observe(END) == ContactFact(
        agent=None,
        contact_id=CALL_ID,
        account_id="15300002",
        channel="voice",
        direction="inbound",
        queue=Named("72992", "My Queue"),
        outcome="answered",
        customer_address="5105550111",
        dialed_number="4155550110",
        started_at=datetime(2026, 3, 2, 12, 59, tzinfo=UTC),
        duration_seconds=18,
        queue_seconds=3,
    )
    (part,) = split(END)
    assert (part.agent_id, part.outcome, part.follows) == ("", None, None)
    assert part.at == datetime(2026, 3, 2, 12, 59, 18, tzinfo=UTC)


def test_the_end_of_an_outbound_call():
    fact = observe(END | {"event_type": "VPD-CALL", "agent_id": "861", "username": USERNAME})
    assert (fact.direction, fact.agent.id, fact.agent.username) == ("outbound", "861", USERNAME)
    assert (fact.customer_address, fact.dialed_number) == ("4155550110", "4155550110")


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("ANSWERED            ", "answered"),
        ("ABANDON", "abandoned"),
        ("abandoned ", "abandoned"),
        ("DEFLECTED", "deflected"),
        ("Machine", "machine"),
        ("INTERCEPT", "unknown"),
        (None, "unknown"),
    ],
)
def test_how_a_call_ended(told, outcome):
    assert observe(END | {"call_state": told}).outcome == outcome


@pytest.mark.parametrize("told", ["", None, "soon", "-1", "1e400", "nan"])
def test_durations_that_are_none(told):
    fact = observe(END | {"call_duration": told, "queue_duration": told})
    assert (fact.duration_seconds, fact.queue_seconds) == (None, None)


@pytest.mark.parametrize(
    ("told", "url"),
    [
        (" https://r.example.com/?a=1&    b=2 ", "https://r.example.com/?a=1&b=2"),
        ("https://r.example.com/\n  1.WAV", "https://r.example.com/1.WAV"),
        ("HTTPS://r.example.com/1", "HTTPS://r.example.com/1"),
        ("http://r.example.com/1", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)
def test_recordings(told, url):
    assert observe(END | {"recording_url": told}).recording_url == url


def test_every_kind_is_one_observation():
    assert isinstance(observe(STATE), Change)
    assert isinstance(observe(END), ContactFact)
    assert isinstance(observe(END | {"event_type": "acd call"}), ContactFact)
