from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import Judgement, Verdict
from gateway.model.delivery import (
    Answer,
    Dead,
    DeadReason,
    Delivered,
    Delivery,
    Held,
    Parked,
    RetryAt,
    Unsupported,
)
from gateway.pipeline.deliver import Circumstances, RetryPolicy, decide, failed, retry_after
from gateway.settings import RetrySettings
from tests.standins.delivery import NOON

POLICY = RetryPolicy(RetrySettings())
AGAIN = Judgement(Verdict.RETRY, "answered 503")
DELIVERY = Delivery(
    seq=1,
    event_id="e1",
    destination="wfm",
    lane="7",
    subject="flex:7",
    event_type="agent.state",
    event=b"{}",
    recorded_at=NOON,
)


def after(judgement, delivery=DELIVERY, answer=None, **circumstances):
    return decide(delivery, judgement, answer, POLICY, Circumstances(NOON, 1.0, **circumstances))


def test_waits_grow_from_the_first_to_the_longest_and_no_further():
    waits = [POLICY.wait(attempts, 1.0).total_seconds() for attempts in (1, 2, 3, 7, 8, 9, 10**6)]
    assert waits == [0.5, 1, 2, 32, 60, 60, 60]


@given(attempts=st.integers(1, 10**9), draw=st.floats(0, 1))
def test_jitter_is_full_and_never_beyond_the_longest(attempts, draw):
    assert timedelta(0) <= POLICY.wait(attempts, draw) <= timedelta(seconds=60)
    assert POLICY.wait(attempts, 0.0) == timedelta(0)


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.DELIVERED, Delivered("careful")),
        (Verdict.UNSUPPORTED, Unsupported("said")),
        (Verdict.HOLD, Held("unknown_agent")),
        (Verdict.PARK, Parked("said")),
        (Verdict.PERMANENT, Dead(DeadReason.PERMANENT, "said")),
    ],
)
def test_verdicts_become_outcomes(verdict, outcome):
    assert after(Judgement(verdict, "said", "careful")) == outcome


def test_a_failure_is_tried_again():
    assert after(AGAIN) == RetryAt(NOON + timedelta(seconds=0.5), "answered 503", amid_success=True)


def test_retry_after_is_a_lower_bound():
    later = NOON + timedelta(seconds=30)
    assert after(AGAIN, not_before=later).due_at == later
    assert after(AGAIN, not_before=NOON).due_at == NOON + timedelta(seconds=0.5)


def test_giving_up_counts_from_the_first_failure():
    day = timedelta(hours=24)
    old = replace(DELIVERY, attempts=50, first_failed_at=NOON - day)
    assert after(AGAIN, old).reason is DeadReason.GAVE_UP
    young = replace(old, first_failed_at=NOON - day + timedelta(seconds=1))
    assert isinstance(after(AGAIN, young), RetryAt)
    assert isinstance(after(AGAIN, replace(DELIVERY, recorded_at=NOON - 9 * day)), RetryAt)


def test_failing_again_and_again_while_others_succeed_is_suspect():
    nine = replace(DELIVERY, attempts=9, failures_amid_success=9)
    assert after(AGAIN, nine, amid_success=True).reason is DeadReason.SUSPECT
    assert isinstance(after(AGAIN, nine, amid_success=False), RetryAt)


def test_a_dead_letter_keeps_the_status_and_the_start_of_the_answer():
    dead = after(Judgement(Verdict.PERMANENT, "no"), answer=Answer(404, b"x" * 9999))
    assert (dead.status, len(dead.answer)) == (404, 2048)


def test_a_failure_is_counted_as_the_store_counts_it():
    outcome = RetryAt(NOON + timedelta(seconds=1), amid_success=True)
    once = failed(DELIVERY, outcome, NOON)
    assert (once.attempts, once.failures_amid_success) == (1, 1)
    assert (once.due_at, once.first_failed_at) == (outcome.due_at, NOON)
    twice = failed(once, replace(outcome, amid_success=False), NOON + timedelta(seconds=9))
    assert (twice.attempts, twice.failures_amid_success, twice.first_failed_at) == (2, 1, NOON)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("3601", 3600),
        ("9" * 5000, 3600),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60),
        ("Mon, 02 Mar 2026 12:01:00 -0000", 60),
        ("Mon, 02 Mar 2026 14:00:00 GMT", 3600),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Mon, 99 Mar 2026 12:01:00 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_shapes_and_capped(header, seconds):
    expected = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert retry_after(header, NOON) == expected


@given(header=st.text())
def test_no_retry_after_breaks_anything(header):
    at = retry_after(header, NOON)
    assert at is None or NOON <= at <= NOON + timedelta(hours=1)
