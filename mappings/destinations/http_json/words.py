"""What an operator may say of values: tables, date formats, conditions, and what answers mean."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, post_load, validate

from gateway.mapping import Judgement, MappingError, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer

ANY = "*"
MEANINGS = ("delivered", "retry", "permanent", "park", "unsupported", "hold")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A time written by *pattern* (as `strftime`) in a zone."""

    pattern: str
    zone: tzinfo

    def written(self, at: datetime) -> str:
        """Write a time."""
        return at.astimezone(self.zone).strftime(self.pattern)


class DateFormatSchema(Schema):
    """One of `dates`."""

    format = fields.String(required=True, validate=validate.Length(min=1))
    zone = fields.String(load_default="UTC")

    @post_load
    def _format(self, data: dict[str, Any], **_: Any) -> DateFormat:
        try:
            zone = UTC if data["zone"] == "UTC" else ZoneInfo(data["zone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError("Not a zone; valid: UTC, Europe/Vienna …", "zone") from None
        return DateFormat(data["format"], zone)


@dataclass(frozen=True, slots=True)
class Rule:
    """What an answer means: one of these statuses, and in its JSON *field* one of these values."""

    means: Verdict
    status: frozenset[int] = frozenset()
    field: str | None = None
    values: frozenset[str] = frozenset()

    def fits(self, answer: Answer, body: Any) -> bool:
        """Whether the rule is about this answer."""
        if self.status and answer.status not in self.status:
            return False
        if self.field is None:
            return True
        value: Any = body
        for step in self.field.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return as_word(value) in self.values


class RuleSchema(Schema):
    """One of `answers`."""

    means = fields.String(required=True, validate=validate.OneOf(MEANINGS))
    status = fields.List(fields.Integer(strict=True), load_default=list)
    field = fields.String(load_default=None, validate=validate.Length(min=1))
    values = fields.List(fields.Raw(), load_default=list)

    @post_load
    def _rule(self, data: dict[str, Any], **_: Any) -> Rule:
        if (data["field"] is None) != (not data["values"]):
            raise ValidationError("Field and values go together.", "field")
        if data["field"] is None and not data["status"]:
            raise ValidationError("Give a status, or a field with its values.", "status")
        return Rule(
            Verdict(data["means"]),
            frozenset(data["status"]),
            data["field"],
            frozenset(map(as_word, data["values"])),
        )


def judged(answer: Answer, rules: Sequence[Rule]) -> Judgement | None:
    """Return what the first rule that fits says, `None`: the status decides."""
    if not rules or not answer.status:
        return None
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    rule = next((each for each in rules if each.fits(answer, body)), None)
    return None if rule is None else Judgement(rule.means, f"the answer means {rule.means.value}")


def looked_up(value: Any, table: Mapping[str, Any], name: str) -> Any:
    """Return what a table has for a value.

    Raises:
        MappingError: it has nothing, and no ``*``.
    """
    word = as_word(value)
    if word in table:
        return table[word]
    if ANY in table:
        return table[ANY]
    raise MappingError(f"options.tables.{name} has nothing for {word!r}: add the line {word!r}: …")


def as_word(value: Any) -> str:
    """Return a JSON value as the key of a table; nothing is the empty one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
