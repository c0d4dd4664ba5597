"""The installed mappings, as they are listed and examined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.conformance import examine, write_golden
from gateway.model.errors import ConfigurationError, OperationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping.registry import Registry


def plugins_json(registry: Registry) -> list[dict[str, Any]]:
    """Return the source, the destination, then the file mappings; `None` where a kind has none."""
    sources = [
        {
            "name": each.name,
            "kind": "source",
            "version": each.version,
            "platform": each.platform,
            "clock": None,
            "events": None,
            "package": each.package or None,
            "waived": dict(each.waived),
        }
        for each in registry.sources.values()
    ]
    destinations = [
        {
            "name": each.name,
            "kind": "destination",
            "version": each.version,
            "platform": None,
            "clock": each.clock.value,
            "events": sorted(kind.value for kind in each.events),
            "package": each.package or None,
            "waived": dict(each.waived),
        }
        for each in registry.destinations.values()
    ]
    files = [
        {
            "name": each.name,
            "kind": "file",
            "version": each.version,
            "platform": None,
            "clock": None,
            "events": None,
            "package": each.package or None,
            "waived": dict(each.waived),
        }
        for each in registry.files.values()
    ]
    return [*sources, *destinations, *files]


def examined_json(
    registry: Registry, names: Sequence[str], *, write: bool = False
) -> list[dict[str, Any]]:
    """Return what came of every conformance check of the mappings of those names (none: of all);
    *write*: after their golden files were written anew.

    Raises:
        ConfigurationError: a plugin of that name is installed, and cannot be used.
        OperationError: there is no such mapping.
    """
    all_names = dict.fromkeys((*registry.sources, *registry.destinations, *registry.files))
    mappings = [each for name in names or all_names for each in _named(registry, name)]
    if write:
        for mapping in mappings:
            write_golden(mapping)
    return [examine(mapping).json() for mapping in mappings]


def _named(registry: Registry, name: str) -> list[Any]:
    found = registry.named(name)
    if found:
        return found
    problems = [each for each in registry.problems if each.startswith(f"plugin {name} ")]
    if problems:
        raise ConfigurationError(problems)
    names = ", ".join(sorted({*registry.sources, *registry.destinations, *registry.files}))
    raise OperationError(f"no mapping {name!r} is installed (there are {names})", missing=True)
