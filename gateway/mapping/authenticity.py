"""Checks that a source can name under `auth.type`; plugins add theirs (entry-point group
``gateway.authenticity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from marshmallow import Schema


@dataclass(frozen=True, slots=True)
class Presented:
    """What a sender presents before its body is read.

    *target* is the request target as sent (path and query, still encoded), *query* the raw
    query string. Header names are lower case; a repeated header has several values.
    """

    method: str
    target: str
    query: str
    headers: Mapping[str, Sequence[str]]

    def only(self, name: str) -> str | None:
        """Return the one value of header *name*; `None` where it is absent or repeated."""
        values = self.headers.get(name.lower(), ())
        return values[0] if len(values) == 1 else None


class Checker(Protocol):
    """One source's configured check. Both methods raise `CredentialsError`."""

    def check_headers(self, presented: Presented, now: datetime) -> None:
        """Check what can be checked before the body is read."""

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> None:
        """Check what needs the body; called after `check_headers` has passed."""


@dataclass(frozen=True, kw_only=True)
class AuthenticityCheck:
    """A kind of check.

    *options* loads the keys beside `type`; *build* makes the checker of what it loaded.
    *signs_body*: the body is covered, its declared content type alone says how it is parsed;
    *signs_query*: the query string is covered too. *query_secret* names the query parameter
    that is a credential (of the loaded options), which is not kept.
    """

    name: str
    options: type[Schema]
    build: Callable[[Any], Checker]
    signs_body: bool = False
    signs_query: bool = False
    query_secret: Callable[[Any], str | None] = lambda _options: None
