"""The simulated contact centre: seeded, consistent with itself, told at the caller's times."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from gateway.model.agent import Phase, Status
from gateway.model.observation import ChangeKind
from gateway.operations.simulation import ContactCentre

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ALLOWED = {
    Status.LOGGED_OUT: {Status.READY},
    Status.READY: {Status.RESERVED, Status.NOT_READY, Status.LOGGED_OUT},
    Status.RESERVED: {Status.BUSY, Status.READY},
    Status.BUSY: {Status.AFTER_CALL_WORK},
    Status.AFTER_CALL_WORK: {Status.READY},
    Status.NOT_READY: {Status.READY},
}
PHASES = {
    Status.RESERVED: Phase.OFFERED,
    Status.BUSY: Phase.ACTIVE,
    Status.AFTER_CALL_WORK: Phase.WRAP_UP,
}


def moments(count=5000, agents=20, seed=7):
    centre = ContactCentre(agents, seed)
    return [centre.next(START + timedelta(seconds=number)) for number in range(count)]


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    assert moments(200) == moments(200)
    assert moments(200) != moments(200, seed=8)


def test_every_agent_walks_the_chain_without_a_gap():
    by_agent = {}
    for moment in moments():
        by_agent.setdefault(moment.agent_number, []).append(moment)
    assert len(by_agent) == 20
    for told in by_agent.values():
        assert told[0].previous is Status.LOGGED_OUT
        assert all(after.previous is before.status for before, after in pairwise(told))
        assert all(moment.status in ALLOWED[moment.previous] for moment in told)


def test_every_status_and_kind_comes_up():
    told = moments()
    assert {moment.status for moment in told} == set(ALLOWED)
    assert {moment.kind for moment in told} == set(ChangeKind)
    assert len(Counter(moment.reason for moment in told)) > 3


def test_a_contact_goes_through_its_phases_and_is_put_down_once():
    held = {}
    for moment in moments():
        contact = moment.contact
        assert (contact is not None) == (moment.status in PHASES)
        if contact is not None:
            assert contact.phase is PHASES[moment.status]
            held[moment.agent_number] = contact.id
        elif moment.previous in PHASES:
            assert moment.ended is not None
            assert moment.ended.id == held.pop(moment.agent_number)
        else:
            assert moment.ended is None


def test_times_are_the_callers_and_sessions_grow_with_each_login():
    sessions = {}
    for number, moment in enumerate(moments()):
        assert moment.at == START + timedelta(seconds=number)
        assert moment.sequence == number + 1
        before = sessions.get(moment.agent_number, 0)
        expected = before + 1 if moment.kind is ChangeKind.LOGIN else before
        assert moment.session_number == expected
        sessions[moment.agent_number] = expected


def test_a_reason_is_told_of_a_break_alone():
    assert all(
        (moment.reason is not None) == (moment.status is Status.NOT_READY) for moment in moments()
    )
