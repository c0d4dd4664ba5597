"""The destination's `options`, and the numbers that the vendor knows queues by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from gateway.mapping import label, plain, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping import AgentQueueInterval, Named, QueueInterval

LARGEST_ID = 2_147_483_647
"""The column is an `int` in the vendor's data mart."""

LONGEST_NAME = 30
UNKNOWN = "unknown"
"""In the table, the queue of contacts of which no queue is known."""

KINDS = ("queue", "agent", "agent_queue")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as the vendor knows it; *name* `None`: as the platform calls it."""

    id: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """*queues* by the platform's id or name of each queue. *channels* empty: all of them."""

    queues: Mapping[str, Queue]
    separator: str = ";"
    files: tuple[str, ...] = KINDS
    channels: frozenset[str] = frozenset()
    hold_in_talk: bool = True
    admin_reasons: frozenset[str] = field(default_factory=frozenset)

    def queue(self, queue: Named) -> Queue | None:
        """Return what the vendor calls a queue; by its id, then by its name; else `UNKNOWN`."""
        names = [each.strip() for each in (queue.id, queue.name) if each and each.strip()]
        return next(filter(None, map(self.queues.get, names or [UNKNOWN])), None)

    def has(self, channel: str | None) -> bool:
        """Whether contacts of a channel are told."""
        return not self.channels or channel in self.channels

    def talk(self, interval: QueueInterval | AgentQueueInterval) -> float:
        """Return the talk seconds. Neither file has a column for hold, which is a part of them."""
        if self.hold_in_talk:
            return interval.talk_seconds
        return max(0.0, interval.talk_seconds - interval.hold_seconds)

    def shown(self, text: str) -> str:
        """Return a text for people, as it goes into a file."""
        return label(text, self.separator, LONGEST_NAME)


def missing(queue: Named) -> str:
    """Return the line that a queue without a number needs."""
    name = quoted(queue.name or queue.id or UNKNOWN)
    known = f" (queue {plain(queue.id)})" if queue.name and queue.id else ""
    return f"options.queues: add {name}: NUMBER, its number at the vendor{known}"


class Queues(fields.Field[dict[str, Queue]]):
    """A table from queues to numbers: ``"Support": 101``, or with a name of its own
    ``"Support": {id: 101, name: "Support EN"}``.
    """

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Queue]:
        if not isinstance(value, dict) or not value:
            raise ValidationError('Must be a table of queues and numbers: {"Support": 101}.')
        problems: dict[str, list[str]] = {}
        table: dict[str, Queue] = {}
        for name, told in value.items():
            queue = _queue(told)
            if queue is None:
                problems[str(name)] = [f"Must be a number from 1 to {LARGEST_ID}, or {{id, name}}."]
            elif type(name) not in (str, int) or not str(name).strip():
                problems[str(name)] = ["The name of a queue must be a text."]
            else:
                table[str(name).strip()] = queue
        if problems:
            raise ValidationError(problems)
        return table


def _queue(told: Any) -> Queue | None:
    name = None
    if isinstance(told, dict) and set(told) == {"id", "name"}:
        told, name = told["id"], told["name"]
        if not isinstance(name, str) or not name.strip():
            return None
    if isinstance(told, str) and told.isdecimal() and told.isascii():
        told = int(told[:11])
    return Queue(told, name) if type(told) is int and 0 < told <= LARGEST_ID else None


class OptionsSchema(Schema):
    """The destination's `options`."""

    queues = Queues(required=True, metadata={"json_schema": {"type": "object"}})
    separator = fields.String(load_default=";", validate=validate.OneOf((";", ",")))
    files = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=lambda: list(KINDS),
        validate=validate.Length(min=1),
    )
    channels = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    hold_in_talk = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    admin_reasons = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> Options:
        return Options(
            queues=data["queues"],
            separator=data["separator"],
            files=tuple(kind for kind in KINDS if kind in data["files"]),
            channels=frozenset(data["channels"]),
            hold_in_talk=data["hold_in_talk"],
            admin_reasons=frozenset(data["admin_reasons"]),
        )
