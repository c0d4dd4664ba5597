"""Finds mappings and checks by entry point; refuses clashes and wrong types."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.destination import DestinationMapping
from gateway.mapping.source import SourceMapping
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: dict[str, type] = {
    "gateway.source_mappings": SourceMapping,
    "gateway.destination_mappings": DestinationMapping,
    "gateway.authenticity": AuthenticityCheck,
}


@dataclass(frozen=True)
class Registry:
    """The plugins that are installed, by name."""

    sources: Mapping[str, SourceMapping]
    destinations: Mapping[str, DestinationMapping]
    checks: Mapping[str, AuthenticityCheck]


def installed() -> Registry:
    """Load every installed plugin; raise `ConfigurationError` naming each that is unusable."""
    problems: list[str] = []
    found = {group: _load(group, kind, problems) for group, kind in GROUPS.items()}
    if problems:
        raise ConfigurationError(problems)
    return Registry(
        sources=found["gateway.source_mappings"],
        destinations=found["gateway.destination_mappings"],
        checks=found["gateway.authenticity"],
    )


def _load(group: str, kind: type, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in sorted(entry_points(group=group), key=lambda each: (each.name, each.value)):
        try:
            value = entry.load()
        except Exception as problem:  # noqa: BLE001 - a plugin may fail in any way when imported
            problems.append(f"plugin {entry.name} ({entry.value}): cannot be loaded: {problem!r}")
            continue
        if not isinstance(value, kind) or getattr(value, "name", None) != entry.name:
            problems.append(
                f"plugin {entry.name} ({entry.value}): is not a {kind.__name__} of that name"
            )
        elif entry.name in found:
            problems.append(f"plugin {entry.name} ({entry.value}): the name is taken twice")
        else:
            found[entry.name] = value
    return found
