"""Pieces of an agent, in any order, make the picture that they make in order."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import Contact, Identity, Phase, Reason, Status
from gateway.model.event import EventType
from gateway.model.observation import Activity, Glimpse, Held
from gateway.pipeline.track import KnownAgent, Note, Stamp, track

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANNA = Identity("anna", "flex")
LIVE = frozenset({"voice"})
AVAILABLE = (Status.READY, "Available")
LUNCH = (Status.NOT_READY, "Lunch")
OFFLINE = (Status.LOGGED_OUT, "Offline")


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def activity(which, seconds):
    status, label = which
    told = Activity(status, Reason(label, label), at(seconds))
    return Glimpse(ANNA, at(seconds), activity=told, live_channels=LIVE)


def contact(phase, seconds, *, version=None, key="WR1", channel="voice", carried=AVAILABLE):
    """A reservation's event; as on the platform, it carries the activity of its moment."""
    status, label = carried
    is_gone = phase is None
    told = Contact(key, key, channel, phase=phase or Phase.UNKNOWN, since=at(seconds))
    return Glimpse(
        ANNA,
        at(seconds),
        activity=Activity(status, Reason(label, label)),
        held=Held(told, version, is_gone),
        live_channels=LIVE,
    )


def told(glimpses, received=600):
    """Return what is known after these, and every event."""
    known, events = None, []
    for number, each in enumerate(glimpses):
        tracked = track(known, each, Stamp("tr", at(received), f"{number}".encode()))
        known = tracked.known
        events += tracked.events
    return known, events


def shape(known: KnownAgent):
    return (
        known.now.status,
        known.now.reason,
        known.now.next,
        {(each.key, each.phase) for each in known.contacts},
        known.activity.reason if known.activity else None,
    )


def statuses(events):
    return [each.data["status"] for each in events if each.type == "agent.state"]


def test_a_call_from_offer_to_the_end_is_told_with_exact_times():
    known, events = told(
        [
            activity(AVAILABLE, 0),
            contact(Phase.OFFERED, 10, version=0),
            contact(Phase.ACTIVE, 14, version=1),
            contact(Phase.WRAP_UP, 80, version=2),
            contact(None, 95, version=3),
        ]
    )
    states = [each for each in events if each.type == "agent.state"]
    assert statuses(events) == ["ready", "reserved", "busy", "after_call_work", "ready"]
    assert [each.time for each in states] == [at(0), at(10), at(14), at(80), at(95)]
    assert [each.data["since"][14:19] for each in states] == [
        "00:00",
        "00:10",
        "00:14",
        "01:20",
        "01:35",
    ]
    assert {each.data["time_source"] for each in states} == {"platform"}
    assert [each.type for each in events[:1]] == ["agent.login"]
    assert known.contacts == ()


def test_what_is_told_late_of_a_contact_does_not_bring_it_back():
    known, events = told(
        [
            activity(AVAILABLE, 0),
            contact(None, 20, version=3),
            contact(Phase.ACTIVE, 14, version=1),
            contact(Phase.OFFERED, 10, version=0),
        ]
    )
    assert known.contacts == ()
    assert known.now.status is Status.READY
    assert statuses(events) == ["ready"]


def test_a_version_counts_more_than_a_time():
    known, _ = told(
        [
            activity(AVAILABLE, 0),
            contact(Phase.ACTIVE, 14, version=2),
            contact(Phase.OFFERED, 15, version=1),
        ]
    )
    assert known.now.status is Status.BUSY


def test_an_older_activity_changes_nothing_and_is_history():
    known, _ = told([activity(LUNCH, 10)])
    tracked = track(known, activity(AVAILABLE, 5), Stamp("tr", at(60), b"x"))
    assert tracked.notes == (Note.HISTORY,)
    assert tracked.known == known


def test_an_activity_told_late_still_counts_where_only_contacts_were_newer():
    known, events = told(
        [
            activity(AVAILABLE, 0),
            contact(Phase.ACTIVE, 20, version=1, carried=LUNCH),
            activity(LUNCH, 18),
        ]
    )
    assert known.now.status is Status.BUSY
    assert known.now.next is Status.NOT_READY
    assert [each.time for each in events] == sorted(each.time for each in events)


def test_an_activity_whose_own_event_was_lost_is_learnt_from_the_next_contact():
    known, events = told([activity(AVAILABLE, 0), contact(None, 30, version=3, carried=LUNCH)])
    assert known.now.status is Status.NOT_READY
    assert events[-1].data["time_source"] == "collated"


