"""One person, told of by two feeds: whose word counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.model.agent import Identity, Reason, Status
from gateway.model.observation import Activity, ContactFact, Glimpse, Picture
from gateway.pipeline.track import KnownAgent, Note, Stamp, track

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA = Identity("anna", "flex")
PICTURES = Stamp("flex", NOON + timedelta(hours=1), b"p", fills=False)
PIECES = Stamp("tasks", NOON + timedelta(hours=1), b"g", keys_of="flex", fills=True)


def activity(status, seconds):
    at = NOON + timedelta(seconds=seconds)
    return Activity(status, Reason(status.value, status.value), at), at


def picture(status, seconds):
    told, at = activity(status, seconds)
    return Picture(ANNA, at, activity=told)


def glimpse(status, seconds, **identity):
    told, at = activity(status, seconds)
    return Glimpse(replace(ANNA, **identity), at, activity=told)


def through(*told):
    known, events, notes = None, [], []
    for observation, stamp in told:
        tracked = track(known, observation, stamp)
        known = tracked.known
        events += tracked.events
        notes += tracked.notes
    return known, events, notes


def test_a_feed_that_fills_tells_of_agents_of_whom_the_other_is_silent():
    known, events, _ = through((glimpse(Status.READY, 0), PIECES))
    assert known.now.status is Status.READY
    assert {each.subject for each in events} == {"flex:anna"}
    assert {each.source for each in events} == {"tasks"}
    assert {each.data["agent"]["key"] for each in events} == {"flex:anna"}


def test_once_the_first_feed_has_told_the_second_adds_only_who_it_is():
    known, events, notes = through(
        (glimpse(Status.READY, 0), PIECES),
        (picture(Status.READY, 1), PICTURES),
        (glimpse(Status.NOT_READY, 2, email="anna@example.com"), PIECES),
        (picture(Status.NOT_READY, 3), PICTURES),
    )
    assert [each.type.value for each in events] == [
        "agent.login",
        "agent.state",
        "agent.state",
        "agent.profile",
        "agent.state",
    ]
    assert [each.data["status"] for each in events] == [*["ready"] * 4, "not_ready"]
    assert [each.source for each in events] == ["tasks", "tasks", "flex", "tasks", "flex"]
    assert notes == [Note.SECOND_FEED]
    assert known.identity.email == "anna@example.com"
    assert events[-1].data["agent"]["email"] == "anna@example.com"


def test_the_primary_feed_may_be_the_one_with_the_pieces():
    pictures = replace(PICTURES, fills=True)
    pieces = replace(PIECES, fills=False)
    known, events, notes = through(
        (picture(Status.READY, 0), pictures),
        (glimpse(Status.NOT_READY, 1), pieces),
        (picture(Status.READY, 2), pictures),
    )
    assert known.now.status is Status.NOT_READY
    assert notes == [Note.SECOND_FEED]
    assert [each.type.value for each in events] == ["agent.login", "agent.state", "agent.state"]


def test_who_was_told_of_before_there_was_a_second_feed_stays_with_the_first():
    alone = replace(PICTURES, fills=None)
    known, events, notes = through(
        (picture(Status.READY, 0), alone), (glimpse(Status.NOT_READY, 1), PIECES)
    )
    assert known.now.status is Status.READY
    assert notes == [Note.SECOND_FEED]
    assert len(events) == 2


def test_the_end_of_a_contact_counts_from_either():
    fact = ContactFact(ANNA, "c1", started_at=NOON)
    _, events, _ = through((picture(Status.READY, 0), PICTURES), (fact, PIECES))
    assert events[-1].type.value == "contact.completed"
    assert events[-1].subject == "flex:anna"


def test_whose_word_counts_survives_the_store():
    known, _, _ = through((picture(Status.READY, 0), PICTURES))
    assert KnownAgent.from_json(known.to_json()).feed == "flex"
