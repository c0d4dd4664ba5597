"""What a type allows: its alternatives, what they let through, and what is asked of a value that
holds no others.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from gateway.model.errors import Flaw
from gateway.model.secret import Secret

Test = Callable[[Any], bool]

LARGEST_NUMBER = 2**53
"""Beyond it readers of JSON take two numbers for one."""

WITHOUT_FAULT = frozenset({type(None), bool, bytes})
"""No value of these is other than it should be."""

_NAMES = {
    "Mapping": Mapping,
    "Sequence": Sequence,
    "datetime": datetime,
    "Flaw": Flaw,
    "Secret": Secret,
}
_ZERO = timedelta(0)


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """Return the types of a class's fields by their names."""
    return typing.get_type_hints(kind, localns=_NAMES)


def chosen(hint: Any, kind: type) -> Any:
    """Return which alternative a value of *kind* would be, `None`: there is none."""
    return next((each for each in alternatives(hint) if allows(each, kind)), None)


def is_opaque(hint: Any) -> bool:
    """Whether anything will do."""
    return hint in (Any, object)


@cache
def alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one type."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return typing.get_args(hint)
    return (hint,)


def allows(hint: Any, kind: type) -> bool:
    """Whether a value of *kind* is as *hint* says, leaving aside what is in it."""
    wanted = typing.get_origin(hint) or hint
    if is_opaque(wanted):
        return True
    if wanted in (int, float):
        return kind is int or kind is wanted
    if wanted is Sequence:
        return issubclass(kind, list | tuple)
    return issubclass(kind, wanted)


def test_of_kind(kind: type) -> Test:
    """Return what tests a value of *kind* that holds no others."""
    if kind in WITHOUT_FAULT:
        return always
    return next((test for base, test in _TESTS.items() if issubclass(kind, base)), always)


def always(_value: Any) -> bool:
    """Test nothing."""
    return True


def are_unicode(texts: Iterable[Any]) -> bool:
    """Whether all of them are texts that are Unicode: they are looked at in one go."""
    try:
        together = "".join(texts)
        if not together.isascii():
            together.encode()
    except (TypeError, UnicodeEncodeError):
        return False
    return True


def _is_unicode(text: str) -> bool:
    return are_unicode((text,))


def _is_utc(at: datetime) -> bool:
    return at.tzinfo is UTC or (at.tzinfo is not None and at.utcoffset() == _ZERO)


def _is_measure(number: float) -> bool:
    return -LARGEST_NUMBER <= number <= LARGEST_NUMBER  # which NaN is not


_TESTS: dict[type, Test] = {
    str: _is_unicode,
    datetime: _is_utc,
    int: _is_measure,
    float: _is_measure,
}
