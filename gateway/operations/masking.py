"""Secrets taken out of what a dry run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

from gateway.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.settings import DestinationSettings

MASK = "***"


def secrets_of(destination: DestinationSettings) -> frozenset[str]:
    """Return every secret of a destination: credentials, options marked so, and in its URL."""
    found = {secret.reveal() for _name, secret in destination.auth.headers}
    found.update(_marked(destination))
    found.update(each.reveal() for each in _secrets_in(destination.options))
    found.update(filter(None, (urlsplit(destination.url).password,)))
    return frozenset(each for each in found if each)


def _marked(destination: DestinationSettings) -> Iterator[str]:
    """Yield the loaded options whose schema says `metadata={"secret": True}`."""
    for name, field in destination.mapping.options().fields.items():
        if field.metadata.get("secret"):
            value = _member(destination.options, field.attribute or name)
            if isinstance(value, str):
                yield value


def _member(options: Any, name: str) -> Any:
    return options.get(name) if isinstance(options, dict) else getattr(options, name, None)


def _secrets_in(value: Any) -> Iterator[Secret]:
    match value:
        case Secret():
            yield value
        case dict():
            for each in value.values():
                yield from _secrets_in(each)
        case list() | tuple():
            for each in value:
                yield from _secrets_in(each)
        case _ if hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                yield from _secrets_in(getattr(value, name))


def masked(value: Any, secrets: frozenset[str]) -> Any:
    """Return a JSON value with each secret in it replaced, also where it is URL-encoded."""
    match value:
        case str():
            for secret in sorted(secrets, key=len, reverse=True):
                for form in (secret, quote(secret, safe=""), quote_plus(secret)):
                    value = value.replace(form, MASK)
            return value
        case dict():
            return {key: masked(each, secrets) for key, each in value.items()}
        case list():
            return [masked(each, secrets) for each in value]
        case _:
            return value
