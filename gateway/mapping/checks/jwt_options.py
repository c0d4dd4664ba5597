"""The options of the `jwt` check: which tokens are good, and whose keys say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.mapping.checks.jwt_keys import ALGORITHMS, configured_keys, is_symmetric
from gateway.mapping.checks.options import Duration, Secrets, across, exactly_one

if TYPE_CHECKING:
    from gateway.model.secret import Secret

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEYS = ("key", "jwks_file", "jwks_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtOptions:
    """Which tokens are good. *key* are shared secrets or PEM public keys; of *key*, *jwks_file*
    and *jwks_url* one is given. Empty *issuer*, *audience*: the claim is not compared.
    """

    algorithms: tuple[str, ...]
    key: tuple[Secret, ...] = ()
    jwks_file: Path | None = None
    jwks_url: str | None = None
    issuer: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    leeway: timedelta = timedelta(0)

    @property
    def usable(self) -> bool:
        """Whether there is a key, or a place where keys are."""
        return bool(self.key or self.jwks_file or self.jwks_url)


class OneOrMore(fields.Field[tuple[str, ...]]):
    """A text or a list of texts, none of them empty."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Must be a text or a list of texts, none of them empty.",
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(each, str) and each for each in given):
            raise self.make_error("invalid")
        return tuple(given)


class JwtSchema(Schema):
    """The keys beside `type: jwt`."""

    algorithms = fields.List(
        fields.String(validate=validate.OneOf(tuple(ALGORITHMS))),
        required=True,
        validate=validate.Length(min=1),
    )
    key = Secrets()
    jwks_file = fields.String()
    jwks_url = fields.String()
    issuer = OneOrMore()
    audience = OneOrMore()
    leeway = Duration()

    @across
    def _one_place(self, _data: dict[str, Any], given: dict[str, Any]) -> None:
        exactly_one(given, _KEYS)

    @across
    def _one_kind_of_key(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        kinds = {is_symmetric(each) for each in data.get("algorithms", ())}
        if len(kinds) > 1:
            raise ValidationError(
                "HS algorithms do not go with others: a public key would become a shared secret.",
                "algorithms",
            )
        if True in kinds and "key" not in given:
            raise ValidationError("HS algorithms go with `key` only.", "algorithms")

    @validates_schema(skip_on_field_errors=False)
    def _address_is_safe(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("jwks_url"):
            _refuse_unsafe(data["jwks_url"])

    @validates_schema
    def _keys_fit(self, data: dict[str, Any], **_: Any) -> None:
        try:
            configured_keys(data.get("key", ()), data["algorithms"])
        except ValueError as problem:
            raise ValidationError(str(problem), "key") from None

    @post_load
    def _frozen(self, data: dict[str, Any], **_: Any) -> JwtOptions:
        file = data.pop("jwks_file", "")
        algorithms = tuple(data.pop("algorithms"))
        return JwtOptions(algorithms=algorithms, jwks_file=Path(file) if file else None, **data)


def _refuse_unsafe(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in {"http", "https"}:
        raise ValidationError("Not an http or https address.", "jwks_url")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValidationError("Must be https: who can change the keys can come in.", "jwks_url")
