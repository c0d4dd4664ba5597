"""Entries as hypothesis makes them: times on whole seconds or not, repeated, out of order."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from gateway.model.agent import Named, Status
from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Hop, Mark

HOUR = 3_600_000
ZONES = [
    UTC,
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Australia/Lord_Howe"),
]
QUEUES = [Named("q1", "Support"), Named("q2", "Sales"), Named("q3", None)]


def millis(*day: int) -> int:
    return round(datetime(*day, tzinfo=UTC).timestamp()) * 1000


MIDNIGHTS = [
    millis(2026, 3, 29),  # Berlin goes forward
    millis(2026, 10, 25),  # and back
    millis(2026, 11, 1, 4),  # New York goes back
    millis(2026, 4, 4, 12),  # Lord Howe goes back, by half an hour
    millis(2026, 10, 3, 12),  # and forward
    millis(2026, 6, 3),
]
midnights = st.sampled_from(MIDNIGHTS)
zones = st.sampled_from(ZONES)
lengths = st.sampled_from([15, 30, 60])


def times(midnight: int):
    whole = st.integers(-2 * 60, 6 * 60).map(lambda minute: midnight + minute * 60_000)
    return whole | st.integers(midnight - 2 * HOUR, midnight + 6 * HOUR)


def agent_entries(midnight: int):
    entry = st.builds(
        AgentEntry,
        agent=st.sampled_from(["flex:a", "flex:b"]),
        at=times(midnight),
        mark=st.sampled_from(Mark),
        status=st.sampled_from(Status),
        reason=st.sampled_from([None, "Lunch", "Break"]),
    )
    return st.lists(entry, max_size=25)


seconds = (
    st.none()
    | st.sampled_from([0.0, 4.999, 5.0, 19.999, 20.0, 0.1, 33.3])
    | st.integers(0, 90_000).map(lambda each: each / 1000)
)


def contact_entries(midnight: int):
    at = st.none() | times(midnight)
    entry = st.builds(
        ContactEntry,
        key=st.just("flex:c"),
        revision=st.just(1),
        source=st.sampled_from(["flex", "rc"]),
        conversation=st.sampled_from(["v1", "v2", "v3", "v4"]),
        outcome=st.sampled_from(["answered", "abandoned", "deflected", "canceled", "unknown"]),
        is_abandoned=st.booleans(),
        agent=st.sampled_from([None, "flex:a", "flex:b"]),
        channel=st.sampled_from([None, "voice", "chat"]),
        direction=st.sampled_from([None, "inbound", "outbound", "internal"]),
        queue=st.sampled_from([None, *QUEUES]),
        team=st.sampled_from([None, Named("t1", "North"), Named("t2", None)]),
        hops=st.lists(
            st.builds(Hop, queue=st.sampled_from(QUEUES), at=times(midnight)), max_size=4
        ).map(tuple),
        started_at=at,
        answered_at=at,
        ended_at=at,
        queue_seconds=seconds,
        ring_seconds=seconds,
        talk_seconds=seconds,
        hold_seconds=seconds,
        wrap_seconds=seconds,
        is_transfer=st.booleans(),
        is_sent_on=st.booleans(),
        city=st.sampled_from([None, "Leeds"]),
        country=st.sampled_from([None, "GB"]),
        phone=st.sampled_from([None, "+441130000000"]),
        zip=st.sampled_from([None, "LS1"]),
    )
    return st.lists(entry, max_size=25)


def spans(midnight: int):
    second = st.integers(-2 * 3600, 6 * 3600).map(lambda each: midnight + each * 1000)
    span = st.builds(
        lambda source, one, other: Heard(source, min(one, other), max(one, other)),
        st.sampled_from(["flex", "rc"]),
        second,
        second,
    )
    return st.lists(span, max_size=8)
