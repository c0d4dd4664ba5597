"""Calabrio's SOAP service: what each answer means, and what XML has no place for."""

from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.mapping import Answer, Request, Told, Verdict
from mappings.destinations.calabrio_rta_soap import MAPPING
from tests.standins.calabrio_schema import read_envelope
from tests.standins.delivery import NOON

OPTIONS = {"authentication_key": "made-up", "source_id": "1"}


def options(**more):
    return MAPPING.options().load(OPTIONS | more)


def told(status="busy", *, kind="state", identity="2001", label=None):
    data = {"status": status, "since": "2026-03-02T12:00:00.000Z", "reason": None}
    if label is not None:
        data["reason"] = {"code": None, "label": label}
    event = {"type": f"wfm.agent.{kind}.v1", "time": "2026-03-02T12:00:00.000Z", "data": data}
    return Told(event, identity)


def result(number, *, name="SaveExternalUserState"):
    text = f'<r xmlns="http://tempuri.org/"><{name}Result>{number}</{name}Result></r>'
    return Answer(200, text.encode())


def fault(words, status=500):
    return Answer(
        status, f"<s:F xmlns:s='x'><faultstring>{escape(words)}</faultstring></s:F>".encode()
    )


RESULT_1 = result(-100).body


def judged(answer, *events):
    (first, *_) = settled = MAPPING.step(events or (told(),), {}, answer, options()).judgements or (
        None,
    )
    return first.verdict if first else None, len(settled)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (result(1), Verdict.DELIVERED),
        (result(-100), Verdict.HOLD),
        (result(-200), Verdict.PARK),
        (result(-300), Verdict.PARK),
        (result(7), Verdict.PERMANENT),
        (result("many"), None),
        (fault("You supplied an invalid authentication key."), Verdict.PARK),
        (fault("The queue is full."), None),
        (fault("The queue is full.", status=200), Verdict.RETRY),
        (fault("", status=200), Verdict.RETRY),
        (Answer(200, b"<html>"), None),
        (Answer(200, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), None),
        (Answer(502), None),
        (Answer(200, b"<a>" * 20_000 + RESULT_1 + b"</a>" * 20_000), None),  # too much to read
    ],
)
def test_what_each_answer_means(answer, verdict):
    assert judged(answer)[0] is verdict


def test_of_a_batch_with_somebody_unknown_each_is_told_alone():
    events = (told(), told(identity="2002"))
    answer = result(-100, name="SaveBatchExternalUserState")
    assert judged(answer, *events) == (Verdict.HOLD, 2)


def test_whoever_is_logged_out_is_told_as_the_service_writes_it():
    request = MAPPING.step((told("logged_out"),), {}, None, options())
    _, members = read_envelope(request.body)
    assert (members["stateCode"], members["isLoggedOn"]) == ("LOGGED-OFF", False)
    logout = MAPPING.step((told("logged_out", kind="logout"),), {}, None, options())
    assert logout.parts == request.parts


@given(st.text(max_size=400), st.text(min_size=1, max_size=60).filter(str.strip))
def test_whatever_it_is_called_it_is_a_call_that_the_schema_allows(label, identity):
    request = MAPPING.step(
        (told("not_ready", label=label, identity=identity),), {}, None, options()
    )
    assert isinstance(request, Request)
    _, members = read_envelope(request.body)
    assert 1 <= len(members["stateCode"]) <= 300


def test_a_state_is_described_by_its_reason():
    states = {"not_ready:lunch": "17", "ready": "4"}
    described = {}
    for status, label in (("not_ready", "Lunch"), ("ready", None)):
        request = MAPPING.step((told(status, label=label),), {}, None, options(states=states))
        _, members = read_envelope(request.body)
        described[members["stateCode"]] = members["stateDescription"]
    assert described == {"17": "Lunch", "4": "ready"}


def test_a_snapshot_is_one_batch_and_its_closing_call_under_one_id():
    snapshot = MAPPING.snapshot
    standings = [snapshot.standing(told(identity=each), options()) for each in ("1", "2")]
    _, batch = read_envelope(snapshot.request(standings, NOON, options()).body)
    _, closing = read_envelope(snapshot.closing(NOON, options()).body)
    ids = {each["BatchId"] for each in batch["externalUserStateBatch"]}
    assert ids == {closing["batchId"]}
    assert all(each["IsSnapshot"] for each in batch["externalUserStateBatch"])
    assert (closing["userCode"], closing["isSnapshot"]) == ("", True)
    out = replace(standings[0], is_in=False)
    assert len(read_envelope(snapshot.request([out], NOON, options()).body)[1]) > 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"platform_type_id": "0"}, "Not a GUID"),
        ({"source_id": "x" * 51}, "between 1 and 50"),
        ({"authentication_key": ""}, "Must not be empty"),
        ({"states": {"busi": "InCall"}}, "Not a status"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(wrong, said):
    with pytest.raises(ValidationError) as refused:
        options(**wrong)
    assert said in str(refused.value)
