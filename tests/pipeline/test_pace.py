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


def test_after_silence_so_many_at_once_as_is_allowed_and_then_evenly():
    pace, at, times = Pace(INTERVAL, burst=5), NOON, []
    for _ in range(8):
        at = max(at, pace.next_at or at)
        times.append(at)
        pace = pace.left(at)
    assert times == [*[NOON] * 5, *(NOON + number * INTERVAL for number in (1, 2, 3))]


@given(
    burst=st.integers(1, 20),
    waits=st.lists(st.integers(0, 5000).map(lambda ms: timedelta(milliseconds=ms)), max_size=60),
)
def test_in_no_while_more_leave_than_are_allowed(burst, waits):
    pace, at, times = Pace(INTERVAL, burst), NOON, []
    for wait in waits:
        at = max(at + wait, pace.next_at or at)
        times.append(at)
        pace = pace.left(at)
    for place, first in enumerate(times):
        for count, last in enumerate(times[place:], 1):
            assert count <= burst + (last - first) / INTERVAL + 1e-6
