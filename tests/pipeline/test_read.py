"""Requests split into records: their order, and what tells a duplicate."""

from datetime import UTC, datetime

from gateway.mapping.source import Record
from gateway.pipeline.read import Reading, in_order


def record(index, *, second=None, agent="A", outcome=None, follows=None, digest=b"d"):
    at = None if second is None else datetime(2026, 3, 2, 9, 0, second, tzinfo=UTC)
    return Record(index, agent, {}, at, digest, outcome=outcome, follows=follows)


def order(*records):
    return [each.index for each in in_order(records)]


def test_records_of_one_request_go_by_time_and_those_without_one_last():
    assert order(record(0), record(1, second=5), record(2, second=3)) == [2, 1, 0]


def test_equal_times_stay_as_they_came():
    assert order(record(0, second=1), record(1, second=1)) == [0, 1]


def test_in_one_second_what_follows_comes_after():
    ready, ringing, busy = ("AVAILABLE", ""), ("TRANSITION", ""), ("ENGAGED", "")
    records = (
        record(0, second=1, outcome=busy, follows=ringing),
        record(1, second=1, outcome=ringing, follows=ready),
        record(2, second=1, agent="B", outcome=ringing, follows=busy),
    )
    assert order(*records) == [1, 0, 2]


def test_a_circle_of_one_second_stays_as_it_came():
    one, other = ("AVAILABLE", ""), ("ENGAGED", "")
    records = (
        record(0, second=1, outcome=other, follows=one),
        record(1, second=1, outcome=one, follows=other),
    )
    assert order(*records) == [0, 1]


def keys(source, digest):
    return Reading(source, (record(0, digest=digest),), (), (), 0).keys[0].digest


def test_the_same_content_from_another_source_is_no_duplicate():
    assert keys("flex", b"d" * 16) == keys("flex", b"d" * 16)
    assert keys("flex", b"d" * 16) != keys("flex2", b"d" * 16)
    assert keys("flex", None) is None
