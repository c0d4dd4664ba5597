"""`hmac`: the sender signs the body, or `timestamp.body`, with a shared secret.

The timestamp is in whole seconds since 1970; one of 12 or 13 digits can only be milliseconds.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.checks.options import (
    HEADER_NAME,
    Duration,
    Secrets,
    across,
    one_header,
    which_matches,
)
from gateway.model.clock import to_millis
from gateway.model.errors import CredentialsError
from gateway.model.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping.authenticity import Presented

NAME = "hmac"
LONGEST_TIMESTAMP = 13
_MILLISECONDS_FROM = 12
_MILLIS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacOptions:
    """How the sender signs. *header* holds *prefix* and the signature in *encoding*.

    *timestamp_header* holds the time that is signed with the body, at most *tolerance* away
    from ours.
    """

    header: str
    secret: tuple[Secret, ...]
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    timestamp_header: str | None = None
    tolerance: timedelta = timedelta(minutes=5)

    @property
    def usable(self) -> bool:
        """Whether a secret is left."""
        return bool(self.secret)


class HmacSchema(Schema):
    """The keys beside `type: hmac`."""

    header = fields.String(required=True, validate=HEADER_NAME)
    secret = Secrets(required=True)
    algorithm = fields.String(validate=validate.OneOf(("sha1", "sha256", "sha512")))
    encoding = fields.String(validate=validate.OneOf(("hex", "base64")))
    prefix = fields.String()
    timestamp_header = fields.String(validate=HEADER_NAME)
    tolerance = Duration()

    @across
    def _tolerance_of_something(self, _data: dict[str, Any], given: dict[str, Any]) -> None:
        if "tolerance" in given and "timestamp_header" not in given:
            raise ValidationError("Needs timestamp_header.", "tolerance")

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> HmacOptions:
        return HmacOptions(**data)


@dataclass(frozen=True, slots=True)
class HmacChecker:
    """Signs the body itself and compares."""

    options: HmacOptions

    def check_headers(self, presented: Presented, now: datetime) -> None:
        """Check that there is one signature, and that its time is near ours."""
        shown = one_header(presented, self.options.header, NAME)
        if not shown.startswith(self.options.prefix):
            raise CredentialsError(NAME)
        if self.options.timestamp_header is not None:
            stamp = one_header(presented, self.options.timestamp_header, NAME)
            if abs(_millis(stamp) - to_millis(now)) > self.options.tolerance / _MILLISECOND:
                raise CredentialsError(NAME)

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> int:
        """Check the signature."""
        del now
        shown = one_header(presented, self.options.header, NAME)[len(self.options.prefix) :]
        signed = body
        if self.options.timestamp_header is not None:
            stamp = one_header(presented, self.options.timestamp_header, NAME)
            signed = stamp.encode() + b"." + body
        if self.options.encoding == "hex":
            shown = shown.lower()
        expected = [Secret(self._sign(each, signed)) for each in self.options.secret]
        number = which_matches(shown, expected)
        if number is None:
            raise CredentialsError(NAME)
        return number

    def _sign(self, secret: Secret, message: bytes) -> str:
        digest = hmac.digest(secret.reveal().encode(), message, self.options.algorithm)
        return digest.hex() if self.options.encoding == "hex" else b64encode(digest).decode()


_MILLISECOND = timedelta(milliseconds=1)


def _millis(stamp: str) -> int:
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > LONGEST_TIMESTAMP:
        raise CredentialsError(NAME)
    return int(stamp) if len(stamp) >= _MILLISECONDS_FROM else int(stamp) * _MILLIS


CHECK = AuthenticityCheck(name=NAME, options=HmacSchema, build=HmacChecker, signs_body=True)
