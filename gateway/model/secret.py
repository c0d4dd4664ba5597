"""A value that must not be seen: in a log, a dry run, a traceback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from gateway.model.values import quick


@quick
@dataclass(frozen=True, slots=True)
class Secret:
    """A secret string. Printing it shows only that there is one."""

    value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself; call it where it is used and nowhere else."""
        return self.value

    def __str__(self) -> str:
        """Never the secret."""
        return "***"


def secrets_in(value: Any) -> Iterator[Secret]:
    """Return every secret in *value*: in a dataclass, a mapping or a sequence, however deep."""
    if isinstance(value, Secret):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from secrets_in(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_in(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from secrets_in(inner)


def texts_in(value: Any) -> Iterator[str]:
    """Return every text in *value* that is no `Secret`: keys of mappings too, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, Secret):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        for inner in value:
            yield from texts_in(inner)
        for inner in value.values() if isinstance(value, Mapping) else ():
            yield from texts_in(inner)


def holds_secret(value: Any) -> bool:
    """Whether there is any secret in *value*."""
    return next(secrets_in(value), None) is not None
