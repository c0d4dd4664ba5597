"""What destinations include, told to the sources: what nobody wants is not read, nor kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gateway.settings import DestinationSettings, SourceSettings


def with_wanted(
    sources: Mapping[str, SourceSettings], destinations: Mapping[str, DestinationSettings]
) -> dict[str, SourceSettings]:
    """Return the sources, each with its options as its mapping has them for what is included."""
    return {name: _wanted(each, destinations.values()) for name, each in sources.items()}


def _wanted(
    source: SourceSettings, destinations: Collection[DestinationSettings]
) -> SourceSettings:
    wanting = source.mapping.wanting
    if wanting is None:
        return source
    included = frozenset[str]().union(
        *(
            each.include
            for each in destinations
            if each.sources is None or source.name in each.sources
        )
    )
    return replace(source, options=wanting(source.options, included))
