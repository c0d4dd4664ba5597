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
_IN_UTC = len("2021-06-06T11:06:10.268Z")
_WALL = len("2021-06-06 11:06:10")


def read_time(text: str, *, zone: tzinfo = UTC, near: datetime | None = None) -> datetime:
    """Read ``2021-06-06T11:06:10.268Z`` and its like.

    Seconds, fraction (cut after microseconds) and offset may be absent, a blank may stand for
    the `T`. Without an offset it is the wall clock of *zone*: an hour that comes twice is the
    one nearest to *near* and not after it, an hour that is left out is moved forward. A time
    that no calendar has is `IMPOSSIBLE`.

    Raises:
        ValueError: it has not the shape of a time.
    """
    length = len(text)
    if length == _IN_UTC:
        is_usual = text[23] == "Z" and text[19] == "." and text[10] == "T"
    else:
        is_usual = length == _WALL and text[7::3] == "- ::"
    if is_usual and text[11:13] != "24":  # which some versions of Python read
        try:
            usual = datetime.fromisoformat(text)
        except ValueError:
            pass  # what is wrong with it is told by the shape
        else:
            return usual if usual.tzinfo is UTC else _placed(usual, zone, near)
    return _moment(text, zone, near)


def _moment(text: str, zone: tzinfo, near: datetime | None) -> datetime:
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise ValueError("Not a date and time.")
    try:
        wall, offset = _wall(parts), _offset(parts)
        if offset is not None:
            return wall.replace(tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        return IMPOSSIBLE
    return _placed(wall, zone, near)


def _wall(parts: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(each or 0) for each in parts.groups()[:6])
    micros = int((parts[7] or "")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - zone follows


def _offset(parts: re.Match[str]) -> timezone | None:
    if parts[8]:
        return UTC
    if not parts[9]:
        return None
    minutes = int(parts[10]) * 60 + int(parts[11] or 0)
    return timezone(timedelta(minutes=-minutes if parts[9] == "-" else minutes))


def _placed(wall: datetime, zone: tzinfo, near: datetime | None) -> datetime:
    try:
        return _in_zone(wall, zone, near)
    except (ValueError, OverflowError):
        return IMPOSSIBLE


def _in_zone(wall: datetime, zone: tzinfo, near: datetime | None) -> datetime:
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    is_repeated = first < second
    if not is_repeated or near is None or not is_believed(second, near):
        return first
    return min(first, second, key=lambda each: abs(each - near))
