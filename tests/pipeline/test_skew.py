"""Clocks that are wrong, and zones that are."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.pipeline.skew import skew_of, zone_doubt

SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)
EASTERN = ZoneInfo("America/New_York")
HOUR = 3600.0


def test_too_few_receipts_say_nothing():
    assert skew_of([900.0] * 4) is None
    assert zone_doubt([HOUR] * 4, EASTERN, SUMMER) is None


def test_one_event_that_was_held_back_is_no_skew():
    assert skew_of([1.0, 2.0, 1.5, 4000.0, 1.0]) == timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("lags", "said"),
    [
        ([3 * HOUR + 1, 3 * HOUR, 3 * HOUR + 90, 3 * HOUR, 3 * HOUR], "3h late"),
        ([3 * HOUR] * 4 + [2.0], "America/Los_Angeles"),
        ([-4 * HOUR] * 5, "4h in the future; they may be those of UTC"),
        ([-9.5 * HOUR] * 5, "Asia/Kolkata"),
        ([0.5 * HOUR] * 5, "30m late"),
    ],
)
def test_a_whole_or_half_hour_off_is_another_zone(lags, said):
    doubt = zone_doubt(lags, EASTERN, SUMMER)
    assert "read in America/New_York" in doubt
    assert said in doubt


@pytest.mark.parametrize(
    "lags",
    [
        [1.0] * 9,
        [HOUR + 200] * 9,
        [HOUR, HOUR, HOUR, 1.0, 2.0],
        [HOUR] * 20 + [1.0] * 5,
    ],
)
def test_what_is_no_other_zone(lags):
    assert zone_doubt(lags, EASTERN, SUMMER) is None
