"""What operations are asked with: the same keys in a query string, a JSON body, and options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.ports import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LISTED = 10_000
LISTED = 100
LONGEST_WORD = 300


YEARS = range(1970, 9999)
"""What is asked for lies in them: on every zone's clock, with room around."""


class Time(fields.AwareDateTime):
    """A date or a time, RFC 3339; without an offset it is UTC."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Not a time; valid: 2026-03-02, 2026-03-02T09:15, 2026-03-02T09:15:00Z.",
        "beyond": f"Not a time of ours; valid: years {YEARS[0]} to {YEARS[-1]}.",
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(default_timezone=UTC, load_default=None, **more)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> datetime:
        at: datetime = super()._deserialize(value, *rest, **more)
        if at.year not in YEARS:
            raise self.make_error("beyond")
        return at


def span_fields() -> tuple[Time, Time]:
    """Return the two ends of a span of time, asked for as `from` and `to`."""
    return Time(data_key="from"), Time(data_key="to")


class PerSecond(fields.Float):
    """How many a second: ``50``, or ``50/s`` as in the configuration."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> float:
        told = value.strip().removesuffix("/s") if isinstance(value, str) else value
        return float(super()._deserialize(told, attr, data, **more))


class NothingParams(Schema):
    """An operation that is asked with nothing."""


class NameParams(Schema):
    """The destination or source that is meant."""

    name = fields.String(required=True)


class EraseParams(Schema):
    """A person: an agent, or a customer by anything that tells of nobody else."""

    agent = fields.String(load_default=None, validate=validate.Length(1, LONGEST_WORD))
    customer = fields.String(load_default=None, validate=validate.Length(1, LONGEST_WORD))
    source = fields.String(load_default=None)
    dry_run = fields.Boolean(load_default=False)

    @validates_schema
    def _check(self, loaded: Mapping[str, Any], **_kwargs: Any) -> None:
        if (loaded.get("agent") is None) == (loaded.get("customer") is None):
            raise ValidationError("give an agent or a customer (one of the two)")


class FileParams(Schema):
    """A file of this machine, by its absolute path."""

    file = fields.String(required=True, validate=validate.Regexp("^/", error="Must be absolute."))


class AdoptParams(NameParams):
    """The name that was, and the destination that has its place."""

    by = fields.String(required=True)


class ResyncParams(NameParams):
    """The destination that is meant, and how."""

    dry_run = fields.Boolean(load_default=False)
    force = fields.Boolean(load_default=False)


class IdParams(Schema):
    """The one entry that is meant."""

    id = fields.String(required=True)


class UnmappedParams(Schema):
    """A list that can be narrowed to what lacks a mapping, or to a source."""

    unmapped = fields.Boolean(load_default=False)
    source = fields.String(load_default=None)


class _NarrowedParams(Schema):
    """What narrows a choice: a reason, and when the entries were set aside (`from`, `to`)."""

    reason = fields.String(load_default=None)
    since, until = span_fields()


class QuarantineFilter(_NarrowedParams):
    """Narrows quarantine entries."""

    name = fields.String(data_key="source", load_default=None)


class DeadLetterFilter(_NarrowedParams):
    """Narrows dead letters."""

    name = fields.String(data_key="destination", load_default=None)


class SpanParams(Schema):
    """A span of time (`from`, `to`), and how many of its newest entries."""

    since, until = span_fields()
    limit = fields.Integer(load_default=LISTED, validate=validate.Range(1, MOST_LISTED))


class _ListParams(Schema):
    """A list is bounded; the newest come first."""

    limit = fields.Integer(load_default=LISTED, validate=validate.Range(1, MOST_LISTED))

    @post_load
    def _select(self, loaded: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        limit = loaded.pop("limit")
        return {"selection": Selection(**loaded), "limit": limit}


class _ChoiceParams(Schema):
    """What to change: ids, all, or a filter. Nothing named is a mistake, never everything."""

    ids = fields.List(fields.String(), load_default=None)
    all = fields.Boolean(load_default=False)

    @validates_schema
    def _check(self, loaded: Mapping[str, Any], **_kwargs: Any) -> None:
        narrowed = any(loaded.get(name) for name in ("name", "reason", "since", "until"))
        if bool(loaded.get("ids")) + bool(loaded.get("all")) + narrowed != 1:
            raise ValidationError("give ids, or all, or a filter (one of the three)")

    @post_load
    def _select(self, loaded: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        del loaded["all"]
        ids = loaded.pop("ids")
        return {"selection": Selection(ids=tuple(dict.fromkeys(ids)) if ids else None, **loaded)}


class QuarantineList(QuarantineFilter, _ListParams):
    """Quarantine entries to list."""


class QuarantineChoice(QuarantineFilter, _ChoiceParams):
    """Quarantine entries to change."""


class DeadLetterList(DeadLetterFilter, _ListParams):
    """Dead letters to list."""


class DeadLetterChoice(DeadLetterFilter, _ChoiceParams):
    """Dead letters to change."""
