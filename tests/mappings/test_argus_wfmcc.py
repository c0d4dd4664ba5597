"""ARGUS WFM CC: what is left, what is entered, and how far a retry begins again."""

import orjson
import pytest

from gateway.mapping import Answer, MappingError, Request, Told, Verdict
from mappings.destinations.argus_wfmcc import MAPPING

READY = {"code": "ready", "name": "ready"}
LUNCH = {"code": "not_ready:Lunch", "name": "not_ready:Lunch"}
OK, DOWN, NO = Answer(200), Answer(503), Answer(400)


def options(**more):
    return MAPPING.options().load({"system_id": "made-up"} | more)


def told(status="ready", *, kind="state", label=None, identity="7", since="2026-03-02T12:00:05.7Z"):
    reason = {"code": None, "label": label} if label else None
    data = {"status": status, "since": since, "reason": reason}
    event = {"type": f"wfm.agent.{kind}.v1", "time": "2026-03-02T12:00:09.000Z", "data": data}
    return Told(event, identity)


def through(event, memory, *answers, **more):
    """Return the messages sent, and the settlement."""
    messages, coming = [], iter(answers)
    step = MAPPING.step((event,), memory, None, options(**more))
    while isinstance(step, Request):
        body = orjson.loads(step.body)
        messages.append((body["action"], body["stateCode"], body["actionTime"]))
        step = MAPPING.step((event,), step.memory, next(coming), options(**more))
    verdict = step.judgements[0].verdict if step.judgements else None
    return messages, verdict, step.memory.get("current")


def test_a_change_is_left_then_entered_at_one_moment():
    lunch = told("not_ready", label="Lunch")
    assert through(lunch, {"current": READY}, OK, OK) == (
        [(0, "ready", 1772452805), (1, "not_ready:Lunch", 1772452805)],
        Verdict.DELIVERED,
        LUNCH,
    )


def test_the_first_state_is_entered_and_the_last_one_left():
    assert through(told(), {}, OK)[0] == [(1, "ready", 1772452805)]
    out = told("logged_out")
    assert through(out, {"current": READY}, OK) == (
        [(0, "ready", 1772452805)],
        Verdict.DELIVERED,
        None,
    )
    assert through(told("logged_out", kind="logout"), {"current": None}) == (
        [],
        Verdict.DELIVERED,
        None,
    )
    assert through(told("ready", kind="logout"), {"current": READY}, OK)[0] == [
        (0, "ready", 1772452809)
    ]


def test_what_changes_no_state_is_not_told():
    assert through(told(), {"current": READY}) == ([], Verdict.DELIVERED, READY)


@pytest.mark.parametrize("answers", [(DOWN,), (OK, DOWN), (NO,), (OK, NO)])
def test_what_fails_is_judged_by_its_status_and_nothing_counts_as_entered(answers):
    _, verdict, current = through(told("busy"), {"current": READY}, *answers)
    assert verdict is None
    assert current in (READY, None)


def test_the_customers_codes_and_names():
    event = told("not_ready", label="Lunch")
    words = {"states": {"not_ready:Lunch": "17"}, "names": {"not_ready:*": "Away"}}
    request = MAPPING.step((event,), {}, None, options(**words))
    body = orjson.loads(request.body)
    assert (body["stateCode"], body["stateName"], body["systemId"]) == ("17", "Away", "made-up")


def test_what_it_has_no_words_for():
    settled = MAPPING.step((told(kind="profile"),), {"current": READY}, None, options())
    assert settled.judgements[0].verdict is Verdict.UNSUPPORTED
    with pytest.raises(MappingError):
        MAPPING.step((told(identity=None),), {}, None, options())
    with pytest.raises(MappingError):
        MAPPING.step((told(since=7),), {}, None, options())
