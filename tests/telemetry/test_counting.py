"""Counters and histograms that are cheap to count up; in `/metrics` they look as usual."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from gateway.telemetry.counting import Counted, Timed

BUCKETS = (0.001, 0.0025, 0.1, 1.0, 3600.0)
WORDS = st.sampled_from(["flex", "wfm", 'a"b', "ä\n"])


def shown(registry):
    """Return the text, without when each series began."""
    text = generate_latest(registry).decode()
    return re.sub(r"(_created\{.*\}) .*", r"\1", text)


@given(st.lists(st.tuples(WORDS, WORDS, st.integers(0, 10**6))))
def test_a_counter_is_shown_as_the_librarys(counted):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    mine = Counted(ours, "gateway_things", "Things", ("source", "kind"))
    other = Counter("gateway_things", "Things", ("source", "kind"), registry=theirs)
    for source, kind, number in counted:
        mine.labels(source, kind).inc(number)
        other.labels(source, kind).inc(number)

    assert shown(ours) == shown(theirs)


@given(st.lists(st.tuples(WORDS, st.sampled_from(BUCKETS) | st.floats(0, 1e6, allow_nan=False))))
def test_a_histogram_is_shown_as_the_librarys(observed):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    mine = Timed(ours, "gateway_seconds", "Seconds", "source", BUCKETS)
    other = Histogram("gateway_seconds", "Seconds", ["source"], buckets=BUCKETS, registry=theirs)
    for source, seconds in observed:
        mine.labels(source).observe(seconds)
        other.labels(source).observe(seconds)

    assert shown(ours) == shown(theirs)


def test_a_label_that_is_forgotten_is_told():
    with pytest.raises(ValueError, match="2 labels"):
        Counted(CollectorRegistry(), "gateway_things", "Things", ("source", "kind")).labels("flex")


def test_a_name_is_taken_once():
    registry = CollectorRegistry()
    Counted(registry, "gateway_things", "Things", ())
    with pytest.raises(ValueError, match="gateway_things"):
        Timed(registry, "gateway_things", "Things", "source", BUCKETS)