def test_what_a_contact_carries_does_not_beat_a_change_of_the_same_moment():
    known, _ = told([activity(LUNCH, 30), contact(None, 30, version=3, carried=AVAILABLE)])
    assert known.now.status is Status.NOT_READY


def test_a_chat_that_goes_on_over_lunch_is_work_again_only_after_it():
    chat = contact(Phase.ACTIVE, 10, channel="chat")
    _, events = told([activity(AVAILABLE, 0), chat, activity(LUNCH, 60), activity(AVAILABLE, 90)])
    states = [each.data for each in events if each.type is EventType.STATE]
    assert [(each["status"], each["since"][14:19]) for each in states] == [
        ("ready", "00:00"),
        ("busy", "00:10"),
        ("not_ready", "01:00"),
        ("busy", "01:30"),
    ]


def test_a_logout_and_the_next_login():
    _, events = told([activity(AVAILABLE, 0), activity(OFFLINE, 10), activity(AVAILABLE, 20)])
    assert [each.type.value for each in events] == [
        "agent.login",
        "agent.state",
        "agent.state",
        "agent.logout",
        "agent.login",
        "agent.state",
    ]


def test_a_phase_that_stays_began_when_it_did():
    known, events = told(
        [
            activity(AVAILABLE, 0),
            contact(Phase.ACTIVE, 14, version=1),
            contact(Phase.ACTIVE, 20, version=2),
        ]
    )
    assert known.contacts[0].since == at(14)
    assert statuses(events) == ["ready", "busy"]


def test_a_time_that_cannot_be_believed_goes_in_arrival_order():
    known, events = told([activity(AVAILABLE, 0), activity(LUNCH, 10_000)])
    assert known.now.status is Status.NOT_READY
    assert events[-1].data["time_source"] == "received"
    assert known.activity_at == at(0)
    assert known.mark == at(0)


def test_what_is_known_survives_the_store():
    known, _ = told([activity(AVAILABLE, 0), contact(Phase.ACTIVE, 14, version=1)])
    assert KnownAgent.from_json(known.to_json()) == known


def test_what_was_kept_before_there_were_glimpses_can_be_read():
    known, _ = told([activity(AVAILABLE, 0)])
    text = known.to_json().replace(b',"remembered":[]', b"")
    assert b"remembered" not in text
    assert KnownAgent.from_json(text) == known


DAY = [
    activity(AVAILABLE, 0),
    contact(Phase.OFFERED, 10, version=0),
    contact(Phase.ACTIVE, 14, version=1),
    contact(Phase.OFFERED, 15, version=0, key="WR2", channel="chat"),
    contact(Phase.ACTIVE, 18, version=1, key="WR2", channel="chat"),
    activity(LUNCH, 30),
    contact(Phase.WRAP_UP, 40, version=2, carried=LUNCH),
    contact(None, 50, version=3, carried=LUNCH),
    contact(None, 55, version=3, key="WR2", channel="chat", carried=LUNCH),
    activity(AVAILABLE, 60),
    activity(OFFLINE, 70),
]


@given(st.permutations(DAY), st.lists(st.sampled_from(DAY), max_size=6))
def test_any_order_with_repeats_ends_in_the_same_picture(shuffled, repeated):
    expected, _ = told(DAY)
    known, events = told([*shuffled, *repeated])
    assert shape(known) == shape(expected)
    states = [each.time for each in events]
    assert states == sorted(states)


@pytest.mark.parametrize("seed", range(20))
def test_lost_events_of_ended_contacts_do_no_harm(seed):
    dice = random.Random(seed)
    lost = [each for each in DAY if each.held is None or each.held.is_gone or dice.random() < 0.5]
    assert shape(told(lost)[0]) == shape(told(DAY)[0])


def test_the_same_pieces_in_the_same_order_give_the_same_ids():
    ids = [[each.id for each in told(DAY)[1]] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(list(itertools.chain(ids[0])))


def test_an_agent_whose_contacts_never_end_is_not_told_with_ever_more_of_them():
    offers = [contact(Phase.OFFERED, number, key=f"WR{number}") for number in range(200)]
    known, events = told(offers)
    assert {each.key for each in known.contacts} == {f"WR{number}" for number in range(136, 200)}
    assert len(events[-1].data["contacts"]) == 64
