"""A simulated contact centre as the requests of a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.http.sender import Posting
from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from gateway.mapping.source import SourceMapping
    from gateway.operations.simulation import ContactCentre

MOST_SILENT = 1000
"""Happenings in a row for which a platform may have no request, before we give up on it."""


def simulated_mapping(sources: Mapping[str, SourceMapping], platform: str | None) -> SourceMapping:
    """Return the first mapping that can be simulated, of *platform* where one is named."""
    able = [each for each in sources.values() if each.compose is not None]
    for mapping in able:
        if platform in (None, mapping.platform, mapping.name):
            return mapping
    valid = ", ".join(sorted({each.platform for each in able})) or "there are none"
    raise OperationError(f"no platform {platform!r} can be simulated ({valid})")


def postings(
    mapping: SourceMapping, centre: ContactCentre, count: int, now: Callable[[], datetime]
) -> Iterator[Posting]:
    """Yield *count* requests of what happens in *centre*, each happening told as of *now*."""
    assert mapping.compose is not None
    yielded = silent = 0
    while yielded < count:
        moment = centre.next(now())
        composed = mapping.compose(moment)
        silent = 0 if composed else silent + 1
        if silent > MOST_SILENT:
            raise OperationError(f"{mapping.name} composes no requests")
        for each in composed[: count - yielded]:
            yielded += 1
            yield Posting(moment.agent_number, each.body, each.content_type)
