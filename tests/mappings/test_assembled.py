"""Assembled: who is looked up, what is told, what each answer means."""

import orjson
import pytest
from marshmallow import ValidationError

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


BULK = {"unverified_bulk": True}
TAKEN = Answer(202, b"{}")


def completed(identity="7", **more):
    contact = {
        "id": "c-1",
        "channel": "sms",
        "queue": {"id": "q", "name": "Support"},
        "started_at": "2026-03-02T12:00:05.700Z",
        "disposition": None,
        "outcome": "answered",
    }
    event = told(kind="state", identity=identity, agent=identity and {"name": None})
    data = {"agent": event.data["agent"], "contact": contact | more}
    return Told({**event.event, "type": "wfm.contact.completed.v1", "data": data}, identity)


def all_through(events, *answers, **more):
    asked, coming = [], iter(answers)
    step = MAPPING.step(events, {}, None, options(**BULK, **more))
    while isinstance(step, Request):
        assert len(step.parts) == len(events)
        asked.append((step.path, orjson.loads(step.body or b"null")))
        step = MAPPING.step(events, step.memory, next(coming), options(**BULK, **more))
    return asked, [each.verdict.value for each in step.judgements or ()], step.memory


def test_in_bulk_everybody_is_looked_up_at_once_and_strangers_are_held():
    events = (told(identity="7"), told(identity="8"), completed("7"), completed(None, id="c-2"))
    asked, verdicts, _ = all_through(events, LISTED, TAKEN, TAKEN, agents_by="import_id")
    assert [path for path, _ in asked] == ["/agents", "/agents/state/bulk", "/conversations/bulk"]
    assert [each["agent_id"] for each in asked[1][1]["states"]] == ["as-1"]
    both = asked[2][1]["conversations"]
    assert [each.get("assigned_agent_id") for each in both] == ["as-1", None]
    assert verdicts == ["delivered", "hold", "delivered", "delivered"]


def test_in_bulk_nobody_known_is_told_of_nobody():
    strangers = (told(identity="8"), completed("9"))
    asked, verdicts, _ = all_through(strangers, LISTED, agents_by="import_id")
    assert ([path for path, _ in asked], verdicts) == (["/agents"], ["hold", "hold"])


def test_in_bulk_an_agent_who_is_alone_is_remembered():
    asked, _, memory = all_through((told(),), LISTED, TAKEN, agents_by="import_id")
    assert memory == {"agent_id": "as-1"}
    step = MAPPING.step((told(),), memory, None, options(**BULK, agents_by="import_id"))
    assert step.path == "/agents/state/bulk"
    assert len(asked) == 2


@pytest.mark.parametrize("answer", [Answer(503), Answer(429), Answer(400, b"invalid agent_id")])
@pytest.mark.parametrize("before", [(LISTED,), (LISTED, TAKEN)])
def test_in_bulk_what_fails_is_judged_as_a_whole(before, answer):
    """Also those who were not listed: else the others would be blamed one by one for nothing."""
    events = (told(), told(identity="8"), completed())
    _, verdicts, _ = all_through(events, *before, answer, agents_by="import_id")
    assert verdicts == []


def test_in_bulk_one_who_is_refused_alone_is_held():
    wrong = Answer(400, b'{"message": "invalid agent_id"}')
    assert all_through((told(),), wrong)[1:] == (["hold"], {})


@pytest.mark.parametrize(
    "missing", [{"id": None}, {"channel": "pigeon"}, {"channel": None}, {"started_at": None}]
)
def test_in_bulk_a_contact_without_what_is_required_is_unsupported(missing):
    asked, verdicts, _ = all_through((told(), completed(**missing)), TAKEN)
    assert (asked, verdicts) == ([], ["retry", "unsupported"])


def test_in_bulk_a_time_that_cannot_be_read_is_found_before_anything_is_sent():
    with pytest.raises(MappingError):
        all_through((told(), completed(ended_at="yesterday")))


def test_the_bulk_form_has_to_be_asked_for_by_its_name():
    assert options().unverified_bulk is False
    for name, value in (("unverified_times", "unix"), ("unverified_queues", {"q": "1"})):
        with pytest.raises(ValidationError) as problem:
            options(**{name: value})
        assert problem.value.messages == {name: ["Only with unverified_bulk: true."]}
