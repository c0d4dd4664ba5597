from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.delivery import Delivery, Stale, Superseded
from gateway.pipeline.lanes import Rules, as_of, due_at, excused, overflowing, select
from tests.standins.delivery import NOON

SECOND = timedelta(seconds=1)
SKIP = Rules(skip=True, stale_after=timedelta(minutes=15), settle=timedelta(0))
SEND = Rules(skip=False, stale_after=None, settle=timedelta(0))


def owed(seq, *, collapses=True, age=timedelta(0), **more):
    return Delivery(
        seq=seq,
        event_id=f"e{seq}",
        destination="wfm",
        lane="7",
        subject="flex:7",
        event_type="agent.state",
        event=b"{}",
        recorded_at=NOON - age,
        collapses=collapses,
        **more,
    )


def seqs(deliveries):
    return [each.seq for each in deliveries]


def test_only_the_newest_state_counts_and_what_does_not_collapse_stays_in_order():
    lane = [owed(1), owed(2, collapses=False), owed(3), owed(4), owed(5, collapses=False)]
    selection = select(lane, SKIP, NOON)
    assert seqs(selection.kept) == [2, 4, 5]
    assert selection.dropped == ((lane[0], Superseded()), (lane[2], Superseded()))
    assert [outcome.by for _, outcome in selection.dropped] == ["e4", "e4"]


def test_a_superseded_state_that_is_old_is_stale_and_the_newest_never_is():
    old = timedelta(hours=3)
    lane = [owed(1, age=old), owed(2, age=old)]
    selection = select(lane, SKIP, NOON)
    assert seqs(selection.kept) == [2]
    assert selection.dropped == ((lane[0], Stale()),)


def test_every_state_is_kept_where_superseded_ones_are_sent():
    lane = [owed(1, age=timedelta(days=9)), owed(2), owed(3)]
    assert seqs(select(lane, SEND, NOON).kept) == [1, 2, 3]


def test_where_superseded_ones_are_sent_stale_ones_are_not_if_asked():
    rules = replace(SEND, stale_after=timedelta(minutes=15))
    lane = [owed(1, age=timedelta(minutes=16)), owed(2, age=timedelta(minutes=14)), owed(3)]
    selection = select(lane, rules, NOON)
    assert seqs(selection.kept) == [2, 3]
    assert selection.dropped == ((lane[0], Stale()),)


def test_a_state_that_did_not_last_is_not_sent_whatever_else_is():
    rules = replace(SEND, settle=3 * SECOND)
    lane = [owed(1, age=9 * SECOND), owed(2, age=7 * SECOND), owed(3, age=2 * SECOND)]
    selection = select(lane, rules, NOON)
    assert seqs(selection.kept) == [2, 3]


def test_a_clock_put_back_between_two_states_supersedes_neither():
    hour = timedelta(hours=1)
    lane = [owed(1), owed(2, age=hour)]
    assert seqs(select(lane, SEND, NOON).kept) == [1, 2]
    assert seqs(select(lane, replace(SEND, settle=3 * SECOND), NOON).kept) == [1, 2]


def test_a_lane_is_due_when_its_wait_is_over_and_its_state_has_settled():
    rules = replace(SKIP, settle=3 * SECOND)
    assert due_at(owed(1), SKIP, None) is None
    assert due_at(owed(1, due_at=NOON), SKIP, None) == NOON
    assert due_at(owed(1, due_at=NOON), SKIP, NOON + SECOND) == NOON + SECOND
    assert due_at(owed(1), rules, None) == NOON + 3 * SECOND
    assert due_at(owed(1), rules, NOON + 5 * SECOND) == NOON + 5 * SECOND
    assert due_at(owed(1, collapses=False), rules, None) is None


def test_times_that_a_clock_put_back_since_has_written_are_brought_near():
    rules = replace(SEND, longest_wait=60 * SECOND)
    soon = owed(1, due_at=NOON + 60 * SECOND)
    assert as_of(soon, rules, NOON) is soon
    late = owed(1, due_at=NOON + 61 * SECOND, age=-SECOND)
    assert as_of(late, rules, NOON) == owed(1, due_at=NOON + 60 * SECOND)


def test_being_parked_moves_the_first_failure():
    parked_since = NOON - timedelta(hours=2)
    before = owed(1, first_failed_at=NOON - timedelta(hours=3))
    while_parked = owed(2, first_failed_at=NOON - timedelta(hours=1))
    assert excused(before, parked_since, NOON).first_failed_at == NOON - timedelta(hours=1)
    assert excused(while_parked, parked_since, NOON).first_failed_at == NOON
    assert excused(owed(3), parked_since, NOON) == owed(3)


def test_the_oldest_overflow_first_and_states_last():
    lane = [owed(1), owed(4, collapses=False), owed(2, collapses=False), owed(3)]
    assert seqs(overflowing(lane, 3)) == [2, 4, 1]
    assert overflowing(lane, -1) == ()


@given(
    lane=st.lists(st.tuples(st.booleans(), st.integers(0, 3600)), max_size=20),
    skip=st.booleans(),
    stale=st.none() | st.integers(0, 3600),
    settle=st.integers(0, 30),
)
def test_nothing_is_lost_or_reordered_and_the_newest_state_counts(lane, skip, stale, settle):
    deliveries = [
        owed(seq, collapses=collapses, age=timedelta(seconds=age))
        for seq, (collapses, age) in enumerate(sorted(lane, key=lambda each: -each[1]), start=1)
    ]
    rules = Rules(skip, None if stale is None else timedelta(seconds=stale), settle * SECOND)
    selection = select(deliveries, rules, NOON)
    dropped = [delivery for delivery, _outcome in selection.dropped]
    assert sorted(seqs(selection.kept) + seqs(dropped)) == seqs(deliveries)
    assert seqs(selection.kept) == sorted(seqs(selection.kept))
    assert all(each.collapses for each in dropped)
    states = [each for each in deliveries if each.collapses]
    if states:
        assert states[-1] in selection.kept
        if skip:
            assert sum(each.collapses for each in selection.kept) == 1
