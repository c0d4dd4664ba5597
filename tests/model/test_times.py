"""Times as texts and as numbers."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import EPOCH, from_millis, is_believed, rfc3339, to_millis

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7)), ZoneInfo("Europe/Berlin")])
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - hypothesis adds the zone
TIMES = st.datetimes(FIRST, LAST, timezones=ZONES)
CUT = TIMES.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


@given(TIMES | CUT | TIMES.map(lambda at: at.replace(microsecond=0)))
def test_a_time_is_written_in_utc_with_milliseconds(at):
    assert rfc3339(at) == at.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


@given(TIMES)
def test_milliseconds_are_counted_from_1970(at):
    assert to_millis(at) == (at - EPOCH) // timedelta(milliseconds=1)


@given(CUT)
def test_milliseconds_are_read_back(at):
    assert from_millis(to_millis(at)) == at.astimezone(UTC)


def test_times_are_believed_from_2000_to_five_minutes_ahead():
    received_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ahead = received_at + timedelta(minutes=5)
    first = datetime(2000, 1, 1, tzinfo=UTC)
    believed = {first, received_at, ahead}
    tick = timedelta(microseconds=1)
    assert all(is_believed(at, received_at) for at in believed)
    assert not any(is_believed(at, received_at) for at in (None, first - tick, ahead + tick))
