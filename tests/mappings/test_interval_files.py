"""The files that vendors read: what their golden files cannot show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.mapping import Figures, Named, QueueInterval, Span, WithheldError
from mappings.files.calabrio_interval_files import MAPPING as CALABRIO
from mappings.files.genesys_history_csv import MAPPING as GENESYS

START = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SPAN = Span(start=START, until=START + timedelta(minutes=15), minutes=15, zone=UTC)
OPTIONS = CALABRIO.options().load({"queues": {"Support": 101, "Sales": 102}})
QUEUE = QueueInterval(
    start=int(START.timestamp()) * 1000,
    minutes=15,
    source="flex",
    queue=Named("WQ1", "Support"),
    channel="voice",
)


def lines(intervals, span=SPAN, options=OPTIONS):
    """Return the cells of the queue file, line by line."""
    file, *_ = CALABRIO.files(Figures(queues=intervals), span, options)
    return [line.split(";") for line in file.content.decode().splitlines()]


def test_a_line_has_the_21_columns_in_the_order_of_the_vendors_page():
    told = replace(
        QUEUE,
        offered=40,
        overflow_in=2,
        abandoned=6,
        overflow_out=3,
        answered=32,
        other=1,
        answered_queue_seconds=143,
        abandoned_queue_seconds=61,
        talk_seconds=2310,
        wrap_seconds=420,
        longest_answered_seconds=38,
        longest_abandoned_seconds=41,
        answered_within=9,
        abandoned_short=1,
        abandoned_within=4,
    )
    (line, _) = lines([told])
    wanted = "15 20260302 09:15 101 Support 40 2 6 4 32 143 61 2310 420 38 41 0 9 0 1 4"
    assert line == wanted.split()


def test_lines_are_in_the_order_of_time_and_of_one_length():
    hour = replace(SPAN, until=START + timedelta(hours=1))
    late = replace(QUEUE, start=QUEUE.start + 2_700_000, offered=1, answered=1)
    told = lines([late, replace(QUEUE, offered=2, abandoned=2)], hour)
    assert [(line[2], line[3], line[5]) for line in told] == [
        ("09:15", "101", "2"),
        ("09:15", "102", "0"),
        ("09:30", "101", "0"),
        ("09:30", "102", "0"),
        ("09:45", "101", "0"),
        ("09:45", "102", "0"),
        ("10:00", "101", "1"),
        ("10:00", "102", "0"),
    ]
    assert {len(line) for line in told} == {21}


COUNTS = st.integers(0, 5)


@given(
    came=st.tuples(COUNTS, COUNTS),
    went=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS),
    early=st.tuples(COUNTS, COUNTS, COUNTS),
)
def test_exactly_what_breaks_the_vendors_rules_is_withheld(came, went, early):
    offered, overflow_in = came
    answered, abandoned, overflow_out, other = went
    within, short, abandoned_within = early
    told = replace(
        QUEUE,
        offered=offered,
        overflow_in=overflow_in,
        answered=answered,
        abandoned=abandoned,
        overflow_out=overflow_out,
        other=other,
        answered_within=within,
        abandoned_short=short,
        abandoned_within=abandoned_within,
    )
    consistent = (
        sum(came) == sum(went) and within <= answered and short + abandoned_within <= abandoned
    )
    if consistent:
        lines([told])
        return
    with pytest.raises(WithheldError) as withheld:
        lines([told])
    assert all("queue 101 (Support) at 20260302 09:15" in each for each in withheld.value.problems)


@pytest.mark.parametrize(
    "queues",
    [None, {}, [], {"a": 0}, {"a": -1}, {"a": 2**31}, {"a": "x"}, {"a": True}, {"a": {"id": 1}}],
)
def test_a_table_of_queues_that_is_none_is_refused(queues):
    with pytest.raises(ValidationError):
        CALABRIO.options().load({"queues": queues})


def test_a_number_that_was_filled_in_is_one():
    assert CALABRIO.options().load({"queues": {"a": "101"}}).queues["a"].id == 101


def test_a_queue_is_known_by_its_id_first():
    options = CALABRIO.options().load({"queues": {"Support": 1, "WQ1": 2}, "files": ["queue"]})
    (line, other) = lines([replace(QUEUE, offered=1, answered=1)], options=options)
    assert (line[3], line[5]) == ("1", "0")
    assert (other[3], other[4], other[5]) == ("2", "Support", "1")


def test_names_of_a_day_with_25_hours_are_all_different():
    zone = ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, tzinfo=zone).astimezone(UTC)
    names = set()
    for number in range(25):
        start = first + timedelta(hours=number)
        span = Span(start=start, until=start + timedelta(hours=1), minutes=60, zone=zone)
        names |= {each.name for each in CALABRIO.files(Figures(), span, OPTIONS)}
    assert len(names) == 75


def test_the_days_file_is_in_utc_whoever_asks():
    assert GENESYS.zone is UTC
    day = replace(SPAN, start=START.replace(hour=0, minute=0), until=START + timedelta(days=1))
    told = replace(QUEUE, offered=1, answered=1, talk_seconds=59.6)
    (file,) = GENESYS.files(Figures(queues=[told]), day, GENESYS.options().load({}))
    assert file.name == "History20260302.csv"
    assert file.content.decode().splitlines()[1] == "2026-03-02T09:15:00Z,Support,Voice,,,1,1,60"


def test_a_media_type_that_the_vendor_does_not_have_is_refused():
    with pytest.raises(ValidationError) as refused:
        GENESYS.options().load({"media_types": {"fax": "telegram", "sms": "MESSAGE"}})
    assert list(refused.value.messages["media_types"]) == ["fax"]
