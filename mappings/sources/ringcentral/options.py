"""What an operator says of a RingCentral account: its clock, and what its states mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from gateway.mapping import Status, Statuses, comparable

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEZONE = "America/New_York"
"""Inferred: call ids and call starts are US Eastern wall-clock times (facts, C2)."""


@dataclass(frozen=True, slots=True)
class RingCentralOptions:
    """*timezone* is the clock of times without an offset; *statuses* by comparable words."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo(TIMEZONE))
    statuses: Mapping[str, Status] = field(default_factory=dict)


def zone(options: RingCentralOptions) -> ZoneInfo:
    """Return the zone of the times without an offset."""
    return options.timezone


class Zone(fields.Field[ZoneInfo]):
    """The name of a time zone, as the IANA database has it."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Not the name of a time zone such as America/New_York.",
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> ZoneInfo:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            return ZoneInfo(value.strip())
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.make_error("invalid") from None


class RingCentralSchema(Schema):
    """The source's own keys."""

    timezone = Zone(load_default=lambda: ZoneInfo(TIMEZONE))
    statuses = Statuses(key=comparable, load_default=dict)

    @validates_schema(skip_on_field_errors=False)
    def _names_say_something(self, data: dict[str, Any], **_: Any) -> None:
        if "" in data.get("statuses", ()):
            raise ValidationError("A name needs a letter or a digit.", "statuses")

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> RingCentralOptions:
        return RingCentralOptions(**data)
