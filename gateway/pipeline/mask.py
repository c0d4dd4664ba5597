"""Mask: what is shown of a request or kept of an answer holds none of our secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from gateway.model.outgoing import IN_PATH
from gateway.model.secret import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.model.outgoing import OutgoingRequest
    from gateway.settings import DestinationSettings

MASKED = "***"

SHORTEST_KEY = 8
"""Characters of a value in a URL's query that is taken for a key: `v=1` is not one."""


@dataclass(frozen=True, slots=True)
class Mask:
    """The secrets of one destination, in every form in which they may be met."""

    forms: tuple[str, ...]

    def text(self, text: str) -> str:
        """Return *text* without secrets."""
        for form in self.forms:
            text = text.replace(form, MASKED)
        return text

    def raw(self, raw: bytes) -> bytes:
        """Return *raw* without secrets."""
        for form in self.forms:
            raw = raw.replace(form.encode("utf-8", "surrogatepass"), MASKED.encode())
        return raw

    def request(self, request: OutgoingRequest) -> OutgoingRequest:
        """Return a request that can be shown."""
        headers = tuple(
            (name, MASKED if name.lower() in request.secret_headers else self.text(value))
            for name, value in request.headers
        )
        return replace(
            request, url=self.text(request.url), headers=headers, body=self.raw(request.body)
        )


def mask_of(settings: DestinationSettings) -> Mask:
    """Collect a destination's secrets: its credentials, those among its options and in its URL,
    and whatever was filled in into its options.
    """
    plain = {secret.reveal() for secret in secrets_in(settings.options)}
    plain |= {secret.reveal() for secret in settings.filled_in}
    plain |= set(_keys_in(settings.url))
    for name, secret in settings.auth.headers:
        plain.add(secret.reveal())
        if name == "Authorization":  # a vendor may repeat a token without its scheme
            plain.add(secret.reveal().partition(" ")[2])
    forms = {form for text in plain for form in _forms(text)}
    return Mask(tuple(sorted(forms, key=lambda form: (-len(form), form))))


def _keys_in(url: str) -> Iterator[str]:
    """Yield what some vendors want in the URL: a key in the query, in the form sent and read."""
    query = urlsplit(url).query
    sent = (pair.partition("=")[2] for pair in query.split("&"))
    read = (value for _name, value in parse_qsl(query))
    for value in (*sent, *read):
        if len(value) >= SHORTEST_KEY:
            yield value


def _forms(text: str) -> set[str]:
    """Return a secret as it stands in text, JSON and URLs."""
    raw = text.encode("utf-8", "surrogatepass")
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    in_url = {quote(raw, safe=""), quote_plus(raw), quote(raw, safe=IN_PATH)}
    return ({text} | in_json | in_url) - {""}
