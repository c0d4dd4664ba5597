"""Times as platforms write them, read as aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from gateway.model.clock import IMPOSSIBLE, is_believed

_SHAPE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
    r" ?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)?",
    re.ASCII,
)
_USUAL_LENGTH = len("2021-06-06T11:06:10.268Z")


def read_time(text: str, *, zone: tzinfo = UTC, near: datetime | None = None) -> datetime:
    """Read ``2021-06-06T11:06:10.268Z`` and its like.

    Seconds, fraction (cut after microseconds) and offset may be absent, a blank may stand for
    the `T`. Without an offset it is the wall clock of *zone*: an hour that comes twice is the
    one nearest to *near* and not after it, an hour that is left out is moved forward. A time
    that no calendar has is `IMPOSSIBLE`.

    Raises:
        ValueError: it has not the shape of a time.
    """
    if len(text) == _USUAL_LENGTH and text[23] == "Z" and text[10] == "T" and text[19] == ".":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # what is wrong with it is told below
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise ValueError("Not a date and time.")
    try:
        return _moment(parts, zone, near)
    except (ValueError, OverflowError):
        return IMPOSSIBLE


def _moment(parts: re.Match[str], zone: tzinfo, near: datetime | None) -> datetime:
    year, month, day, hour, minute, second = (int(each or 0) for each in parts.groups()[:6])
    micros = int((parts[7] or "")[:6].ljust(6, "0"))
    wall = datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - zone follows
    offset = _offset(parts)
    if offset is not None:
        return wall.replace(tzinfo=offset).astimezone(UTC)
    return _in_zone(wall, zone, near)


def _offset(parts: re.Match[str]) -> timezone | None:
    if parts[8]:
        return UTC
    if not parts[9]:
        return None
    minutes = int(parts[10]) * 60 + int(parts[11] or 0)
    return timezone(timedelta(minutes=-minutes if parts[9] == "-" else minutes))


def _in_zone(wall: datetime, zone: tzinfo, near: datetime | None) -> datetime:
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    is_repeated = first < second
    if not is_repeated or near is None or not is_believed(second, near):
        return first
    return min(first, second, key=lambda each: abs(each - near))
