"""Whether a value is what its type says, all the way down.

Types tell an author what a mapping returns; nothing makes a stranger's keep to them. What is
looked at here goes into the store and to vendors: a text that is no Unicode, a time without a
zone, or a number that JSON cannot hold would fail there, and with it what is nobody's fault.

It is on the hot path: a `Kind` looks at a value by what it has learnt of its types, and says what
is wrong only where something is.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from gateway.model.errors import Flaw
from gateway.model.secret import Secret

Test = Callable[[Any], bool]

LARGEST_NUMBER = 2**53
"""Beyond it readers of JSON take two numbers for one."""

_NAMES = {
    "Mapping": Mapping,
    "Sequence": Sequence,
    "datetime": datetime,
    "Flaw": Flaw,
    "Secret": Secret,
}
_ZERO = timedelta(0)


class Kind:
    """A type that values are compared with."""

    def __init__(self, hint: Any) -> None:
        self._hint = hint
        self._tests: dict[type, Test | None] = {}

    def flaw_in(self, value: Any, path: str = "") -> str | None:
        """Return what of *value* is not as the type says, in a few words without the value."""
        kind = type(value)
        try:
            test = self._tests[kind]
        except KeyError:
            test = self._tests[kind] = _test(self._hint, kind)
        if test is not None and test(value):
            return None
        return _flaw(value, self._hint, path)


# Tests: whether, fast.


def _test(hint: Any, kind: type) -> Test | None:
    """Return what tells whether a value of *kind* is as *hint* says; `None`: none is."""
    chosen = next((each for each in _alternatives(hint) if _allows(each, kind)), None)
    if chosen is None:
        return None
    if chosen in (Any, object) or kind in (type(None), bool, bytes):
        return _always
    if is_dataclass(kind):
        return _test_of_fields(kind)
    return _test_of_members(chosen) or _TESTS.get(kind) or _test_of_kind(kind)


def _test_of_kind(kind: type) -> Test:
    return next((test for base, test in _TESTS.items() if issubclass(kind, base)), _always)


def _always(_value: Any) -> bool:
    return True


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_utc(at: datetime) -> bool:
    return at.tzinfo is UTC or (at.tzinfo is not None and at.utcoffset() == _ZERO)


def _is_measure(number: float) -> bool:
    return math.isfinite(number) and abs(number) <= LARGEST_NUMBER


_TESTS: dict[type, Test] = {
    str: _is_unicode,
    datetime: _is_utc,
    int: _is_measure,
    float: _is_measure,
}


def _test_of_members(hint: Any) -> Test | None:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return None
    kinds = tuple(Kind(each) for each in inner if each is not ...)
    if issubclass(origin, Mapping):
        key, member = kinds
        return lambda value: all(
            key.flaw_in(name) is None and member.flaw_in(each) is None
            for name, each in value.items()
        )
    if origin is tuple and inner[-1] is not ...:
        return lambda value: (
            len(value) == len(kinds)
            and all(kind.flaw_in(each) is None for kind, each in zip(kinds, value, strict=True))
        )
    (member,) = kinds
    return lambda value: not value or all(member.flaw_in(each) is None for each in value)


@cache
def _test_of_fields(kind: type) -> Test:
    """Test a dataclass. Most fields are most often `None`: the types of all of them together are
    looked up, and only those are looked into that hold something.
    """
    hints = typing.get_type_hints(kind, localns=_NAMES)
    names = [each.name for each in fields(kind)]
    read = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    known: dict[tuple[type, ...], tuple[tuple[int, Test], ...] | None] = {}

    def learn(kinds: tuple[type, ...]) -> tuple[tuple[int, Test], ...] | None:
        tests = [_test(hints[name], each) for name, each in zip(names, kinds, strict=True)]
        inner = [(i, test) for i, test in enumerate(tests) if test is not None]
        is_sound = len(inner) == len(tests)
        known[kinds] = tuple(each for each in inner if each[1] is not _always) if is_sound else None
        return known[kinds]

    def test(value: Any) -> bool:
        values = read(value)
        kinds = tuple(map(type, values))
        inner = known[kinds] if kinds in known else learn(kinds)
        if inner is None:
            return False
        for index, each in inner:  # noqa: SIM110 - a generator costs more than all of it
            if not each(values[index]):
                return False
        return True

    return test


# Words: what is wrong, once something is.


def _flaw(value: Any, hint: Any, path: str) -> str | None:
    kinds = _alternatives(hint)
    chosen = next((each for each in kinds if _allows(each, type(value))), None)
    if chosen is None:
        wanted = " or ".join(dict.fromkeys(map(_word, kinds)))
        return f"{path or 'it'} is {_word(type(value))}, not {wanted}"
    inner = (_flaw(each, kind, where) for each, kind, where in _members(value, chosen, path))
    found = next((each for each in inner if each is not None), None)
    test = _test(hint, type(value))
    if found is None and test is not None and not test(value):
        return f"{path or 'it'} {_fault(value)}"
    return found


def _members(value: Any, hint: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    inner = typing.get_args(hint)
    if is_dataclass(value):
        hints = typing.get_type_hints(type(value), localns=_NAMES)
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


# Hints.


@cache
def _alternatives(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return typing.get_args(hint)
    return (hint,)


def _allows(hint: Any, kind: type) -> bool:
    wanted = typing.get_origin(hint) or hint
    if wanted in (Any, object):
        return True
    if wanted in (int, float):
        return kind is int or kind is wanted
    if wanted is Sequence:
        return issubclass(kind, list | tuple)
    return issubclass(kind, wanted)


def _word(hint: Any) -> str:
    if hint is None or hint is type(None):
        return "None"
    name = (typing.get_origin(hint) or hint).__name__
    return f"an {name}" if name[0] in "aeiouAEIO" else f"a {name}"
