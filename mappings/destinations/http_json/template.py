"""Templates: texts with ``{placeholders}``, filled in and escaped for where they go."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)(?:\|(unix|unix_ms|iso))?\}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_NAMED = ("id", "name")
_AGENT = (
    *("key", "id", "platform", "account_id", "workspace_id", "external_id", "username", "name"),
    *("email", "phone", "role", "manager", "location", "wfm_id"),
)
_CONTACT = (
    *("id", "conversation_id", "revision", "channel", "direction", "outcome", "disposition"),
    *("customer_address", "dialed_number", "started_at", "answered_at", "ended_at"),
    *("duration_seconds", "queue_seconds", "ring_seconds", "talk_seconds", "hold_seconds"),
    *("wrap_seconds", "handle_seconds", "recording_url"),
)
_CUSTOMER = (*("id", "name", "phone", "email", "city", "state", "country", "zip", "category"),)
_ALERT = ("alarm", "state", "severity", "about", "detail", "runbook")
KNOWN = frozenset(
    {
        *("id", "source", "type", "subject", "partitionkey", "time", "recordedtime"),
        *("identity", "state_code", "kind", "data"),
        *(f"data.{name}" for name in ("status", "since", "next", "session_id", "native_id")),
        *(f"data.{name}" for name in ("session_seconds", "inferred", "basis", "time_source")),
        *(f"data.{name}" for name in ("agent", "reason", "previous", "contacts", "channels")),
        *(f"data.{name}" for name in ("contact", "customer", "attributes")),
        *(f"data.agent.{name}" for name in _AGENT),
        *(f"data.agent.team.{name}" for name in _NAMED),
        *(f"data.agent.department.{name}" for name in _NAMED),
        *(f"data.reason.{name}" for name in ("code", "label")),
        *(f"data.previous.{name}" for name in ("status", "since")),
        *(f"data.previous.reason.{name}" for name in ("code", "label")),
        *(f"data.contact.{name}" for name in _CONTACT),
        *(
            f"data.contact.{thing}.{name}"
            for thing in ("queue", "workflow", "team")
            for name in _NAMED
        ),
        *(f"data.customer.{name}" for name in _CUSTOMER),
        *(f"data.{name}" for name in _ALERT),
        *(f"data.about.{name}" for name in ("source", "destination", "agent")),
    }
)
"""What can be filled in: the neutral event, how the vendor knows the agent, the vendor's code."""


def unknown_placeholders(template: Any) -> list[str]:
    """Return the placeholders of *template* that name nothing."""
    return sorted({name for text in _texts(template) for name in _names(text)} - KNOWN)


def _texts(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for value in template.values():
            yield from _texts(value)
    elif isinstance(template, list):
        for value in template:
            yield from _texts(value)


def _names(text: str) -> list[str]:
    return [found[1] for found in PLACEHOLDER.finditer(text)]


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Fill in a body: a text that is one placeholder takes the JSON value, others are texts."""
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = PLACEHOLDER.fullmatch(template)
    return _value(whole, values) if whole else in_text(template, values)


def in_text(template: str, values: Mapping[str, Any]) -> str:
    """Fill in a text; what is not known is empty."""
    return PLACEHOLDER.sub(lambda found: _text(_value(found, values)), template)


def in_path(template: str, values: Mapping[str, Any]) -> str:
    """Fill in a path; what is filled in stays one segment."""
    return PLACEHOLDER.sub(lambda found: _segment(_text(_value(found, values))), template)


def in_header(template: str, values: Mapping[str, Any]) -> str:
    """Fill in a header.

    Raises:
        MappingError: it would hold a control character.
    """
    text = in_text(template, values)
    if CONTROL.search(text):
        raise MappingError("a header would hold a control character")
    return text


def _segment(text: str) -> str:
    if text in ("", ".", ".."):
        raise MappingError("a segment of the path would be empty or lead elsewhere")
    return quote(text, safe="")


def _value(found: re.Match[str], values: Mapping[str, Any]) -> Any:
    value: Any = values
    for step in found[1].split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return _dated(value, found[2]) if found[2] and value is not None else value


def _dated(value: Any, form: str) -> Any:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise MappingError(f"what is written as |{form} is no time") from problem
    if form == "iso":
        return at.isoformat(timespec="seconds")
    seconds = at.timestamp()
    return int(seconds) if form == "unix" else round(seconds * 1000)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
