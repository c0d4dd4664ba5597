"""The platform's own answer, against what was told of an agent meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.agent import Contact, Identity, Phase, Reason, Status
from gateway.model.observation import Activity, Departure, Glimpse, Held, Picture, RollCall
from gateway.pipeline.track import Note, Stamp, track

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA = Identity("anna", "flex")
LIVE = frozenset({"voice"})


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def stamp(seconds, **more):
    return Stamp("tasks", at(seconds), b"%d" % int(seconds * 1000), **more)


def activity(status, seconds):
    return Activity(status, Reason(None, status.value), at(seconds))


def contact(seconds, phase=Phase.ACTIVE, key="WR1"):
    return Contact("WT1", key, channel="voice", phase=phase, since=at(seconds))


def call(seconds, *, doing=None, contacts=None, departures=()):
    return RollCall(ANNA, at(seconds), doing, contacts, departures, LIVE)


def glimpse(seconds, *, doing=None, held=None, version=None, gone=False):
    told = Held(held, version, gone) if held else None
    return Glimpse(ANNA, at(seconds), activity=doing, held=told, live_channels=LIVE)


def through(*told, source=stamp):
    known, events, notes = None, [], []
    for observation in told:
        tracked = track(known, observation, source((observation.at - NOON).total_seconds() + 0.5))
        known = tracked.known
        events += tracked.events
        notes += tracked.notes
    return known, events, notes


def test_the_first_answer_is_the_first_picture_and_all_of_it_is_inferred():
    known, events, _ = through(call(900, doing=activity(Status.READY, 0), contacts=(contact(600),)))
    assert known.now.status is Status.BUSY
    assert known.now.since == at(600)
    assert [each.type.value for each in events] == ["agent.login", "agent.state"]
    assert {(each.data["inferred"], each.data["basis"]) for each in events} == {(True, "snapshot")}


def test_an_answer_that_says_what_is_known_is_no_news():
    told = (glimpse(1, doing=activity(Status.READY, 1)), glimpse(5.4, held=contact(5.4)))
    known, events, _ = through(
        *told, call(900, doing=activity(Status.READY, 1), contacts=(contact(5),))
    )
    assert len(events) == 3
    assert known.now.since == at(5.4)


def test_what_was_lost_while_nobody_listened_is_made_good():
    known, events, _ = through(
        glimpse(1, doing=activity(Status.READY, 1)),
        glimpse(5.4, held=contact(5.4), version=2),
        call(3600, doing=activity(Status.NOT_READY, 1800), contacts=()),
    )
    assert (known.now.status, known.contacts) == (Status.NOT_READY, ())
    assert known.now.since > at(1800)
    assert events[-1].data["basis"] == "snapshot"
    # What was lost arrives after all, and changes nothing.
    late = glimpse(1700, held=contact(1700, Phase.WRAP_UP), version=3)
    assert track(known, late, stamp(3700)).known.now.status is Status.NOT_READY


def test_a_contact_that_the_platform_dates_leaves_at_that_time():
    known, _, _ = through(
        glimpse(1, doing=activity(Status.READY, 1)),
        glimpse(5.4, held=contact(5.4)),
        call(3600, contacts=(), departures=(Departure("WR1", at(1200)),)),
    )
    assert (known.now.status, known.now.since) == (Status.READY, at(1200))


def test_what_was_told_since_the_question_stands():
    known, _events, _ = through(
        glimpse(1, doing=activity(Status.READY, 1)),
        glimpse(899.9, held=contact(899.9)),
        glimpse(905, held=contact(905, Phase.WRAP_UP)),
    )
    asked = call(900, doing=activity(Status.READY, 1), contacts=(contact(899),))
    assert track(known, asked, stamp(906)).events == ()
    without = replace(asked, contacts=())
    assert track(known, without, stamp(906)).events == ()


def test_within_one_second_the_answer_counts_as_its_end():
    known, _, _ = through(
        glimpse(1, doing=activity(Status.READY, 1)),
        glimpse(5.2, held=contact(5.2, Phase.OFFERED)),
        call(900, contacts=(contact(5),)),
    )
    assert known.now.status is Status.BUSY


def test_who_is_told_of_in_pictures_is_left_alone_when_one_is_newer():
    picture = Picture(ANNA, at(890), activity=activity(Status.READY, 1), live_channels=LIVE)
    old = call(900, doing=activity(Status.NOT_READY, 800), contacts=())
    known, _events, notes = through(picture, old)
    assert known.now.status is Status.READY
    assert notes == [Note.HISTORY]
    assert through(picture, replace(old, at=at(950)))[0].now.status is Status.NOT_READY


def test_an_answer_counts_beside_another_feed_and_takes_nothing_from_it():
    pictures = stamp(1, fills=False)
    picture = Picture(ANNA, at(1), activity=activity(Status.READY, 1), live_channels=LIVE)
    known = track(None, picture, replace(pictures, source="flex")).known
    asked = call(900, doing=activity(Status.NOT_READY, 500), contacts=())
    fills = stamp(901, fills=True, keys_of="flex")
    tracked = track(known, asked, fills)
    assert (tracked.known.now.status, tracked.known.feed) == (Status.NOT_READY, "flex")
    first = track(None, asked, fills).known
    assert first.feed == "tasks"


def test_an_answer_holds_back_nothing_that_the_platform_tells_afterwards():
    known, _, _ = through(
        glimpse(1, doing=activity(Status.READY, 1)),
        glimpse(5.4, held=contact(5.4)),
        call(900, contacts=()),
    )
    after = glimpse(899, doing=activity(Status.NOT_READY, 899))
    assert track(known, after, stamp(901)).known.now.status is Status.NOT_READY


@pytest.mark.parametrize("contacts", [None, ()])
def test_an_answer_about_nothing_known_tells_nothing(contacts):
    tracked = track(None, call(900, contacts=contacts), stamp(901))
    assert tracked.events == ()
    assert tracked.known.identity == ANNA
