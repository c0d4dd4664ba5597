"""One event as it is told: by a callback's form or by Event Streams, in the same words.

A callback's fields are texts named ``WorkerSid``; in a stream's payload they are ``worker_sid``,
numbers are JSON numbers, and only attributes are still texts (facts, B2 and B3). Here a field goes
by its name in the payload, and everything is a text.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.mapping import IMPOSSIBLE, Named, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping import Fields

PREFIX = "com.twilio.taskrouter."
OLD_NAMES = {"worker.activity": "worker.activity.update", "task.cancelled": "task.canceled"}
"""Spellings of the oldest samples (facts, B1)."""

FIELDS = (
    "account_sid",
    "data_timestamp",
    "event_type",
    "eventtype",
    "reason",
    "reservation_sid",
    "reservation_status",
    "reservation_version",
    "sid",
    "task_assignment_status",
    "task_attributes",
    "task_canceled_reason",
    "task_channel_sid",
    "task_channel_unique_name",
    "task_completed_reason",
    "task_queue_name",
    "task_queue_sid",
    "task_sid",
    "time",
    "timestamp",
    "timestamp_ms",
    "worker_activity_name",
    "worker_activity_sid",
    "worker_attributes",
    "worker_channel_available",
    "worker_channel_capacity",
    "worker_name",
    "worker_sid",
    "workflow_name",
    "workflow_sid",
    "workspace_sid",
)
"""What of an event is read; whatever else is told is left alone."""

ATTRIBUTES = ("worker_attributes", "task_attributes")
"""Those that are JSON in a text."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEAST_MILLIS = 100_000_000_000
"""An epoch time below it is in seconds: as milliseconds it would be of 1973 or before."""

MOST_DIGITS = 32
"""Of an epoch time; Python makes no integer of some thousands of them."""

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Telling(NamedTuple):
    """An event as told. *kind* is its type without prefix, *at* its time as it came."""

    kind: str
    at: datetime | None
    native_id: str | None
    texts: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """Return a field, `None` where nothing is told."""
        return self.texts.get(name)

    @property
    def agent_id(self) -> str | None:
        """The worker, where the event is of one."""
        return self.get("worker_sid")

    def named(self, what: str) -> Named | None:
        """Return a queue or the like by its sid and name, `None` where neither is told."""
        sid, name = self.get(f"{what}_sid"), self.get(f"{what}_name")
        return Named(sid, name) if sid is not None or name is not None else None

    def version(self, of: str) -> int | None:
        """Return the version of a thing: whole numbers, counted up with each of its changes."""
        told = number(self.get(f"{of}_version"))
        return int(told) if told is not None and told >= 0 else None


def callback_texts(form: Mapping[str, str]) -> dict[str, str]:
    """Return a callback's fields under the names that they have in a stream's payload."""
    return {payload_name(name): value.strip() for name, value in form.items()}


def payload_name(name: str) -> str:
    """Return the name in a stream's payload of a callback's field."""
    return _CALLBACK_NAMES.get(name) or _WORDS.sub("_", name).lower()


_CALLBACK_NAMES = {name.title().replace("_", ""): name for name in FIELDS}
"""What is read of a callback, by the names there: the others are spelled anew each time."""


def telling_of(record: Fields) -> Telling:
    """Read an event whose fields are texts under a payload's names."""
    texts = {name: text for name in FIELDS if (text := record.text(name))}
    kind = texts.get("event_type") or texts.get("eventtype") or ""
    return Telling(
        kind=kind_of(kind),
        at=_time(record, texts),
        native_id=texts.get("sid"),
        texts=texts,
    )


def kind_of(word: str) -> str:
    """Return a type without its prefix, in today's spelling."""
    kind = word.strip().casefold().removeprefix(PREFIX)
    return OLD_NAMES.get(kind, kind)


def _time(record: Fields, texts: Mapping[str, str]) -> datetime | None:
    """Return the event's time: the most exact one told."""
    for name in ("timestamp_ms", "time", "timestamp", "data_timestamp"):
        text = texts.get(name)
        if text is None:
            continue
        if text.isascii() and text.isdecimal():
            return _of_epoch(int(text)) if len(text) <= MOST_DIGITS else IMPOSSIBLE
        return record.time(name)
    return None


def _of_epoch(told: int) -> datetime:
    millis = told if told >= LEAST_MILLIS else told * 1000
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return IMPOSSIBLE


def as_told(name: str, value: Any) -> Any:
    """Return a field of a payload as a callback would send it: as a text, `None` where nothing is
    told. An object or a list is left as it is, but of attributes: no other field can be one.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list) and name not in ATTRIBUTES:
        return value
    return json.dumps(value)
