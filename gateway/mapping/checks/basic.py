"""`basic`: a user name and a password, RFC 7617, in UTF-8."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validates

from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.checks.options import (
    Secrets,
    credentials_of,
    matches_any,
    one_header,
    which_matches,
)
from gateway.model.errors import CredentialsError
from gateway.model.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping.authenticity import Presented

NAME = "basic"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicOptions:
    """The user's name, and the password or, while it is changed, both."""

    username: str
    password: tuple[Secret, ...]

    @property
    def usable(self) -> bool:
        """Whether there is a name and a password."""
        return bool(self.username) and bool(self.password)


class BasicSchema(Schema):
    """The keys beside `type: basic`."""

    username = fields.String(required=True)
    password = Secrets(required=True)

    @validates("username")
    def _without_colon(self, value: str, **_: Any) -> None:
        if ":" in value:
            raise ValidationError("A user name has no colon (RFC 7617).")

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> BasicOptions:
        return BasicOptions(**data)


@dataclass(frozen=True, slots=True)
class BasicChecker:
    """Compares name and password with those configured. *usual* are the headers as nearly every
    client writes them, so that they need not be taken apart.
    """

    options: BasicOptions
    usual: tuple[Secret, ...]

    def check_headers(self, presented: Presented, now: datetime) -> int:
        """Check both parts, the second whatever the first came to."""
        del now
        number = which_matches(one_header(presented, "authorization", NAME), self.usual)
        if number is not None:
            return number
        username, password = _parts(credentials_of(presented, "basic", NAME))
        is_user = matches_any(username, [Secret(self.options.username)])
        number = which_matches(password, self.options.password)
        if not is_user or number is None:
            raise CredentialsError(NAME)
        return number

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> None:
        """Nothing: a password does not cover the body."""


def _parts(credentials: str) -> tuple[str, str]:
    try:
        username, colon, password = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        raise CredentialsError(NAME) from None
    if not colon:
        raise CredentialsError(NAME)
    return username, password


def _checker(options: BasicOptions) -> BasicChecker:
    pairs = [f"{options.username}:{each.reveal()}".encode() for each in options.password]
    usual = tuple(Secret(f"Basic {b64encode(each).decode()}") for each in pairs)
    return BasicChecker(options, usual)


CHECK = AuthenticityCheck(
    name=NAME,
    options=BasicSchema,
    build=_checker,
    challenge='Basic realm="wfm-gateway", charset="UTF-8"',
)
