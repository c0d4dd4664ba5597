"""The spans that files are made of, on the clock of a zone, right through its changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gateway.figures import Interval, intervals
from gateway.mapping.files import Unit
from gateway.model.clock import from_millis, to_millis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from gateway.settings import FileDestinationSettings


def shape_of(settings: FileDestinationSettings) -> str:
    """Return the spans in words: a destination that is asked for others begins anew."""
    return f"{settings.mapping.unit} of {settings.minutes} minutes, {settings.zone}"


def spans(settings: FileDestinationSettings, since: datetime, until: datetime) -> list[Interval]:
    """Return the spans that have something of the time from *since* on and have ended at
    *until*, in order.
    """
    if settings.mapping.unit is Unit.DAY:
        found = _days(since, until, settings.zone)
    else:
        found = intervals(to_millis(since), to_millis(until), settings.minutes, settings.zone)
    end = to_millis(until)
    return [each for each in found if each.end <= end]


def next_end(settings: FileDestinationSettings, after: datetime) -> datetime:
    """Return when the span ends that *after* is in."""
    if settings.mapping.unit is Unit.DAY:
        span = next(_days(after, after + timedelta(seconds=1), settings.zone))
    else:
        at = to_millis(after)
        span = next(intervals(at, at + 1, settings.minutes, settings.zone))
    return from_millis(span.end)


def _days(since: datetime, until: datetime, zone: tzinfo) -> Iterator[Interval]:
    day = since.astimezone(zone).date()
    start = _midnight(day, zone)
    while start < until:
        day += timedelta(days=1)
        end = _midnight(day, zone)
        yield Interval(to_millis(start), to_millis(end))
        start = end


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins; where the clock skips midnight, when it is put."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
