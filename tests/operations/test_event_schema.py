"""The JSON Schema of the neutral events: what the tracker makes is in it, and nothing else."""

from datetime import UTC, datetime

import pytest

from gateway.model.agent import Channel, Contact, Identity, Named, Phase, Reason, Status
from gateway.model.alarm import Alarm, AlarmName, StandingAlarm
from gateway.model.event import BY_QUALIFIED_TYPE, EventType, event_from_envelope
from gateway.model.observation import Activity, Change, ChangeKind, ContactFact, Picture
from gateway.operations.schemas import event_schema
from gateway.pipeline.alert import alert
from gateway.pipeline.track import Stamp, track
from tests.operations.shape import flaws

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AGENT = Identity(
    id="7", platform="acme", name="Zoë", team=Named("1", "Blue"), attributes=(("skill", "x"),)
)
CONTACT = Contact(
    id="c1", reservation_id="r1", phase=Phase.ACTIVE, queue=Named("q", None), since=AT
)
OBSERVATIONS = {
    "picture": Picture(
        AGENT,
        at=AT,
        activity=Activity(Status.READY, Reason("WA1", "Available"), AT),
        contacts=(CONTACT,),
        channels=(Channel("ch", name="voice", available=True, capacity=1, free_percent=0),),
        live_channels=frozenset({"voice"}),
    ),
    "login": Change(AGENT, at=AT, kind=ChangeKind.LOGIN, session_id="s"),
    "state": Change(
        AGENT, at=AT, kind=ChangeKind.STATE, status=Status.BUSY, session_id="s", contact=CONTACT
    ),
    "logout": Change(
        AGENT, at=AT, kind=ChangeKind.LOGOUT, status=Status.LOGGED_OUT, session_seconds=24.0
    ),
    "contact": ContactFact(AGENT, "c1", started_at=AT, duration_seconds=3.5, outcome="answered"),
    "contact of nobody": ContactFact(None, None),
}


def events(observation):
    stamp = Stamp("acme", AT, b"seed")
    return [event.envelope() for event in track(None, observation, stamp).events]


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_what_the_tracker_makes_is_valid(name):
    made = events(OBSERVATIONS[name])
    assert made
    for event in made:
        assert flaws(event_schema(), event) == []


def test_a_member_too_many_or_too_few_is_invalid():
    event = events(OBSERVATIONS["contact"])[0]
    assert flaws(event_schema(), event | {"extra": 1})
    assert flaws(event_schema(), event | {"data": event["data"] | {"extra": 1}})
    del event["data"]["contact"]["talk_seconds"]
    assert flaws(event_schema(), event)


def test_every_type_of_this_version_is_in_it():
    told = {
        kind for shape in event_schema()["oneOf"] for kind in shape["properties"]["type"]["enum"]
    }
    assert {BY_QUALIFIED_TYPE[kind] for kind in told} == {
        EventType.LOGIN,
        EventType.LOGOUT,
        EventType.STATE,
        EventType.CONTACT,
        EventType.ALERT,
    }


@pytest.mark.parametrize("name", AlarmName)
@pytest.mark.parametrize("is_raised", [True, False])
def test_every_alert_is_valid(name, is_raised):
    standing = StandingAlarm(Alarm(name, "acme:7", "why"), AT)
    event = alert(standing, is_raised=is_raised, now=AT).envelope()
    assert flaws(event_schema(), event) == []
    assert event_from_envelope(event).envelope() == event
