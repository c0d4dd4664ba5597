"""`token`: the sender shows a secret in a header or in the query string."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, post_load, validate

from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.checks.options import (
    HEADER_NAME,
    Secrets,
    across,
    exactly_one,
    one_header,
    which_matches,
)
from gateway.mapping.parameters import values_of
from gateway.model.errors import CredentialsError

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping.authenticity import Presented
    from gateway.model.secret import Secret

NAME = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOptions:
    """In which *header* or *query* parameter the token comes, and what it is."""

    token: tuple[Secret, ...]
    header: str | None = None
    query: str | None = None

    @property
    def usable(self) -> bool:
        """Whether a token is left."""
        return bool(self.token)


class TokenSchema(Schema):
    """The keys beside `type: token`."""

    header = fields.String(validate=HEADER_NAME)
    query = fields.String(validate=validate.Length(min=1))
    token = Secrets(required=True)

    @across
    def _one_place(self, _data: dict[str, Any], given: dict[str, Any]) -> None:
        exactly_one(given, ("header", "query"))

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> TokenOptions:
        return TokenOptions(**data)


@dataclass(frozen=True, slots=True)
class TokenChecker:
    """Compares the token shown with those configured."""

    options: TokenOptions

    def check_headers(self, presented: Presented, now: datetime) -> int:
        """Check the token."""
        del now
        number = which_matches(self._shown(presented), self.options.token)
        if number is None:
            raise CredentialsError(NAME)
        return number

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> None:
        """Nothing: the token does not cover the body."""

    def _shown(self, presented: Presented) -> str:
        if self.options.header is not None:
            return one_header(presented, self.options.header, NAME)
        shown = values_of(presented.query, self.options.query or "")
        if not shown:
            raise CredentialsError(NAME, status=401)
        if len(shown) > 1:
            raise CredentialsError(NAME)
        return shown[0]


def _query_parameter(options: TokenOptions) -> str | None:
    return options.query


CHECK = AuthenticityCheck(
    name=NAME, options=TokenSchema, build=TokenChecker, query_secret=_query_parameter
)
