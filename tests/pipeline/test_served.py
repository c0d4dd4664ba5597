"""Talk and wrap-up by the agent's states, for contacts whose end is told in a record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from gateway.model.agent import Contact, Identity, Status
from gateway.model.clock import to_millis
from gateway.model.observation import Change, ChangeKind, ContactFact
from gateway.pipeline.track import KnownAgent, Stamp, track
from gateway.pipeline.track.served import TURNS_KEPT

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Identity("77", "ringcentral")
CALL = Contact("call-1", channel="voice")


def state(seconds, status, *, contact=None, word=None):
    return Change(
        agent=ANN,
        at=START + timedelta(seconds=seconds),
        kind=ChangeKind.STATE,
        status=status,
        session_id="s1",
        outcome=(word or status.value, ""),
        contact=contact,
    )


def ended(call="call-1", agent=ANN):
    return ContactFact(
        agent=agent,
        contact_id=call,
        outcome="answered",
        started_at=START,
        duration_seconds=70,
        queue_seconds=10,
    )


TALK = state(10, Status.BUSY, contact=CALL)
WRAP = state(70, Status.AFTER_CALL_WORK, contact=CALL)
LEFT = state(85, Status.READY)


class Agent:
    def __init__(self):
        self.known = None
        self.contacts = []
        self._taken = 0

    def take(self, *observations):
        for each in observations:
            self._taken += 1
            received_at = START + timedelta(minutes=10)
            stamp = Stamp("engage", received_at, f"{self._taken}".encode())
            tracked = track(self.known, each, stamp)
            self.known = KnownAgent.from_json(tracked.known.to_json()) if tracked.known else None
            assert self.known == tracked.known
            self.contacts += [e for e in tracked.events if e.type.value == "contact.completed"]
        return self

    @property
    def told(self):
        names = ("revision", "talk_seconds", "wrap_seconds", "handle_seconds")
        return [tuple(e.data["contact"][name] for name in names) for e in self.contacts]


def test_a_record_after_the_states_has_their_times():
    agent = Agent().take(TALK, WRAP, LEFT, ended())
    assert agent.told == [(1, 60, 15, 75)]
    assert agent.contacts[0].data["contact"]["answered_at"] == "2026-03-02T09:00:10.000Z"


def test_what_is_not_over_is_told_when_it_is():
    agent = Agent().take(TALK, WRAP, ended(), LEFT)
    assert agent.told == [(1, 60, None, None), (2, 60, 15, 75)]
    before, after = agent.contacts
    assert before.id != after.id
    assert before.data["contact"]["id"] == after.data["contact"]["id"] == "call-1"
    assert (before.time, before.subject) == (after.time, after.subject)


def test_who_leaves_without_wrapping_up_wrapped_up_for_no_time():
    assert Agent().take(TALK, state(70, Status.READY), ended()).told == [(1, 60, 0, 60)]


def test_a_call_without_states_of_its_own_has_no_times():
    assert Agent().take(state(0, Status.READY), ended()).told == [(1, None, None, None)]
    assert Agent().take(TALK, WRAP, LEFT, ended("call-2")).told == [(1, None, None, None)]


def test_talk_that_is_taken_up_again_adds_up():
    agent = Agent().take(TALK, WRAP, state(80, Status.BUSY, contact=CALL), state(90, Status.READY))
    assert agent.take(ended()).told == [(1, 70, 10, 80)]


@pytest.mark.parametrize("order", [*permutations((TALK, WRAP, LEFT, ended()))])
def test_in_whatever_order_the_last_telling_is_right(order):
    agent = Agent().take(state(0, Status.READY))
    assert agent.take(*order).told[-1][1:] == (60, 15, 75)
    assert agent.contacts[-1].data["contact"]["answered_at"] == "2026-03-02T09:00:10.000Z"


def test_a_late_change_is_counted_where_it_belongs_and_tells_no_state():
    agent = Agent().take(state(0, Status.READY), TALK, LEFT, ended())
    assert agent.told == [(1, 75, 0, 75)]
    tracked = track(agent.known, WRAP, Stamp("engage", START + timedelta(minutes=10), b"late"))
    (told,) = tracked.events
    assert (told.type.value, told.data["contact"]["wrap_seconds"]) == ("contact.completed", 15)
    (entry,) = tracked.late
    assert (entry.status, entry.at) == (Status.AFTER_CALL_WORK, to_millis(WRAP.at))


def test_a_logout_ends_the_wrap_up():
    logout = replace(state(95, Status.LOGGED_OUT), kind=ChangeKind.LOGOUT)
    assert Agent().take(TALK, WRAP, logout, ended()).told == [(1, 60, 25, 85)]


@pytest.mark.parametrize("place", range(4))
def test_wherever_the_record_comes_the_last_telling_is_right(place):
    several = [TALK, WRAP, LEFT]
    several.insert(place, ended())
    first, *_ = several
    agent = Agent()
    if isinstance(first, ContactFact):
        agent.take(state(0, Status.READY))
    assert agent.take(*several).told[-1][1:] == (60, 15, 75)


def test_calls_one_after_another_keep_apart():
    other = replace(CALL, id="call-2")
    several = [TALK, state(70, Status.BUSY, contact=other, word="again"), state(100, Status.READY)]
    for records in permutations(("call-1", "call-2")):
        agent = Agent().take(*several, *map(ended, records))
        talked = {
            e.data["contact"]["id"]: e.data["contact"]["talk_seconds"] for e in agent.contacts
        }
        assert talked == {"call-1": 60, "call-2": 30}


def test_what_was_long_ago_stays_as_it_was_told():
    agent = Agent().take(TALK, WRAP, LEFT, ended())
    words = (Status.BUSY, Status.READY)
    agent.take(*(state(90 + n, words[n % 2], word=f"w{n}") for n in range(40)))
    assert agent.told == [(1, 60, 15, 75)]
    assert len(agent.known.turns) == TURNS_KEPT


@pytest.mark.parametrize("later", [0, 40])
def test_a_record_that_comes_again_with_more_in_it_is_the_next_revision(later):
    agent = Agent().take(TALK, WRAP, ended(), LEFT)
    words = (Status.BUSY, Status.READY)
    agent.take(*(state(90 + n, words[n % 2], word=f"w{n}") for n in range(later)))
    agent.take(replace(ended(), disposition="Sold"))
    assert agent.told == [(1, 60, None, None), (2, 60, 15, 75), (3, 60, 15, 75)]
    assert agent.contacts[-1].data["contact"]["disposition"] == "Sold"
    assert len({each.id for each in agent.contacts}) == 3


def test_a_record_that_comes_again_with_nothing_new_is_told_once():
    assert Agent().take(TALK, WRAP, LEFT, ended(), ended()).told == [(1, 60, 15, 75)]
