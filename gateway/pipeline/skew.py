"""Clocks: how far a source's times lie from their receipt, and whether its zone is the right one.

Platforms push within seconds, so that receipt minus time should be near nothing. Where times are
a wall clock's and lie a whole or half hour off, event after event, they are of another zone.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.model.clock import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

FEWEST = 5
"""Fewer receipts say nothing about a clock."""

NEAR = timedelta(minutes=2)
HALF_HOUR = timedelta(minutes=30)
ZONES = (
    *("UTC", "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "America/Halifax", "America/St_Johns"),
    *("America/Sao_Paulo", "America/Bogota", "America/Mexico_City", "Pacific/Honolulu"),
    *("Europe/London", "Europe/Paris", "Europe/Helsinki", "Europe/Istanbul"),
    *("Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Asia/Dubai", "Asia/Karachi"),
    *("Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Manila", "Asia/Shanghai"),
    *("Asia/Tokyo", "Australia/Perth", "Australia/Adelaide", "Australia/Brisbane"),
    *("Australia/Sydney", "Pacific/Auckland"),
)
"""What may be proposed: zones where contact centres are."""

PROPOSED = 3


def skew_of(lags: Sequence[float]) -> timedelta | None:
    """Return the median of *lags* (seconds from a platform's time to its receipt, newest last);
    `None` where there are too few.
    """
    return timedelta(seconds=median(lags)) if len(lags) >= FEWEST else None


def zone_doubt(lags: Sequence[float], zone: tzinfo, now: datetime) -> str | None:
    """Say in words why times that are read in *zone* may be of another, or return `None`."""
    recent = lags[-FEWEST:]
    if len(recent) < FEWEST:
        return None
    shift = round(timedelta(seconds=median(recent)) / HALF_HOUR) * HALF_HOUR
    near = sum(abs(timedelta(seconds=each) - shift) <= NEAR for each in recent)
    if not shift or near < FEWEST - 1:
        return None
    way = "late" if shift > timedelta(0) else "in the future"
    told = f"its wall-clock times, read in {zone}, are {in_words(abs(shift))} {way}"
    offset = now.astimezone(zone).utcoffset() or timedelta(0)
    proposed = _with_offset(offset - shift, now)
    return f"{told}; they may be those of {' or '.join(proposed)}" if proposed else told


def _with_offset(offset: timedelta, now: datetime) -> list[str]:
    found = []
    for name in ZONES:
        try:
            if now.astimezone(ZoneInfo(name)).utcoffset() == offset:
                found.append(name)
        except ZoneInfoNotFoundError:
            continue  # the machine's own time zone data may lack some
    return found[:PROPOSED]
