"""The parameters of a query string and of a form body, read in one way everywhere.

A name counts as what it decodes to, so that ``tok%65n`` is ``token`` to whoever checks it, to
whoever removes it, and to whoever reads it. Parameters are separated by ``&`` alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = "application/x-www-form-urlencoded"
MAX_FORM_FIELDS = 1000
"""More than any platform sends; a body of nothing but separators must not cost seconds."""

_TOO_MANY = f"more than {MAX_FORM_FIELDS} form fields"


@lru_cache(maxsize=64)  # the same few are sent again and again
def media_type(content_type: str) -> str:
    """Return the media type of a `Content-Type` header: lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def values_of(query: str, name: str) -> list[str]:
    """Return the decoded values of every parameter of that name, in order."""
    found = []
    for part in query.split("&"):
        told, _, value = part.partition("=")
        if part and _decoded(told) == name:
            found.append(_decoded(value))
    return found


def names_of(query: str) -> set[str]:
    """Return the decoded names of the parameters."""
    return {_name(part) for part in query.split("&") if part}


def without_parameter(query: str, name: str) -> str:
    """Return the query string without the parameters of that name, the rest as it was."""
    return "&".join(part for part in query.split("&") if not part or _name(part) != name)


def form_pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the decoded names and values of a form body, blank ones kept, nothing trimmed.

    Bytes, because whether they are UTF-8 is a question for after the signature.

    Raises:
        ValueError: it has more than `MAX_FORM_FIELDS` fields.
    """
    if body.count(b"&") >= MAX_FORM_FIELDS:
        raise ValueError(_TOO_MANY)
    return [_pair(part) for part in body.replace(b"+", b" ").split(b"&") if part]


def form_texts(body: str) -> Iterator[tuple[str, str]]:
    """Return what `form_pairs` does of a body of ASCII, as texts: most of it is no more than cut.

    Raises:
        ValueError: it has more than `MAX_FORM_FIELDS` fields.
        UnicodeDecodeError: they are not UTF-8.
    """
    if body.count("&") >= MAX_FORM_FIELDS:
        raise ValueError(_TOO_MANY)
    for part in body.replace("+", " ").split("&"):
        name, _, value = part.partition("=")
        if "%" in part:
            yield unquote(name, errors="strict"), unquote(value, errors="strict")
        elif part:
            yield name, value


def _name(part: str) -> str:
    return _decoded(part.partition("=")[0])


def _decoded(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return unquote_plus(text, errors="surrogateescape")


def _pair(part: bytes) -> tuple[bytes, bytes]:
    name, _, value = part.partition(b"=")
    if b"%" not in part:
        return name, value
    return unquote_to_bytes(name), unquote_to_bytes(value)
