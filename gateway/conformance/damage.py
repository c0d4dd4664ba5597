"""Damage: everything that a sender, a vendor or a cut line can do to what a mapping reads."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Place = tuple[str | int, ...]

MOST_PLACES = 40
"""Places of one sample that are damaged one by one; of more, as many that lie evenly apart."""

CUTS = 24
DEEP = 60
"""Levels that are within what the gateway reads, and beyond what anybody sends."""

TOO_DEEP = 100_000


def nested(levels: int) -> Any:
    """Return lists in lists."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


WRONG_TYPES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    7,
    -1.5,
    1e30,
    1e308,
    "",
    " ",
    "nonsense",
    "null",
    "\x00\r\n\x1b",
    "é漢😀" * 200,
    "2021-02-30T25:61:00Z",
    "9999-12-31T23:59:59-23:59",
    "9" * 400,
    [],
    {},
    [[]],
    [None],
    ["x"],
    {"a": 1},
    {"id": None, "name": 7},
)
"""JSON values that anything may be replaced by; all that survive the store as well."""

WILD: tuple[Any, ...] = (10**30, 10**400, "\ud800", nested(DEEP))
"""Those that only a sender can have sent: they are told from others before they are stored."""

BODIES: tuple[bytes, ...] = (
    b"",
    b" \r\n",
    b"null",
    b"true",
    b"7",
    b'"text"',
    b"[]",
    b"{}",
    b"[[]]",
    b"[null]",
    b"{",
    b"[1,",
    b'{"a":NaN}',
    b'{"a":1e999}',
    b'{"a":"\\ud800"}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x00" * 64,
    b"=&=&%",
    b"a=%ff&b=%zz&=",
    b"&" * 5000,
    b"<html><body>502 Bad Gateway</body></html>",
    b"<?xml version='1.0'?><a><b></a>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"[" * TOO_DEEP,
    b'{"a":' * TOO_DEEP,
    b"[" + b"9" * 5000 + b"]",
)
"""Whole bodies that are not what was promised."""


def places_in(value: Any) -> list[Place]:
    """Return the path of every value in a JSON value; of very many, some that lie evenly apart."""
    found = list(_places(value, ()))
    step = -(-len(found) // MOST_PLACES) or 1
    return found[::step]


def _places(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        members: Sequence[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    else:
        return
    for key, inner in members:
        yield (*place, key)
        yield from _places(inner, (*place, key))


def replaced(value: Any, place: Place, by: Any) -> Any:
    """Return a copy of a JSON value with something else at *place*."""
    changed, holder = _copied(value, place)
    holder[place[-1]] = by
    return changed


def removed(value: Any, place: Place) -> Any:
    """Return a copy of a JSON value without what is at *place*."""
    changed, holder = _copied(value, place)
    del holder[place[-1]]
    return changed


def at(value: Any, place: Place) -> Any:
    """Return what is at *place*."""
    for key in place:
        value = value[key]
    return value


def _copied(value: Any, place: Place) -> tuple[Any, Any]:
    """Copy what lies on the way to *place*; return the whole and what holds the place."""
    whole = holder = copy.copy(value)
    for key in place[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    return whole, holder


def in_words(place: Place) -> str:
    """Return a place as people write it: ``tell[0].event.data.reason``."""
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return text.removeprefix(".")


def shown(value: Any) -> str:
    """Return a value that a place was given, short."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - one line


def damaged_values(value: Any, name: str = "", *, wild: bool) -> Iterator[tuple[str, Any]]:
    """Yield a JSON value with each place removed, then given each wrong type; with words for it."""
    nonsense = (*WRONG_TYPES, *WILD) if wild else WRONG_TYPES
    for place in places_in(value):
        where = in_words((name, *place) if name else place)
        yield f"without {where}", removed(value, place)
        for each in nonsense:
            yield f"{where} = {shown(each)}", replaced(value, place, each)


def cut_bodies(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a body cut off, and with bytes that are no UTF-8, at places that lie evenly apart."""
    for number in range(CUTS):
        end = len(raw) * number // CUTS
        yield f"cut after {end} bytes", raw[:end]
        yield f"not UTF-8 at byte {end}", raw[:end] + b"\xff\xc0" + raw[end:]


def damaged_form(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a form or query string with each field removed, repeated, or given nonsense."""
    pairs = raw.strip().split(b"&")
    for index, pair in enumerate(pairs):
        name = pair.partition(b"=")[0]
        said = name.decode("utf-8", "replace")
        yield f"without {said}", b"&".join([*pairs[:index], *pairs[index + 1 :]])
        yield f"{said} twice", b"&".join([*pairs, pair])
        for each in (b"", b"%", b"%ff", b"%00%0d%0a", b"9" * 400, b"nonsense", b"[]", b"+"):
            filled = [*pairs[:index], name + b"=" + each, *pairs[index + 1 :]]
            yield f"{said} = {each[:20].decode()}", b"&".join(filled)
