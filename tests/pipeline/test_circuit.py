from datetime import timedelta

from gateway.pipeline.circuit import Circuit
from tests.standins.delivery import NOON

SECONDS = timedelta(seconds=1)
CLOSED = Circuit(threshold=3, probe_after=5 * SECONDS)


def failing(*lanes):
    circuit = CLOSED
    for lane in lanes:
        circuit = circuit.failed(lane, NOON)
    return circuit


def test_it_opens_after_failures_of_distinct_lanes_in_a_row():
    assert not failing("a", "b").is_open
    assert failing("a", "b", "c").is_open


def test_one_lane_alone_never_opens_it():
    assert not failing(*["a"] * 100).is_open


def test_a_success_between_starts_the_count_anew():
    circuit = failing("a", "b").succeeded()
    assert not circuit.failed("c", NOON).is_open


def test_a_probe_may_leave_after_a_while_and_after_another_when_it_fails():
    circuit = failing("a", "b", "c")
    assert circuit.probe_at == NOON + 5 * SECONDS
    later = NOON + 6 * SECONDS
    assert circuit.probe_failed(later).probe_at == later + 5 * SECONDS


def test_what_was_under_way_when_it_opened_changes_nothing_by_failing_and_closes_it_by_not():
    circuit = failing("a", "b", "c")
    assert circuit.failed("d", NOON + SECONDS) is circuit
    assert not circuit.succeeded().is_open
    assert circuit.succeeded().probe_at is None


def test_success_costs_nothing_while_all_is_well():
    assert CLOSED.succeeded() is CLOSED
