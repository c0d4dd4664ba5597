"""The installed mappings, as they are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.mapping.registry import Registry


def plugins_json(registry: Registry) -> list[dict[str, Any]]:
    """Return the source mappings, then the destination mappings; `None` where a kind has none."""
    sources = [
        {
            "name": each.name,
            "kind": "source",
            "version": each.version,
            "platform": each.platform,
            "clock": None,
            "events": None,
            "package": each.package or None,
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
        }
        for each in registry.destinations.values()
    ]
    return [*sources, *destinations]
