"""A request as it leaves for a vendor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from gateway.model.values import quick

IN_PATH = "/%:@!$&'()*+,;=~-._"
"""What stands in the path of a URL as it is, beside letters and digits."""


@quick
@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One HTTP request, ready to send: *url* whole and encoded, *headers* with secrets in them,
    *secret_headers* the lower-case names of those that a dry run masks.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: timedelta
    secret_headers: frozenset[str] = frozenset()
