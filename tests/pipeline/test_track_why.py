"""The rule that decided, in a sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.model.agent import Contact, Identity, Phase, Reason, Status
from gateway.model.observation import Activity, Change, ChangeKind, Picture
from gateway.pipeline.track import Stamp, track
from gateway.pipeline.track.why import why

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA = Identity("anna", "acme")


def told(observation):
    """Return the sentence for the state that the observation leads to."""
    events = track(None, observation, Stamp("acme", NOON, b"x")).events
    return why(observation, events[-1].data)


def picture(status, *contacts, mapped=True):
    activity = Activity(status, Reason("A1", "Lunch"), NOON, mapped)
    return Picture(ANNA, NOON, None, activity, contacts, live_channels=frozenset({"voice"}))


def call(phase, channel="voice"):
    return Contact("c1", "r1", channel, phase=phase, since=NOON)


@pytest.mark.parametrize(
    ("observation", "sentence"),
    [
        (
            picture(Status.NOT_READY),
            "the activity Lunch counts as not_ready and decides: not_ready",
        ),
        (
            picture(Status.READY, call(Phase.ACTIVE)),
            (
                "contact r1 on voice is active: busy; the activity Lunch counts as ready and"
                " lets contacts decide"
            ),
        ),
        (
            picture(Status.NOT_READY, call(Phase.WRAP_UP)),
            (
                "contact r1 on voice is wrap_up: after_call_work, for the channel is a live one;"
                " the activity Lunch counts as not_ready and waits: next not_ready"
            ),
        ),
        (
            picture(Status.NOT_READY, call(Phase.ACTIVE, "chat")),
            (
                "the activity Lunch counts as not_ready and decides, whatever the 1 contacts:"
                " not_ready"
            ),
        ),
        (
            picture(Status.NOT_READY, mapped=False),
            "the activity Lunch, which no table names, counts as not_ready and decides: not_ready",
        ),
        (
            Change(
                ANNA,
                NOON,
                ChangeKind.STATE,
                Status.AFTER_CALL_WORK,
                outcome=("WORKING", ""),
                follows=("ENGAGED", ""),
            ),
            "the platform told WORKING after ENGAGED: after_call_work",
        ),
        (
            Change(ANNA, None, ChangeKind.STATE, Status.UNKNOWN, outcome=("X", "Y"), mapped=False),
            (
                "the platform told X Y: unknown (no table names it); its own time was missing or"
                " absurd, so that of its receipt counts"
            ),
        ),
    ],
)
def test_the_rule_of_a_state(observation, sentence):
    assert told(observation) == sentence


def test_what_was_concluded_is_told_as_such():
    observation = picture(Status.READY)
    login = track(None, observation, Stamp("acme", NOON, b"x")).events[0]
    assert why(observation, login.data).endswith(
        "inferred: it is the first that was heard of the agent"
    )


def test_working_is_told_with_what_decided():
    said = Change(
        ANNA,
        NOON,
        ChangeKind.STATE,
        Status.NOT_READY,
        outcome=("WORKING", ""),
        status_after={"ENGAGED": Status.AFTER_CALL_WORK},
    )
    data = {
        "status": "after_call_work",
        "next": None,
        "time_source": "platform",
        "previous": {"status": "busy", "reason": {"code": "ENGAGED", "label": None}},
    }
    assert why(said, data) == (
        "the platform told WORKING after ENGAGED, which was held: after_call_work"
    )
    with_call = replace(said, status=Status.AFTER_CALL_WORK, contact=call(Phase.WRAP_UP))
    assert "WORKING after ENGAGED, which was held, with a contact" in why(with_call, data)


def test_what_is_read_otherwise_today_is_told_as_such():
    lunch = picture(Status.READY)
    data = dict(track(None, lunch, Stamp("acme", NOON, b"x")).events[-1].data)
    assert why(lunch, data | {"status": "not_ready"}) == (
        "the activity Lunch counts as ready and decides today;"
        " it was not_ready when it was received"
    )
    away = Change(ANNA, NOON, ChangeKind.STATE, Status.READY, outcome=("AWAY", ""))
    told = data | {"status": "not_ready", "inferred": False}
    assert why(away, told) == (
        "the platform told AWAY: not_ready when it was received; today it is read as ready"
    )
