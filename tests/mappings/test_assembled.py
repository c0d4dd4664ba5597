"""Assembled: who is looked up, what is told, what each answer means."""

import orjson
import pytest

from gateway.mapping import Answer, MappingError, Request, Told, Verdict
from mappings.destinations.assembled import MAPPING

LISTED = Answer(200, b'{"agents": {"as-1": {"import_id": "7", "email": "Anna@Example.com"}}}')
OK = Answer(200, b"{}")


def options(**more):
    return MAPPING.options().load(more)


def told(status="busy", *, kind="state", identity="7", channel="voice", **more):
    data = {
        "agent": {"name": None},
        "status": status,
        "since": "2026-03-02T12:00:05.700Z",
        "reason": None,
        "contacts": [{"channel": channel}],
    }
    event = {"id": "e1", "type": f"wfm.agent.{kind}.v1", "time": "2026-03-02T12:00:09.000Z"}
    return Told(event | {"data": data | more}, identity)


def through(event, memory, *answers, **more):
    """Return the requests, and the settlement."""
    asked, coming = [], iter(answers)
    step = MAPPING.step((event,), memory, None, options(**more))
    while isinstance(step, Request):
        asked.append((step.method, step.path, orjson.loads(step.body or b"null")))
        step = MAPPING.step((event,), step.memory, next(coming), options(**more))
    return asked, step


def test_the_status_is_told_with_our_time_and_id():
    ((method, path, body),), settled = through(told(), {}, OK)
    assert (method, path) == ("POST", "/agents/status")
    assert body == {
        "agent_id": "7",
        "event_id": "e1",
        "status": "busy",
        "start_time": 1772452805,
        "channel": "phone",
    }
    assert settled.judgements[0].verdict is Verdict.DELIVERED


@pytest.mark.parametrize(("by", "identity"), [("import_id", "7"), ("email", "anna@example.COM")])
def test_an_agent_is_looked_up_once_and_remembered(by, identity):
    event = told(identity=identity)
    asked, settled = through(event, {}, LISTED, OK, agents_by=by)
    assert [path for _, path, _ in asked] == ["/agents", "/agents/status"]
    assert asked[1][2]["agent_id"] == "as-1"
    again, _ = through(event, settled.memory, OK, agents_by=by)
    assert [path for _, path, _ in again] == ["/agents/status"]


def test_who_is_not_listed_is_held_and_looked_up_again():
    _, settled = through(told(identity="8"), {}, LISTED, agents_by="import_id")
    assert (settled.judgements[0].verdict, settled.memory) == (Verdict.HOLD, {})
    wrong = Answer(400, b'{"message": "invalid agent_id"}')
    _, settled = through(told(), {"agent_id": "as-9"}, wrong, agents_by="import_id")
    assert (settled.judgements[0].verdict, settled.memory) == (Verdict.HOLD, {})


@pytest.mark.parametrize("answers", [(Answer(429),), (LISTED, Answer(503)), (LISTED, Answer(401))])
def test_what_fails_is_judged_by_its_status(answers):
    _, settled = through(told(), {}, *answers, agents_by="import_id")
    assert settled.judgements is None


def test_a_list_that_cannot_be_read_is_asked_for_again():
    for body in (b"<html>", b"[]", b'{"agents": []}', b'{"agents": {"as-1": '):
        _, settled = through(told(), {}, Answer(200, body), agents_by="email")
        assert settled.judgements[0].verdict is Verdict.RETRY


def test_words_and_channels():
    lunch = {"reason": {"code": None, "label": "Lunch"}, "contacts": []}
    ((_, _, body),), _ = through(told("not_ready", **lunch), {}, OK)
    assert body["status"] == "not_ready:Lunch"
    assert "channel" not in body
    for kind, status, word in (("login", "ready", "online"), ("logout", "logged_out", "offline")):
        assert through(told(status, kind=kind), {}, OK)[0][0][2]["status"] == word
    states = {"not_ready:*": "away"}
    assert through(told("not_ready", **lunch), {}, OK, states=states)[0][0][2]["status"] == "away"
    with pytest.raises(MappingError):
        MAPPING.step((told(identity=None),), {}, None, options())
