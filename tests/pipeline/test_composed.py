"""States for figures, put together from glimpses: whatever came late is where it belongs."""

from itertools import permutations

import pytest

from gateway.model.ledger import ACTIVITY, EVERYTHING, GONE, GlimpseEntry
from gateway.pipeline.track import LONGEST_CONTACT, composed

HOUR = 3_600_000
ALL = 10 * LONGEST_CONTACT


def at(time, of, word, reason=None, *, is_live=True):
    return GlimpseEntry("flex:ann", "tr", time, of, word, reason, is_live)


def states(*entries, since=0, until=ALL):
    found = composed(sorted(entries, key=lambda each: each.at), since, until)
    return [(each.at, each.mark.value, each.status.value) for each in found]


SHIFT = (
    at(1, ACTIVITY, "ready", "Available"),
    at(2, "WR1", "offered"),
    at(3, "WR1", "active"),
    at(4, ACTIVITY, "not_ready", "Lunch"),
    at(5, "WR1", "wrap_up"),
    at(6, "WR1", GONE),
    at(7, ACTIVITY, "logged_out", "Offline"),
)
TOLD = [
    (1, "login", "ready"),
    (1, "state", "ready"),
    (2, "state", "reserved"),
    (3, "state", "busy"),
    (4, "state", "busy"),
    (5, "state", "after_call_work"),
    (6, "state", "not_ready"),
    (7, "state", "logged_out"),
    (7, "logout", "logged_out"),
]


def test_a_shift_is_what_its_pieces_come_to():
    assert states(*SHIFT) == TOLD


@pytest.mark.parametrize("order", [*permutations(SHIFT[:4])][::5])
def test_in_whatever_order_they_came(order):
    assert states(*order, *SHIFT[4:]) == TOLD


@pytest.mark.parametrize("since", range(1, 9))
def test_first_comes_how_the_agent_stood(since):
    told = [each for each in TOLD if each[0] >= since]
    before = [each for each in TOLD if each[0] < since]
    stood = {name == "state": (time, name, word) for time, name, word in before}
    assert sorted(states(*SHIFT, since=since)[: len(stood)]) == sorted(stood.values())
    assert states(*SHIFT, since=since)[len(stood) :] == told


def test_a_chat_does_not_count_over_lunch():
    chat = at(2, "WR1", "active", is_live=False)
    lunch = at(4, ACTIVITY, "not_ready", "Lunch")
    assert states(SHIFT[0], chat, lunch)[-2:] == [(2, "state", "busy"), (4, "state", "not_ready")]


def test_a_contact_of_which_nothing_more_is_told_counts_for_a_day():
    over = 3 + LONGEST_CONTACT
    assert states(SHIFT[0], SHIFT[2])[-1] == (over, "state", "ready")
    assert states(SHIFT[0], SHIFT[2], until=over)[-1] == (3, "state", "busy")
    later = at(over + HOUR, ACTIVITY, "not_ready", "Lunch")
    assert [time for time, *_ in states(SHIFT[0], SHIFT[2], later)][-2:] == [over, over + HOUR]


def test_an_answer_of_the_platform_ends_what_it_does_not_name():
    asked = at(9, EVERYTHING, GONE)
    assert states(*SHIFT[:3], asked)[-1] == (9, "state", "ready")
    still = at(9, "WR1", "active")
    assert states(*SHIFT[:3], asked, still, until=HOUR)[-1] == (9, "state", "busy")
