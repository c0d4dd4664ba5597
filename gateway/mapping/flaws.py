"""What is wrong with a value that is not as its type says, in a few words without the value."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.mapping.hints import alternatives, chosen, hints_of, is_opaque, test_of_kind

if TYPE_CHECKING:
    from collections.abc import Iterator


def flaw_of(value: Any, hint: Any, path: str = "") -> str | None:
    """Return what of *value*, which is at *path*, is not as *hint* says; `None`: nothing."""
    taken = chosen(hint, type(value))
    if taken is None:
        wanted = " or ".join(dict.fromkeys(map(_word, alternatives(hint))))
        return f"{path or 'it'} is {_word(type(value))}, not {wanted}"
    if is_opaque(taken):
        return None
    inner = (flaw_of(each, kind, where) for each, kind, where in _members(value, taken, path))
    found = next((each for each in inner if each is not None), None)
    if found is None and not _is_sound_alone(value, taken):
        return f"{path or 'it'} {_fault(value)}"
    return found


def _is_sound_alone(value: Any, hint: Any) -> bool:
    """Whether a value is as *hint* says, leaving aside what is in it."""
    if is_dataclass(value):
        return True
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and inner[-1] is not ...:
        return len(value) == len(inner)
    return bool(inner) or test_of_kind(type(value))(value)


def _members(value: Any, hint: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    inner = typing.get_args(hint)
    if is_dataclass(value):
        kind: type = type(value)
        hints = hints_of(kind)
        for each in fields(value):
            where = f"{path}.{each.name}" if path else each.name
            yield getattr(value, each.name), hints[each.name], where
    elif inner and isinstance(value, Mapping):
        for key, each in value.items():
            yield key, inner[0], f"{path}: a key"
            yield each, inner[1], f"{path}: a value"
    elif inner:
        each_hint = inner if inner[-1] is not ... else inner[:1]
        for index, each in enumerate(value):
            yield each, each_hint[min(index, len(each_hint) - 1)], f"{path}[{index}]"


def _fault(value: Any) -> str:
    if isinstance(value, str):
        return "is no Unicode"
    if isinstance(value, datetime):
        return "is a time that is not in UTC"
    if isinstance(value, tuple):
        return "has too many members, or too few"
    return "is a number beyond what JSON holds"


def _word(hint: Any) -> str:
    if hint is None or hint is type(None):
        return "None"
    name = (typing.get_origin(hint) or hint).__name__
    return f"an {name}" if name[0] in "aeiouAEIO" else f"a {name}"
