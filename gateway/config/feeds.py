"""Sources that tell of the same people: `agents_of`, and whose word counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gateway.settings import SourceSettings

FILL, PRIMARY = "fill", "primary"


def check_feeds(
    sources: Mapping[str, SourceSettings], declared: Iterable[str], tell: Callable[[str, str], None]
) -> None:
    """Tell what is wrong with each source's `agents_of`; *declared* are the names of all sources,
    those with problems of their own among them.
    """
    names = list(declared)
    primaries: dict[str, str] = {}
    for source in sources.values():
        if source.agents_of is None:
            continue
        problem = _problem(source, sources, names)
        if problem:
            tell(source.name, problem)
        elif not source.fills:
            other = primaries.setdefault(source.agents_of, source.name)
            if other != source.name:
                tell(source.name, f"{other} is the primary feed of {source.agents_of} already")


def _problem(
    source: SourceSettings, sources: Mapping[str, SourceSettings], names: list[str]
) -> str | None:
    valid = ", ".join(
        each.name
        for each in sources.values()
        if each.agents_of is None and each.mapping.platform == source.mapping.platform
    )
    if source.agents_of not in names or source.agents_of == source.name:
        return f"no other source of that name; valid: {valid or 'none'}"
    other = sources.get(source.agents_of)
    if other is None:
        return None  # its own problems are told already
    if other.agents_of is not None:
        return f"the agents of {other.name} are another source's themselves; valid: {valid}"
    if other.mapping.platform != source.mapping.platform:
        return f"{other.name} is of another platform; valid: {valid or 'none'}"
    return None


def with_feeds(sources: Mapping[str, SourceSettings]) -> dict[str, SourceSettings]:
    """Return the sources, each with whether its word counts for states."""
    shared = {each.agents_of for each in sources.values() if each.agents_of is not None}
    beaten = {each.agents_of for each in sources.values() if each.fills is False}
    return {
        name: replace(each, fills=name in beaten) if name in shared else each
        for name, each in sources.items()
    }
