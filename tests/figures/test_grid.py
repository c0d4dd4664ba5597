"""Days of the clock, cut into intervals."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.figures import intervals
from gateway.model.clock import from_millis, to_millis

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def day(year, month, day_of_month, zone, minutes):
    start = datetime(year, month, day_of_month, tzinfo=zone)
    following = (start + timedelta(days=1)).replace(tzinfo=zone)
    return list(intervals(to_millis(start), to_millis(following), minutes, zone))


def clock(cut, zone):
    return [f"{from_millis(each.start).astimezone(zone):%H:%M}" for each in cut]


@pytest.mark.parametrize(
    ("date", "minutes", "expected"),
    [
        ((2026, 3, 2), 15, 96),
        ((2026, 3, 29), 15, 92),
        ((2026, 10, 25), 15, 100),
        ((2026, 10, 25), 30, 50),
        ((2026, 10, 25), 60, 25),
    ],
)
def test_a_day_has_as_many_intervals_as_its_clock_has_shown(date, minutes, expected):
    cut = day(*date, BERLIN, minutes)
    assert len(cut) == expected
    assert {each.millis for each in cut} == {minutes * 60_000}


def test_the_hour_that_comes_twice_has_its_intervals_twice():
    cut = day(2026, 10, 25, BERLIN, 30)
    twice = [each for each in cut if f"{from_millis(each.start).astimezone(BERLIN):%H}" == "02"]
    assert clock(twice, BERLIN) == ["02:00", "02:30", "02:00", "02:30"]
    assert [from_millis(each.start) for each in twice] == [
        datetime(2026, 10, 25, hour, minute, tzinfo=UTC) for hour in (0, 1) for minute in (0, 30)
    ]


def test_the_hour_that_is_left_out_has_none():
    assert "02" not in {shown[:2] for shown in clock(day(2026, 3, 29, BERLIN, 15), BERLIN)}


def test_a_clock_that_is_put_by_half_an_hour_cuts_there():
    back = day(2026, 4, 5, LORD_HOWE, 60)
    assert clock(back, LORD_HOWE)[:4] == ["00:00", "01:00", "01:30", "02:00"]
    assert [each.millis // 60_000 for each in back[:4]] == [60, 60, 30, 60]
    ahead = day(2026, 10, 4, LORD_HOWE, 60)
    assert clock(ahead, LORD_HOWE)[:4] == ["00:00", "01:00", "02:30", "03:00"]
    assert [each.millis // 60_000 for each in ahead[:4]] == [60, 60, 30, 60]


def test_hours_are_those_of_the_zone_and_not_of_utc():
    (first, *_) = day(2026, 3, 2, KATHMANDU, 60)
    assert from_millis(first.start) == datetime(2026, 3, 1, 18, 15, tzinfo=UTC)


def test_intervals_are_whole_however_they_are_asked_for():
    since = datetime(2026, 3, 2, 9, 7, tzinfo=UTC)
    cut = intervals(to_millis(since), to_millis(since + timedelta(minutes=9)), 15, UTC)
    assert clock(cut, UTC) == ["09:00", "09:15"]


def test_nothing_asked_for_is_nothing():
    assert list(intervals(5, 5, 15, UTC)) == []
