"""Templates: texts with ``{placeholders}``, filled in and escaped for where they go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.mapping import MappingError
from mappings.destinations.http_json.words import as_word, looked_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.destinations.http_json.words import DateFormat

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)(?:\|([A-Za-z_][A-Za-z0-9_]*))?\}")
DATED = ("unix", "unix_ms", "iso")
WHEN, IS, THEN, ELSE = "when", "is", "then", "else"
_ABSENT = object()
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
WHOLE = frozenset(
    {"data"}
    | {name for name in KNOWN if any(each.startswith(f"{name}.") for each in KNOWN)}
    | {"data.contacts", "data.channels", "data.customer", "data.attributes"}
)
"""Those of them that are objects or lists: they have no place within a text."""


@dataclass(frozen=True, slots=True)
class Values:
    """What is filled in: *told* by name; *tables* and *dates* are what filters may name."""

    told: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dates: Mapping[str, DateFormat] = field(default_factory=dict)

    def of(self, name: str, word: str | None = None) -> Any:
        """Return a value, through the filter *word*.

        Raises:
            MappingError: it is no time, or stands in no row of the table.
        """
        value: Any = self.told
        for step in name.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if word is None:
            return value
        if word in self.tables:
            return looked_up(value, self.tables[word], word)
        return None if value is None else _dated(value, word, self.dates)


def names_in(template: Any) -> set[str]:
    """Return what a template fills in or goes by."""
    if isinstance(template, str):
        return {each[1] for each in PLACEHOLDER.finditer(template)}
    if isinstance(template, dict):
        condition = {template[WHEN]} if WHEN in template else set()
        return condition.union(*map(names_in, template.values()))
    return set().union(*map(names_in, template)) if isinstance(template, list) else set()


def fill(template: Any, values: Values) -> Any:
    """Fill in a body: a text that is one placeholder takes the JSON value, others are texts. What
    a condition leaves out is left out.
    """
    filled = _filled(template, values)
    return None if filled is _ABSENT else filled


def _filled(template: Any, values: Values) -> Any:
    if isinstance(template, dict):
        if WHEN in template:
            return _chosen(template, values)
        members = {key: _filled(value, values) for key, value in template.items()}
        return {key: each for key, each in members.items() if each is not _ABSENT}
    if isinstance(template, list):
        items = (_filled(value, values) for value in template)
        return [each for each in items if each is not _ABSENT]
    if not isinstance(template, str):
        return template
    whole = PLACEHOLDER.fullmatch(template)
    return values.of(whole[1], whole[2]) if whole else in_text(template, values)


def _chosen(template: Mapping[str, Any], values: Values) -> Any:
    word = as_word(values.of(template[WHEN]))
    if word in map(as_word, template[IS]):
        return _filled(template[THEN], values)
    return _filled(template[ELSE], values) if ELSE in template else _ABSENT


def in_text(template: str, values: Values) -> str:
    """Fill in a text; what is not known is empty."""
    return PLACEHOLDER.sub(lambda found: text_of(values.of(found[1], found[2])), template)


def in_path(template: str, values: Values) -> str:
    """Fill in a path; what is filled in stays within its segment.

    Raises:
        MappingError: a segment would be empty, or lead elsewhere.
    """
    return "/".join(_segment(each, values) for each in template.split("/"))


def in_header(template: str, values: Values) -> str:
    """Fill in a header.

    Raises:
        MappingError: it would hold a control character.
    """
    text = in_text(template, values)
    if CONTROL.search(text):
        raise MappingError("a header would hold a control character")
    return text


def text_of(value: Any) -> str:
    """Return a value as text; nothing is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _segment(template: str, values: Values) -> str:
    if PLACEHOLDER.search(template) is None:
        return template
    if in_text(template, values) in ("", ".", ".."):
        raise MappingError("a segment of the path would be empty or lead elsewhere")
    return PLACEHOLDER.sub(
        lambda found: quote(text_of(values.of(found[1], found[2])), safe=""), template
    )


def _dated(value: Any, form: str, dates: Mapping[str, DateFormat]) -> Any:
    try:
        at = datetime.fromisoformat(str(value))
        if form in dates:
            return dates[form].written(at)
        seconds = at.timestamp()
    except (ValueError, OverflowError) as problem:
        raise MappingError(f"what is written as |{form} is no time") from problem
    if form == "iso":
        return at.isoformat(timespec="seconds")
    return int(seconds) if form == "unix" else round(seconds * 1000)
