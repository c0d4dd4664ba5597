"""What reports are asked with: a time on the clock of a zone, and by what the figures are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.config.figures import Zone
from gateway.figures import DIMENSIONS, MINUTES, Options, Period
from gateway.model.clock import to_millis
from gateway.model.errors import OperationError
from gateway.operations.params import YEARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from gateway.settings import Settings

LONGEST = timedelta(days=400)
MOST_ROWS = 100_000
_MILLI = timedelta(milliseconds=1)


class Moment(fields.String):
    """A date or a time, RFC 3339; without an offset it is on the clock of the report's zone."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid_time": "Not a time; valid: 2026-03-02, 2026-03-02T09:15, 2026-03-02T09:15:00Z.",
        "beyond": f"Not a time that has figures; valid: years {YEARS[0]} to {YEARS[-1]}.",
    }

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        text: str = super()._deserialize(value, *rest, **more)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise self.make_error("invalid_time") from None
        if at.year not in YEARS:
            raise self.make_error("beyond")
        return at


class Words(fields.List[Any]):
    """Words of a few, each once; commas may stand between them."""

    def __init__(self, words: Sequence[str], **more: Any) -> None:
        self._words = words
        super().__init__(fields.String(validate=validate.OneOf(words)), **more)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> list[Any]:
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list | tuple) and all(isinstance(each, str) for each in listed):
            listed = [word.strip() for each in listed for word in each.split(",")]
            for word in listed:
                if word not in self._words:
                    raise ValidationError(f"No {word!r} here; valid: {', '.join(self._words)}.")
            if len(set(listed)) < len(listed):
                raise ValidationError("Each of them once.")
        return super()._deserialize(listed, *rest, **more)


class ReportParams(Schema):
    """Which time, on which clock. What is not given is as the section `intervals` says; the time
    is that of today until now.
    """

    since = Moment(data_key="from", load_default=None)
    until = Moment(data_key="to", load_default=None)
    zone = Zone(load_default=None)
    minutes = fields.Integer(load_default=None, validate=validate.OneOf(MINUTES))
    booked_by = fields.String(load_default=None, validate=validate.OneOf(("arrival", "end")))
    limit = fields.Integer(load_default=MOST_ROWS, validate=validate.Range(1, MOST_ROWS))


class IntervalsParams(ReportParams):
    """By interval, and by what else."""

    by = Words(("source", "queue", "channel", "agent"), load_default=lambda: ["queue"])

    @validates_schema
    def _check(self, loaded: Mapping[str, Any], **_kwargs: Any) -> None:
        if {"agent", "channel"} <= set(loaded.get("by", ())):
            raise ValidationError("No 'channel' beside 'agent'; valid: source, queue, agent.", "by")


class AgentsParams(ReportParams):
    """By agent, and by what else."""

    by = Words(("interval", "agent", "queue"), load_default=lambda: ["agent"])


class ContactsParams(ReportParams):
    """By any combination of what can be told of contacts; by nothing: all in one."""

    by = Words(DIMENSIONS, load_default=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is to be made: over which period, by what, of how many rows at most."""

    period: Period
    by: tuple[str, ...]
    limit: int

    @property
    def zone(self) -> tzinfo:
        """The zone whose clock it shows."""
        return self.period.options.zone


def report_of(params: Mapping[str, Any], settings: Settings, now: datetime) -> Report:
    """Return the report that is asked for.

    Raises:
        OperationError: its time ends before it begins, or is too long.
    """
    usual = settings.intervals
    zone = ZoneInfo(params["zone"] or usual.timezone)
    until = _on_clock(params["until"] or now, zone)
    since = _on_clock(params["since"] or _midnight(until, zone), zone)
    first, end = to_millis(since), to_millis(until)  # not what a zone's clock shows, which jumps
    if not first < end:
        raise OperationError("the time ends before it begins: from must be before to")
    if end - first > LONGEST // _MILLI:
        raise OperationError(f"at most {LONGEST.days} days at once")
    options = Options(
        minutes=params["minutes"] or usual.minutes,
        zone=zone,
        booked_by=params["booked_by"] or usual.booked_by,
        service_level=usual.service_level // _MILLI,
        short_abandon=usual.short_abandon // _MILLI,
    )
    sources = tuple(settings.sources)
    period = Period(first, end, options, sources, to_millis(now))
    return Report(period, tuple(params["by"]), params["limit"])


def _on_clock(at: datetime, zone: tzinfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _midnight(until: datetime, zone: tzinfo) -> datetime:
    """Return the beginning of the day whose end, or a moment of which, is *until*."""
    last = (until - timedelta(milliseconds=1)).astimezone(zone)
    return last.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
