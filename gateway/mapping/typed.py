"""Whether a value is what its type says, all the way down.

Types tell an author what a mapping returns; nothing makes a stranger's keep to them. What is
looked at here goes into the store and to vendors: a text that is no Unicode, a time without a
zone, or a number that JSON cannot hold would fail there, and with it what is nobody's fault.

It is on the hot path: whether is asked by what has been compiled for a type, and what is wrong
(`gateway.mapping.flaws`) only where something is.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from gateway.mapping.flaws import flaw_of
from gateway.mapping.hints import (
    WITHOUT_FAULT,
    alternatives,
    always,
    are_unicode,
    chosen,
    hints_of,
    is_opaque,
    test_of_kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.mapping.hints import Test


class Kind:
    """A type that values are compared with."""

    def __init__(self, hint: Any) -> None:
        self._hint = hint
        self._tests: dict[type, Test | None] = {}

    def holds(self, value: Any) -> bool:
        """Whether *value* is as the type says."""
        kind = type(value)
        try:
            test = self._tests[kind]
        except KeyError:
            test = self._tests[kind] = _test(self._hint, kind)
        return test is not None and test(value)

    def flaw_in(self, value: Any, path: str = "") -> str | None:
        """Return what of *value* is not as the type says, in a few words without the value."""
        return None if self.holds(value) else flaw_of(value, self._hint, path)


def _test(hint: Any, kind: type) -> Test | None:
    """Return what tells whether a value of *kind* is as *hint* says; `None`: none is."""
    taken = chosen(hint, kind)
    if taken is None:
        return None
    if is_opaque(taken):
        return always
    if is_dataclass(kind):
        return _test_of_fields(kind)
    return _test_of_members(taken) or test_of_kind(kind)


def _test_of_members(hint: Any) -> Test | None:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return None
    if issubclass(origin, Mapping):
        keys, members = map(_test_of_each, inner)
        return lambda value: not value or (keys(value) and members(value.values()))
    if origin is not tuple or inner[-1] is ...:
        return _test_of_each(inner[0])
    if len(set(inner)) == 1:
        every = _test_of_each(inner[0])
        return lambda value: len(value) == len(inner) and every(value)
    kinds = tuple(map(Kind, inner))
    return lambda value: (
        len(value) == len(kinds)
        and all(kind.holds(each) for kind, each in zip(kinds, value, strict=True))
    )


def _test_of_each(hint: Any) -> Test:
    """Return what tests several values, each of which is to be as *hint* says."""
    if hint is str:
        return are_unicode
    if is_opaque(hint):
        return always
    holds = Kind(hint).holds
    own = _test_of_fields(hint) if isinstance(hint, type) and is_dataclass(hint) else None

    def test(values: Iterable[Any]) -> bool:
        for each in values:
            if type(each) is hint and own is not None and own(each):
                continue  # the short way
            if not holds(each):
                return False
        return True

    return test


@cache
def _test_of_fields(kind: type) -> Test:
    """Return what tests a dataclass: a function written for it, a line for each field.

    A line asks what is most often so (it is `None`, it is a text of ASCII), and else a `Kind`.
    Reading the fields in a loop takes four times as long.
    """
    hints = hints_of(kind)
    names: dict[str, Any] = {"datetime": datetime, "UTC": UTC}
    conditions = (
        (each.name, _condition(hints[each.name], names))
        for each in fields(kind)
        if not is_opaque(hints[each.name])
    )
    lines = [
        f"    v = value.{name}\n    if not ({told}): return False" for name, told in conditions
    ]
    source = "\n".join(("def test(value):", *lines, "    return True"))
    exec(source, names)  # noqa: S102 - as dataclasses does; the names in it are identifiers
    test: Test = names["test"]
    return test


def _condition(hint: Any, names: dict[str, Any]) -> str:
    """Write the condition that `v` is as *hint* says; what it refers to goes into *names*."""
    usual = [_usual(each, names) for each in alternatives(hint)]
    # None first: it is most often so, and the least to ask.
    told = sorted((each for each in usual if each is not None), key=lambda each: each != _NOTHING)
    return " or ".join((*told, f"{_named(Kind(hint).holds, names)}(v)"))


_NOTHING = "v is None"
_USUAL = {
    type(None): _NOTHING,
    str: "type(v) is str and v.isascii()",
    datetime: "type(v) is datetime and v.tzinfo is UTC",
}


def _usual(hint: Any, names: dict[str, Any]) -> str | None:
    """Write a condition under which `v` certainly is as *hint* says, if there is a cheap one."""
    if hint in _USUAL:
        return _USUAL[hint]
    if typing.get_origin(hint) is tuple:
        members = _named(_test_of_members(hint), names)
        is_empty = "not v or " if typing.get_args(hint)[-1] is ... else ""
        return f"type(v) is tuple and ({is_empty}{members}(v))"
    if not isinstance(hint, type):
        return None
    if hint in WITHOUT_FAULT or issubclass(hint, Enum):
        return f"type(v) is {_named(hint, names)}"
    if is_dataclass(hint):
        return f"type(v) is {_named(hint, names)} and {_named(_test_of_fields(hint), names)}(v)"
    return None


def _named(thing: Any, names: dict[str, Any]) -> str:
    name = f"_{len(names)}"
    names[name] = thing
    return name
