"""What the options of checks are made of: secrets that may be rotated, durations, names."""

from __future__ import annotations

import re
from datetime import timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.model.errors import CredentialsError
from gateway.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.mapping.authenticity import Presented

ROTATED = 2
"""How many secrets may be valid at a time: the one that goes and the one that comes."""

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_LONGEST = timedelta(days=365)
HEADER_NAME = validate.Regexp(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", error="Not the name of a header.")


class Secrets(fields.Field[tuple[Secret, ...]]):
    """One secret or a list of one or two, loaded as a tuple without the empty ones."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Must be a text or a list of one or two texts (a number needs quotes).",
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Secret, ...]:
        given = value if isinstance(value, list) else [value]
        if not 1 <= len(given) <= ROTATED or not all(isinstance(each, str) for each in given):
            raise self.make_error("invalid")
        return tuple(Secret(each) for each in given if each.strip())


class SecretField(fields.Field[Secret]):
    """One secret, not empty unless it *may_be_empty*. Its value is in no message."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Must be a text (a number needs quotes).",
        "empty": "Must not be empty.",
    }

    def __init__(self, *, may_be_empty: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self._may_be_empty = may_be_empty

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Secret:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not value.strip() and not self._may_be_empty:
            raise self.make_error("empty")
        return Secret(value)


class Duration(fields.Field[timedelta]):
    """A duration such as ``500ms``, ``10s``, ``5m``, ``24h``, ``7d``; at most a year."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Not a duration such as 500ms, 10s, 5m, 24h or 7d.",
        "too_long": "Longer than a year.",
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> timedelta:
        matched = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if matched is None:
            raise self.make_error("invalid")
        duration = int(matched[1]) * _UNITS[matched[2]]
        if duration > _LONGEST:
            raise self.make_error("too_long")
        return duration


def across(check: Callable[[Any, dict[str, Any], dict[str, Any]], None]) -> Any:
    """Make a schema's method look at several keys, whatever else is wrong with them.

    It gets what was read, without what is wrong, and all that was given.
    """

    def checked(schema: Any, data: dict[str, Any], given: Any, **_: Any) -> None:
        if isinstance(given, dict):
            check(schema, data, given)

    return validates_schema(checked, skip_on_field_errors=False, pass_original=True)


def exactly_one(given: Iterable[str], names: tuple[str, ...]) -> None:
    """Refuse options that have none, or more than one, of *names*."""
    if sum(name in names for name in given) != 1:
        raise ValidationError(f"Exactly one of {', '.join(names)} is needed.")


def which_matches(presented: str, secrets: Iterable[Secret]) -> int | None:
    """Return which secret it is (0: the first), in a time that does not depend on where they
    differ; `None`: none of them.
    """
    shown = _octets(presented)
    found = None
    for number, each in enumerate(secrets):
        if compare_digest(shown, _octets(each.reveal())) and found is None:
            found = number
    return found


def matches_any(presented: str, secrets: Iterable[Secret]) -> bool:
    """Compare with every secret, in a time that does not depend on where they differ."""
    return which_matches(presented, secrets) is not None


def one_header(presented: Presented, name: str, check: str) -> str:
    """Return the header that carries a credential.

    Raises:
        CredentialsError: 401 where it is absent, 403 where it is repeated.
    """
    values = presented.values(name)
    if not values:
        raise CredentialsError(check, status=401)
    if len(values) > 1:
        raise CredentialsError(check)
    return values[0]


def credentials_of(presented: Presented, scheme: str, check: str) -> str:
    """Return what follows *scheme* (lower case) in `Authorization`.

    Raises:
        CredentialsError: 401 where that is absent or of another scheme, 403 where repeated.
    """
    given, _, rest = one_header(presented, "authorization", check).partition(" ")
    if given.lower() != scheme:
        raise CredentialsError(check, status=401)
    return rest.strip(" ")


def _octets(text: str) -> bytes:
    # Headers come as text with surrogates for what is not UTF-8; comparing needs bytes.
    return text.encode("utf-8", "surrogatepass")
