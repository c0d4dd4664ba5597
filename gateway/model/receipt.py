"""A receipt: one request as it was received, before and after it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.model.values import quick

if TYPE_CHECKING:
    from datetime import datetime


@quick
@dataclass(frozen=True, slots=True)
class Receipt:
    """One request as received, not yet believed.

    *headers* are lower-case names with the values that matter to a mapping (content type, the
    platform's own ids), never credentials. *query* is the raw query string without a
    credential that came in it; *body* the bytes as they came.
    """

    source: str
    received_at: datetime
    method: str
    headers: tuple[tuple[str, str], ...]
    query: str
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of the header *name* (lower case), or an empty string."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""


@quick
@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt whose sender has shown that it may come in.

    *signed*: the credentials cover the content, so that its declared type alone says how it is
    read. *query_trusted*: the query string is covered as well (always true where nothing is
    signed).
    """

    receipt: Receipt
    signed: bool = False
    query_trusted: bool = True


@quick
@dataclass(frozen=True, slots=True)
class JournaledReceipt:
    """A verified receipt that is durable.

    *id* is what the sender was answered; *seq* the order in which its partition translates.
    *skip* are the indices of the records that must not be translated: duplicates, and those
    already in quarantine; *only*, where given, are the ones that an operator wants again.
    """

    id: str
    seq: int
    verified: VerifiedReceipt
    skip: frozenset[int] = frozenset()
    only: frozenset[int] | None = None
