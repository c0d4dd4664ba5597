"""What becomes known of who an agent is: told as `agent.profile`, and as the WFM id."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.agent import Identity, Named, Reason, RosterEntry, Status, wfm_id_of
from gateway.model.observation import Activity, ContactFact, Glimpse
from gateway.pipeline.track import KnownAgent, Stamp, track

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STAMP = Stamp("tasks", NOON + timedelta(hours=1), b"g")
ANNA = Identity("anna", "flex", email="anna@example.com", attributes=(("badge", "77"),))


def glimpse(seconds, identity=ANNA, status=Status.READY):
    at = NOON + timedelta(seconds=seconds)
    return Glimpse(identity, at, activity=Activity(status, Reason(status.value), NOON))


def fact(identity):
    return ContactFact(agent=identity, contact_id="c1", started_at=NOON, duration_seconds=5.0)


def test_a_profile_is_told_when_something_else_is_known_and_only_then():
    known = track(None, glimpse(0), STAMP).known
    assert track(known, glimpse(1), STAMP).events == ()
    (event,) = track(known, glimpse(2, replace(ANNA, team=Named("t1", "Support"))), STAMP).events
    assert event.type.value == "agent.profile"
    assert event.time == NOON + timedelta(seconds=2)
    assert event.data["agent"]["team"] == {"id": "t1", "name": "Support"}
    assert (event.data["agent"]["email"], event.data["status"]) == ("anna@example.com", "ready")
    assert not event.data["inferred"]


def test_a_profile_comes_after_the_state_that_is_told_with_it():
    known = track(None, glimpse(0), STAMP).known
    later = replace(glimpse(3, replace(ANNA, location="Graz"), Status.NOT_READY))
    later = replace(later, activity=replace(later.activity, since=later.at))
    kinds = [each.type.value for each in track(known, later, STAMP).events]
    assert kinds == ["agent.state", "agent.profile"]


def test_a_contact_tells_what_was_not_known_of_its_agent_and_contradicts_nothing():
    known = KnownAgent(ANNA)
    told = fact(Identity("anna", "flex", external_id="x1", email="old@example.com"))
    tracked = track(known, told, STAMP)
    assert tracked.known.identity == replace(ANNA, external_id="x1")
    assert [each.type.value for each in tracked.events] == ["contact.completed", "agent.profile"]
    assert track(tracked.known, told, STAMP).known == tracked.known
    assert track(None, told, STAMP).known is None


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("email",), "anna@example.com"),
        (("username", "attributes.badge"), "77"),
        (("attributes.email",), "anna@example.com"),
        (("attributes.platform", "external_id"), None),
        ((), None),
    ],
)
def test_the_first_name_that_the_platform_has_told_is_the_wfm_id(names, found):
    assert wfm_id_of(ANNA, None, names) == found
    assert wfm_id_of(ANNA, RosterEntry("tasks", "anna", "2001"), names) == "2001"
    assert wfm_id_of(ANNA, RosterEntry("tasks", "anna", ""), names) == found


def test_an_event_has_the_wfm_id_that_the_platform_told():
    events = track(None, glimpse(0), replace(STAMP, wfm_id_from=("attributes.badge",))).events
    assert {each.data["agent"]["wfm_id"] for each in events} == {"77"}
