"""Checks that a source can name under `auth.type`; plugins add theirs (entry-point group
``gateway.authenticity``).

A check is pure: it looks at what a sender presents, at its options, and at *now*. The one thing
that cannot come with the configuration is a set of public keys that somebody else publishes. A
check that needs such keys says where they are (`AuthenticityCheck.keys_at`) and reads them from
a `KeySource`; whoever does the I/O opens the source, and its checker has a `prepare` that the
gateway awaits before `check_headers`, so that the keys are as fresh as the token asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gateway.mapping.parameters import media_type
from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from marshmallow import Schema


@quick
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

    def values(self, name: str) -> Sequence[str]:
        """Return every value of header *name*, as often as it was sent."""
        return self.headers.get(name.lower(), ())

    def only(self, name: str) -> str | None:
        """Return the one value of header *name*; `None` where it is absent or repeated."""
        values = self.values(name)
        return values[0] if len(values) == 1 else None

    @property
    def media_type(self) -> str:
        """The declared media type; empty where there is none, or more than one."""
        return media_type(self.only("content-type") or "")


class Checker(Protocol):
    """One source's configured check. Both methods raise `CredentialsError`, and return which of
    several credentials has matched (0: the first), `None` where none was compared.
    """

    def check_headers(self, presented: Presented, now: datetime) -> int | None:
        """Check what can be checked before the body is read."""

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> int | None:
        """Check what needs the body; called after `check_headers` has passed."""


class PreparingChecker(Checker, Protocol):
    """A checker whose keys are published elsewhere."""

    async def prepare(self, presented: Presented, now: datetime) -> None:
        """See that the keys are as fresh as what is presented asks for. Never raises."""


@dataclass(frozen=True, slots=True)
class KeysAt:
    """Where published keys are: a *file* or a *url*. *read* makes keys of the bytes found there,
    or raises `ValueError` where none of them is usable.
    """

    read: Callable[[bytes], Sequence[Any]]
    file: Path | None = None
    url: str | None = None


class KeySource(Protocol):
    """Keys kept by whoever does the I/O."""

    def keys(self) -> Sequence[Any]:
        """Return what was last read; empty where nothing ever was."""
        ...

    async def refresh(self, *, is_known: bool, now: datetime) -> None:
        """Read them again where it is time to, and sooner where the key asked for is not among
        them. Never raises: keys that cannot be read now stay what they were.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class AuthenticityCheck:
    """A kind of check.

    *options* loads the keys beside `type`; what it loads has a `usable: bool`, false where no
    credential is left that is not empty. *build* makes the checker of what it loaded.
    *signs_body*: the body is covered, its declared content type alone says how it is parsed;
    *signs_query*: the query string is covered too. *query_secret* names the query parameter
    that is a credential (of the loaded options), which is not kept. *keys_at* says where the
    keys of the loaded options are published, if they are; then *build_with_keys* makes the
    checker. *challenge* is what a 401 answers in `WWW-Authenticate`, empty where nothing fits.
    """

    name: str
    options: type[Schema]
    build: Callable[[Any], Checker]
    signs_body: bool = False
    signs_query: bool = False
    query_secret: Callable[[Any], str | None] = lambda _options: None
    keys_at: Callable[[Any], KeysAt | None] = lambda _options: None
    build_with_keys: Callable[[Any, KeySource], Checker] | None = None
    challenge: str = ""
