from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.pace import TICK, Pace
from tests.standins.delivery import NOON

INTERVAL = timedelta(milliseconds=20)


def test_the_next_may_leave_an_interval_later():
    assert Pace(INTERVAL).next_at is None
    assert Pace(INTERVAL).left(NOON).next_at == NOON + INTERVAL


def test_after_silence_there_is_no_burst():
    pace = Pace(INTERVAL).left(NOON).left(NOON + timedelta(hours=1))
    assert pace.next_at == NOON + timedelta(hours=1) + INTERVAL


@given(late=st.lists(st.integers(0, 2000), min_size=1, max_size=50))
def test_timers_that_fire_a_little_late_do_not_lower_the_rate(late):
    pace, at = Pace(INTERVAL), NOON
    for micros in late:
        pace = pace.left(at)
        assert pace.next_at - at >= INTERVAL - TICK
        at = pace.next_at + timedelta(microseconds=micros)
    assert pace.next_at == NOON + len(late) * INTERVAL
