"""`twilio_signature`: the header `X-Twilio-Signature` on requests of Twilio's platform.

What is signed (twilio.com/docs/usage/webhooks/webhooks-security and the helper libraries
twilio-python @306691e, twilio-node @45d3d65): the address that Twilio was given, with the query
as it was sent; then, of a form body, each name with its values, sorted, values without
repetition, nothing trimmed; nothing of any other body, whose SHA-256 in lower-case hex is the
query parameter `bodySHA256` instead. HMAC-SHA1 with the primary auth token, in base64.

- The address is the configured one (`public_url`): behind a proxy the request shows neither the
  scheme nor the host nor the path that Twilio called. User name, password and fragment are never
  part of it. With or without a port is not told for Flex and TaskRouter, so both are tried, and
  the query with ``'`` and with ``%27``, as twilio-node does.
- A body that is not a form *must* come with its hash. Without this rule one captured address
  lets in any body (mended in twilio-ruby #590 and twilio-agent-connect-python #85).
- While a token is changed both are good: the new one signs only when it becomes the primary.
- There is neither time nor nonce in it: a whole request can be replayed, and is then a duplicate.
- Requests signed with a shared key (`X-Twilio-Webhooks-Signature-Settings`, HMAC-SHA256,
  twilio-python 9.13) are refused: nothing says that these feeds use it.
- Whether the RTA feed is signed at all is not documented: where it is not, use `token`.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from dataclasses import dataclass
from hashlib import sha256
from hmac import HMAC, compare_digest, new
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validates

from gateway.mapping import (
    FORM,
    AuthenticityCheck,
    CredentialsError,
    Secret,
    Secrets,
    form_pairs,
    one_header,
    values_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping import Presented

NAME = "twilio_signature"
HEADER = "x-twilio-signature"
BODY_HASH = "bodySHA256"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_PORT = re.compile(r":[0-9]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureOptions:
    """The account's auth token (or both, while it is changed) and the address Twilio calls."""

    auth_token: tuple[Secret, ...]
    public_url: str

    @property
    def usable(self) -> bool:
        """Whether a token is left."""
        return bool(self.auth_token)


class SignatureSchema(Schema):
    """The keys beside `type: twilio_signature`."""

    auth_token = Secrets(required=True)
    public_url = fields.String(required=True)

    @validates("public_url")
    def _whole_address(self, value: str, **_: Any) -> None:
        try:
            parts = urlsplit(value)
            is_whole = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_whole = False
        if not is_whole or parts.scheme not in _DEFAULT_PORTS or value != value.strip():
            raise ValidationError("Not an http or https address.")

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> SignatureOptions:
        return SignatureOptions(**data)


@dataclass(frozen=True, slots=True)
class SignatureChecker:
    """Signs what came, as Twilio would have, and compares. *begun* are, for each token, the
    signatures of the addresses without a query, to be continued: a key costs more than a text.
    """

    begun: tuple[tuple[HMAC, ...], ...]

    def check_headers(self, presented: Presented, now: datetime) -> None:
        """Check that there is one signature, and one say of what the body is."""
        del now
        one_header(presented, HEADER, NAME)
        if len(presented.values("content-type")) > 1:
            raise CredentialsError(NAME)

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> int:
        """Check the hash of the body and the signature."""
        del now
        is_form = presented.media_type == FORM
        if not _has_hash_of(body, presented.query, is_needed=not is_form):
            raise CredentialsError(NAME)
        shown = _octets(one_header(presented, HEADER, NAME))
        signed = _form_text(body) if is_form else b""
        endings = [sent + signed for sent in _sent(presented)]
        for number, signatures in enumerate(self.begun):
            for begun in signatures:
                for ending in endings:
                    # Who gets it right may learn from the time which form and which token it was.
                    if compare_digest(shown, _continued(begun, ending)):
                        return number
        raise CredentialsError(NAME)


def _sent(presented: Presented) -> tuple[bytes, ...]:
    """Return the query in the forms in which Twilio may have signed it."""
    if not presented.query and not presented.target.endswith("?"):
        return (b"",)
    sent = f"?{presented.query}".encode("utf-8", "surrogateescape")
    return (sent, sent.replace(b"'", b"%27")) if b"'" in sent else (sent,)


def _checker(options: SignatureOptions) -> SignatureChecker:
    keys = [each.reveal().encode() for each in options.auth_token]
    addresses = _addresses(options.public_url)
    return SignatureChecker(
        tuple([tuple([new(key, at, "sha1") for at in addresses]) for key in keys])
    )


def _addresses(public_url: str) -> tuple[bytes, bytes]:
    """Return the address without and with its port, both without user name, query, fragment."""
    parts = urlsplit(public_url)
    host = _PORT.sub("", parts.netloc.rpartition("@")[2])
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    path = parts.path or "/"
    called = f"{parts.scheme}://{host}{path}", f"{parts.scheme}://{host}:{port}{path}"
    return _octets(called[0]), _octets(called[1])


def _has_hash_of(body: bytes, query: str, *, is_needed: bool) -> bool:
    told = values_of(query, BODY_HASH)
    if not told:
        return not is_needed
    return len(told) == 1 and compare_digest(_octets(told[0]), sha256(body).hexdigest().encode())


def _form_text(body: bytes) -> bytes:
    try:
        pairs = form_pairs(body)
    except ValueError:
        raise CredentialsError(NAME) from None
    # Sorting the pairs sorts the names, and the values of one name.
    return b"".join(name + value for name, value in sorted(set(pairs)))


def _octets(text: str) -> bytes:
    # Headers come as text with surrogates for what is not UTF-8; comparing needs bytes.
    return text.encode("utf-8", "surrogatepass")


def _continued(begun: HMAC, text: bytes) -> bytes:
    signature = begun.copy()
    signature.update(text)
    return b2a_base64(signature.digest(), newline=False)


CHECK = AuthenticityCheck(
    name=NAME,
    options=SignatureSchema,
    build=_checker,
    signs_body=True,
    signs_query=True,
)
