"""Times as platforms write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import IMPOSSIBLE
from gateway.mapping.times import read_time

NEW_YORK = ZoneInfo("America/New_York")
AT = datetime(2021, 6, 6, 11, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2021-06-06T11:06:10.268Z", AT + timedelta(milliseconds=268)),
        ("2021-06-06T13:06:10+02:00", AT),
        ("2021-06-06T13:06:10+0200", AT),
        ("2021-06-06T09:06:10-02", AT),
        ("2021-06-06T11:06:10Z", AT),
        ("2021-06-06T11:06:10z", AT),
        ("2021-06-06t11:06:10", AT),
        ("2021-06-06 11:06:10", AT),
        ("2021-06-06 11:06:10.0000", AT),
        ("2021-06-06T11:06:10.268123Z", AT + timedelta(microseconds=268123)),
        ("2021-06-06T11:06:10.268123999Z", AT + timedelta(microseconds=268123)),
        ("2021-06-06T11:06", AT - timedelta(seconds=10)),
        ("2021-06-06 01:06-10", AT - timedelta(seconds=10)),
    ],
)
def test_shapes(text, at):
    read = read_time(text)
    assert read == at
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-30T00:00:00Z",
        "2021-02-30T00:00:00.000Z",
        "0000-00-00 00:00:00",
        "2021-06-06T25:00:00Z",
        "2021-06-06T24:00:00.000Z",
        "2021-06-06 24:00:00",
        "2021-06-06T11:06:61Z",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "2021-06-06T11:06:10+99:00",
    ],
)
def test_what_no_calendar_has(text):
    assert read_time(text) == IMPOSSIBLE


def read(text, zone):
    try:
        return read_time(text, zone=zone, near=AT)
    except ValueError:
        return None


@given(
    st.sampled_from(["2021-03-14 02:30:10", "2021-06-06T11:06:10.268Z"]),
    st.integers(0, 21),
    st.sampled_from(" 0123456789:TtZzW"),
)
def test_the_usual_ways_are_read_like_all_others(text, place, sign):
    is_in_utc, place = text.endswith("Z"), place % len(text)
    text = text[:place] + sign + text[place + 1 :]
    unusual = f"{text[:-1]}000Z" if is_in_utc else f"{text}.0"
    assert read(text, NEW_YORK) == read(unusual, NEW_YORK)


def test_the_ends_of_the_calendar_in_a_zone():
    assert read_time("9999-12-31 23:59:59", zone=NEW_YORK, near=AT) == IMPOSSIBLE
    assert read_time("0001-01-01 00:00:00", zone=ZoneInfo("Asia/Tokyo"), near=AT) == IMPOSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2021-06-06",
        "11:06:10",
        "1622977750",
        "06/06/2021 11:06",
        "2021-W22-7T11:06",
    ],
)
def test_what_has_not_the_shape(text):
    with pytest.raises(ValueError, match="Not a date and time"):
        read_time(text)


def local(text, received):
    return read_time(text, zone=NEW_YORK, near=datetime.fromisoformat(received))


def utc(text):
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("wall", "received", "at"),
    [
        ("2020-06-30 19:44:01", "2020-06-30T23:44:02+00:00", "2020-06-30T23:44:01"),
        ("2020-01-30 19:44:01", "2020-01-31T00:44:02+00:00", "2020-01-31T00:44:01"),
        # 1:30 comes twice: at 05:30 and at 06:30 UTC
        ("2025-11-02 01:30:00", "2025-11-02T05:30:03+00:00", "2025-11-02T05:30:00"),
        ("2025-11-02 01:30:00", "2025-11-02T06:30:03+00:00", "2025-11-02T06:30:00"),
        ("2025-11-02 01:30:00", "2025-11-02T06:28:00+00:00", "2025-11-02T06:30:00"),
        # nearer to the second, which has not come yet
        ("2025-11-02 01:10:00", "2025-11-02T05:55:00+00:00", "2025-11-02T05:10:00"),
        # 2:30 does not come
        ("2025-03-09 02:30:00", "2025-03-09T07:30:01+00:00", "2025-03-09T07:30:00"),
        # an offset is believed before the zone
        ("2025-11-02T01:30:00-05:00", "2025-11-02T05:30:03+00:00", "2025-11-02T06:30:00"),
    ],
)
def test_wall_clock(wall, received, at):
    assert local(wall, received) == utc(at)


@given(st.integers(0, 40_000 * 86_400), st.integers(0, 240))
def test_what_is_received_soon_is_read_as_it_was(moment, seconds):
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
    wall = f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"
    assert read_time(wall, zone=NEW_YORK, near=at + timedelta(seconds=seconds)) == at
