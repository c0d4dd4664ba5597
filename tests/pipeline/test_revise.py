"""Events made again, compared with those made before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from gateway.model.event import Event, EventType
from gateway.pipeline.revise import compare, revision_id

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def event(name, kind=EventType.STATE, at=NOON, **data):
    told = {"agent": {"key": "flex:anna", "wfm_id": None}, "status": "ready"} | data
    return Event(name, "flex", kind, "flex:anna", at, at, told)


def stored(*events):
    return [orjson.dumps(each.envelope()) for each in events]


def ids(compared):
    return [each.event.id for each in compared.revised]


def test_what_is_equal_is_the_same_whoever_the_agent_is_called_now():
    named = event("e1", agent={"key": "flex:anna", "wfm_id": "E17"})
    compared = compare([named], stored(event("e1")))
    assert ([each.event.id for each in compared.same], compared.revised, compared.gone) == (
        ["e1"],
        [],
        [],
    )


def test_a_time_more_exact_than_what_is_kept_is_no_difference():
    made = event("e1", at=NOON + timedelta(microseconds=3_743))
    compared = compare([made], stored(made))
    assert (len(compared.same), compared.revised, compared.gone) == (1, [], [])


def test_what_differs_is_a_revision_of_what_it_stands_in_for():
    compared = compare([event("e1", status="not_ready")], stored(event("e1")))
    (revised,) = compared.revised
    assert revised.before.id == "e1"
    assert revised.event.id == revision_id("e1")
    assert revised.event.data["status"] == "not_ready"


def test_made_once_more_it_is_the_same():
    lunch = event("e1", status="not_ready")
    (revised,) = compare([lunch], stored(event("e1"))).revised
    again = compare([lunch], stored(event("e1"), revised.event))
    assert (len(again.same), again.revised, again.gone) == (1, [], [])


def test_a_second_thought_is_a_revision_of_the_first():
    (first,) = compare([event("e1", status="not_ready")], stored(event("e1"))).revised
    (second,) = compare([event("e1", status="busy")], stored(event("e1"), first.event)).revised
    assert second.before.id == first.event.id
    assert second.event.id == revision_id(first.event.id)
    back = compare([event("e1")], stored(event("e1"), first.event, second.event))
    assert len(ids(back)) == 1
    assert back.revised[0].event.id not in {"e1", first.event.id, second.event.id}


def test_what_was_not_made_before_is_new_under_its_own_id():
    login = event("e0", EventType.LOGIN)
    compared = compare([login, event("e1")], stored(event("e1")))
    assert ids(compared) == ["e0"]
    assert compared.revised[0].before is None


def test_what_is_not_made_any_more_is_gone():
    compared = compare([event("e1")], stored(event("e0", EventType.LOGIN), event("e1")))
    assert [each.id for each in compared.gone] == ["e0"]
    assert len(compared.same) == 1


def test_the_same_events_in_another_place_are_the_same():
    later = NOON + timedelta(seconds=1)
    before = [event("a", status="busy"), event("b", at=later)]
    now = [replace(each, id=name) for each, name in zip(before, ("x", "y"), strict=True)]
    assert len(compare(now, stored(*before)).same) == 2


def test_a_contact_says_which_revision_it_is():
    def call(outcome, revision=None):
        contact = {"id": "c1", "outcome": outcome, "revision": revision}
        return event("e1", EventType.CONTACT, contact=contact)

    (first,) = compare([call("abandoned")], stored(call("answered"))).revised
    assert first.event.data["contact"]["revision"] == 1
    again = compare([call("abandoned")], stored(call("answered"), first.event))
    assert (len(again.same), again.revised) == (1, [])
