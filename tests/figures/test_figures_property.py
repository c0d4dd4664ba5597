"""All figures against a plain slow calculation, over both changes of the clock."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.figures import (
    DIMENSIONS,
    Options,
    Period,
    agent_queues,
    agents,
    contacts,
    intervals,
    queues,
)
from tests.figures import entries as made
from tests.figures import plain
from tests.figures.pages import MemoryPages

STATUSES = ("ready", "reserved", "busy", "after_call_work", "not_ready", "unknown")
COUNTS = (
    "offered", "overflow_in", "overflow_out", "answered", "answered_within", "abandoned",
    "abandoned_short", "abandoned_within", "other", "answered_queue_seconds",
    "abandoned_queue_seconds", "longest_answered_seconds", "longest_abandoned_seconds",
    "ring_seconds", "talk_seconds", "hold_seconds", "wrap_seconds",
)  # fmt: skip
SOURCES = ("flex", "rc")


@st.composite
def periods(draw):
    midnight = draw(made.midnights)
    options = Options(
        minutes=draw(made.lengths),
        zone=draw(made.zones),
        booked_by=draw(st.sampled_from(["arrival", "end"])),
    )
    length = draw(st.integers(1, 4 * made.HOUR))
    since = midnight + draw(st.integers(-made.HOUR, made.HOUR))
    return midnight, Period(since, since + length, options, SOURCES)


def spans_of(period):
    options = period.options
    return plain.spans_of_clock(period.since, period.until, options.minutes, options.zone)


@given(periods())
def test_intervals_stand_where_the_clock_shows_them(drawn):
    _, period = drawn
    options = period.options
    cut = intervals(period.since, period.until, options.minutes, options.zone)
    assert [tuple(each) for each in cut] == spans_of(period)


@given(periods(), st.data())
def test_agents_spend_what_their_entries_say(drawn, data):
    midnight, period = drawn
    told = data.draw(made.agent_entries(midnight))
    expected = plain.agent_rows(told, spans_of(period))
    rows = list(agents(MemoryPages(agents=told), period))
    assert [(row.start, row.agent) for row in rows] == sorted(expected)
    for row in rows:
        plainly = expected[row.start, row.agent]
        assert row.logged_in_seconds == float(plainly["logged_in"])
        for status in STATUSES:
            assert getattr(row, f"{status}_seconds") == float(plainly[status]), status
        reasons = {name[1:]: float(spent) for name, spent in plainly.items() if name[0] == ":"}
        assert row.by_reason == reasons


@given(periods(), st.data())
def test_queues_count_what_contacts_did(drawn, data):
    midnight, period = drawn
    told = data.draw(made.contact_entries(midnight))
    options = period.options
    limits = (options.service_level, options.short_abandon)
    expected = plain.queue_rows(told, spans_of(period), options.booked_by, limits)
    rows = list(queues(MemoryPages(contacts=told), period))
    assert {(row.start, row.source, row.queue.id, row.channel) for row in rows} == set(expected)
    assert len(rows) == len(expected)
    for row in rows:
        plainly = expected[row.start, row.source, row.queue.id, row.channel]
        for name in COUNTS:
            assert getattr(row, name) == float(plainly[name]), name
        into = row.offered + row.overflow_in
        assert into == row.answered + row.abandoned + row.overflow_out + row.other
        assert row.answered_within <= row.answered
        assert row.abandoned_short + row.abandoned_within <= row.abandoned


@given(periods(), st.data())
def test_agents_are_credited_with_what_they_answered(drawn, data):
    midnight, period = drawn
    told = data.draw(made.contact_entries(midnight))
    pages = MemoryPages(contacts=told)
    cut = spans_of(period)
    booked = [
        (each, plain.booked_at(each, period.options.booked_by))
        for each in told
        if each.agent is not None and plain.is_answered(each)
    ]
    inside = [each for each, at in booked if at is not None and cut[0][0] <= at < cut[-1][1]]
    inbound = [each for each in inside if plain.is_inbound(each)]
    rows = list(agents(pages, period))
    assert sum(row.inbound for row in rows) == len(inbound)
    assert sum(row.outbound for row in rows) == sum(each.direction == "outbound" for each in inside)
    assert sum(row.transferred_out for row in rows) == sum(each.is_sent_on for each in inside)
    assert exactly(row.inbound_talk_seconds for row in rows) == exactly(
        each.talk_seconds or 0 for each in inbound
    )
    of_queues = [each for each in inbound if each.queue is not None]
    pairs = list(agent_queues(pages, period))
    assert sum(row.answered for row in pairs) == len(of_queues)
    for name in ("talk_seconds", "wrap_seconds"):
        ours = exactly(getattr(row, name) for row in pairs)
        assert ours == exactly(getattr(each, name) or 0 for each in of_queues)


def exactly(seconds):
    return sum(Fraction(str(each)) for each in seconds)


@given(periods(), st.data(), st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=4))
def test_measures_by_any_combination(drawn, data, by):
    midnight, period = drawn
    told = data.draw(made.contact_entries(midnight))
    options = period.options
    timed = [(each, plain.booked_at(each, options.booked_by)) for each in told]
    inside = [each for each, at in timed if at is not None and period.since <= at < period.until]
    expected = plain.slices(inside, by, options.zone, options.booked_by)
    found = contacts(MemoryPages(contacts=told), period, by)
    assert {tuple(each.by.values()) for each in found} == set(expected)
    for each in found:
        assert list(each.by) == by
        for name, value in expected[tuple(each.by.values())].items():
            assert getattr(each, name) == value, name


@given(periods(), st.data())
@settings(max_examples=30)
def test_coverage_is_what_all_were_heard(drawn, data):
    midnight, period = drawn
    told = data.draw(made.spans(midnight))
    frame = period.frame(MemoryPages(spans=told))
    for interval in frame.intervals:
        plainly = plain.coverage(
            [each for each in told if each.since < each.until], SOURCES, tuple(interval)
        )
        assert frame.coverage.of(interval) == pytest.approx(plainly)
