"""Whether what an entry point leads to is a plugin that this gateway can use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from gateway.mapping.destination import Clock, DestinationMapping, SnapshotMapping
from gateway.mapping.files import LENGTHS, FileMapping, Unit
from gateway.mapping.reading import ReadMapping
from gateway.mapping.source import SourceMapping
from gateway.model.event import EventType
from gateway.model.rate import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

API = frozenset({1})
"""The versions of the plugin API that this gateway knows."""

_Rule = tuple[str, "Callable[[Any], bool]", str]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_schema(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Schema)


def _is_optional_function(value: Any) -> bool:
    return value is None or callable(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, frozenset | tuple) and all(isinstance(each, str) for each in value)


def _are_events(value: Any) -> bool:
    return isinstance(value, frozenset) and all(isinstance(each, EventType) for each in value)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, (*value, *value.values())))


def _are_lengths(value: Any) -> bool:
    return isinstance(value, frozenset) and bool(value) and value <= LENGTHS


_COMMON: tuple[_Rule, ...] = (
    ("version", _is_text, "a text that is not empty"),
    ("options", _is_schema, "a marshmallow Schema class"),
    ("package", lambda value: isinstance(value, str), "a text, most often __name__"),
    ("waived", _is_table, "a table of checks and reasons"),
)
_RULES: dict[type, tuple[_Rule, ...]] = {
    SourceMapping: (
        *_COMMON,
        ("platform", _is_text, "a text that is not empty"),
        ("split", callable, "a function"),
        ("translate", callable, "a function"),
        ("compose", _is_optional_function, "a function or None"),
        ("zone", _is_optional_function, "a function or None"),
        ("keep", _is_optional_function, "a function or None"),
        ("wanting", _is_optional_function, "a function or None"),
        (
            "reading",
            lambda value: value is None or isinstance(value, ReadMapping),
            "a ReadMapping or None",
        ),
        ("methods", _are_texts, "a frozenset of texts"),
        ("query_names", _are_texts, "a frozenset of texts"),
        ("kept_headers", _are_texts, "a tuple of texts"),
    ),
    DestinationMapping: (
        *_COMMON,
        ("clock", lambda value: isinstance(value, Clock), "a Clock"),
        ("events", lambda value: bool(value) and _are_events(value), "a frozenset of EventTypes"),
        ("collapsing", _are_events, "a frozenset of EventTypes"),
        ("step", callable, "a function"),
        ("clock_of", _is_optional_function, "a function or None"),
        ("max_batch_of", _is_optional_function, "a function or None"),
        (
            "rate_limit",
            lambda value: value is None or isinstance(value, RateLimit),
            "a RateLimit or None",
        ),
        ("max_batch", lambda value: type(value) is int and value > 0, "a number from 1 on"),
        (
            "snapshot",
            lambda value: value is None or isinstance(value, SnapshotMapping),
            "a SnapshotMapping or None",
        ),
    ),
    FileMapping: (
        *_COMMON,
        ("needs", callable, "a function"),
        ("files", callable, "a function"),
        ("unit", lambda value: isinstance(value, Unit), "a Unit"),
        ("minutes", _are_lengths, "a frozenset of 15, 30 and 60"),
        ("zone", lambda value: value is None or isinstance(value, tzinfo), "a tzinfo or None"),
    ),
}


def misfit(value: Any, kind: type, name: str) -> str | None:
    """Return why *value* is not a plugin of *kind* under *name*; `None` where it is."""
    if not isinstance(value, kind):
        return f"is a {type(value).__name__}, not a {kind.__name__}"
    if getattr(value, "name", None) != name:
        return f"calls itself {getattr(value, 'name', None)!r}: its name must be the entry point's"
    api = getattr(value, "api", 1)
    if api not in API:
        known = ", ".join(map(str, sorted(API)))
        return f"is written for version {api} of the plugin API; this gateway knows {known}"
    for attribute, is_right, words in _RULES.get(kind, ()):
        if not is_right(getattr(value, attribute)):
            return f"its {attribute} is not {words}"
    return None
