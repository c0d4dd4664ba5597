"""What is kept of an event: decided before the journal, so that nothing else is ever on the disk.

Attributes hold whatever an account puts there, secrets and customers' data among it (facts, B5
and D4): of these only what is allowed by name stays; of a customer only what a destination wants.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from gateway.mapping import READ, check_form, form_fields, is_json, read_json
from mappings.sources.taskrouter.attributes import WORKER, read_attributes
from mappings.sources.taskrouter.keeping_task import kept_of_task
from mappings.sources.taskrouter.options import Keep
from mappings.sources.taskrouter.pieces import is_hang_up
from mappings.sources.taskrouter.telling import ATTRIBUTES, FIELDS, payload_name
from mappings.sources.taskrouter.values import MASK

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gateway.mapping import Content
    from mappings.sources.taskrouter.options import TaskRouterOptions

ENVELOPE = ("specversion", "type", "source", "id", "time")
DATA = ("timestamp", "account_sid", "sid")
PERSONAL = frozenset({"worker_name", "worker_attributes"})
"""What can hold personal data of all that is read; of a task's attributes, see `kept_of_task`."""

PLAIN = frozenset(FIELDS).difference(ATTRIBUTES)
"""What is read and is a text of its own."""

PLAIN_IMPERSONAL = PLAIN - PERSONAL

REASONS = frozenset({"reason", "task_canceled_reason", "task_completed_reason"})


def keep(content: Content, options: TaskRouterOptions) -> bytes:
    """Return what is kept of a body.

    Raises:
        ContentError: 400, it is not what it claims to be.
    """
    if options.keep is Keep.BYTES or content.method == READ or not content.body.strip():
        # Of what we read ourselves only what is allowed was taken.
        return content.body
    if is_json(content):
        value = read_json(content.body)
        several = value if isinstance(value, list) else [value]
        kept = [_event(each, options) for each in several]
        return json.dumps(kept if isinstance(value, list) else kept[0]).encode()
    check_form(content)
    told = form_fields(content.body)
    names = {payload_name(name): name for name in told}
    kept_fields = _fields({name: told[own] for name, own in names.items()}, options)
    pairs = (f"{_quoted(names[name])}={_quoted(value)}" for name, value in kept_fields.items())
    return "&".join(pairs).encode()


def _quoted(text: str) -> str:
    """Write a name or value as a form has it; most are sids and words, with nothing to quote."""
    if text.isalnum() and text.isascii():
        return text
    return _quoted_word(text) if len(text) <= LONGEST_WORD else quote_plus(text)


LONGEST_WORD = 64
_quoted_word = lru_cache(maxsize=1024)(quote_plus)
"""Types of events, names of queues and the mask come again and again."""


def _event(event: Any, options: TaskRouterOptions) -> Any:
    """Return what is kept of a CloudEvent; of what is none, only that there was something."""
    if not isinstance(event, dict):
        return MASK if event is not None else None
    data = event.get("data")
    kept = _named(event, ENVELOPE, options)
    if isinstance(data, dict):
        payload = data.get("payload")
        kept["data"] = _named(data, DATA, options)
        if isinstance(payload, dict):
            kept["data"]["payload"] = _fields(payload, options)
    return kept


def _named(
    told: Mapping[str, Any], allowed: Collection[str], options: TaskRouterOptions
) -> dict[str, Any]:
    """Return the members allowed by name, an object or a list empty; the rest by its name alone."""
    kept: dict[str, Any] = {}
    for name, value in told.items():
        if name in allowed:
            kept[name] = type(value)() if isinstance(value, dict | list) else value
        elif options.keep is Keep.REDACTED:
            kept[name] = MASK
    return kept


def _fields(told: Mapping[str, Any], options: TaskRouterOptions) -> dict[str, Any]:
    kept = _named(told, PLAIN_IMPERSONAL if options.is_private else PLAIN, options)
    if options.is_private:
        # Free text, but for the word by which an abandoned contact is known.
        kept = {name: v for name, v in kept.items() if name not in REASONS or is_hang_up(v)}
    if (workers := "worker_attributes") in told and not options.is_private:
        attributes = read_attributes(told[workers])
        kept[workers] = json.dumps(_named(attributes, WORKER.union(options.attributes), options))
    if (tasks := "task_attributes") in told:
        attributes = read_attributes(told[tasks])
        is_redacted = options.keep is Keep.REDACTED
        kept[tasks] = json.dumps(kept_of_task(attributes, options, names=is_redacted))
    return kept
