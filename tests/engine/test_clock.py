from datetime import timedelta

from gateway.engine.clock import ForwardClock
from tests.standins.delivery import NOON

HOUR = timedelta(hours=1)


class Hands:
    """A machine's clock that can be put forward and back, and what really passes."""

    def __init__(self):
        self.shown = NOON
        self.seconds = 0.0

    def passes(self, **by):
        self.shown += timedelta(**by)
        self.seconds += timedelta(**by).total_seconds()


def clock_of(hands):
    return ForwardClock(lambda: hands.shown, lambda: hands.seconds)


def test_it_is_the_machines_clock():
    hands = Hands()
    clock = clock_of(hands)
    hands.passes(seconds=5)
    assert clock.now() == NOON + timedelta(seconds=5)
    hands.shown += HOUR
    assert clock.now() == NOON + HOUR + timedelta(seconds=5)


def test_put_back_it_goes_on_at_half_the_pace_until_the_machine_has_caught_up():
    hands = Hands()
    clock = clock_of(hands)
    hands.shown -= HOUR
    assert clock.now() == NOON
    hands.passes(minutes=1)
    assert clock.now() == NOON + timedelta(seconds=30)
    hands.passes(minutes=1)
    assert clock.now() == NOON + timedelta(seconds=60)
    for _ in range(59 * 2):
        hands.passes(minutes=1)
        clock.now()
    assert clock.now() == hands.shown == NOON + HOUR
    hands.passes(minutes=1)
    assert clock.now() == hands.shown
