"""The sections `ledger` and `intervals`: what figures are made of, and how."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.config.fields import Positive, Whole, one_of, settled
from gateway.figures import MINUTES
from gateway.mapping.checks.options import Duration, across
from gateway.settings import IntervalSettings, LedgerSettings


class LedgerSchema(Schema):
    """`ledger`."""

    retention = Positive()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> LedgerSettings:
        return LedgerSettings(**data)


class Zone(fields.String):
    """The name of a time zone, as ``Europe/Berlin``."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        name: str = super()._deserialize(value, *rest, **more)
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValidationError("Not a time zone; valid: UTC, Europe/Berlin.") from None
        return name


class Minutes(Whole):
    """15, 30 or 60."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> int:
        minutes: int = super()._deserialize(value, *rest, **more)
        if minutes not in MINUTES:
            raise ValidationError(f"Not one of them; valid: {', '.join(map(str, MINUTES))}.")
        return minutes


class IntervalsSchema(Schema):
    """`intervals`."""

    minutes = Minutes(metadata={"json_schema": {"enum": list(MINUTES)}})
    timezone = Zone()
    booked_by = one_of(("arrival", "end"))
    grace = Duration()
    service_level = Positive()
    short_abandon = Duration()

    @across
    def _short_is_short(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        names = ("short_abandon", "service_level")
        limits = settled(data, given, IntervalSettings(), *names)
        if limits and limits[0] > limits[1]:
            raise ValidationError("Must be at most intervals.service_level.", names[0])

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> IntervalSettings:
        return IntervalSettings(**data)
