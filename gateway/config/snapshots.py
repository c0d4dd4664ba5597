"""`snapshot` of a destination: the key, and which destinations may have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, post_load

from gateway.config.fields import Flag, Positive
from gateway.model.event import EventType
from gateway.settings import SnapshotSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.mapping.destination import DestinationMapping
    from gateway.settings import DestinationSettings


class SnapshotSchema(Schema):
    """`snapshot`."""

    every = Positive()
    after_outage = Flag()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> SnapshotSettings:
        settings = SnapshotSettings(**data)
        if settings.every is None and not settings.after_outage:
            raise ValidationError("Give every, after_outage: true, or both.")
        return settings


def snapshot_problem(mapping: DestinationMapping, data: Mapping[str, Any]) -> str | None:
    """Say why a destination with these keys may have no snapshot, where it has one."""
    if "snapshot" not in data:
        return None
    if mapping.snapshot is None:
        return f"The mapping {mapping.name} takes no snapshots."
    if data.get("order", "agent") != "agent":
        return "Needs order: agent."
    if EventType.STATE.value not in data.get("events", [EventType.STATE.value]):
        return "Tells states, which this destination is not told (events)."
    return None


def shared_floors(destinations: Mapping[str, DestinationSettings]) -> Iterator[tuple[str, str]]:
    """Yield the destinations with a snapshot that share a floor with another, and that one: by
    its snapshot each would log out the agents whom only the other is told of.
    """
    for name, each in destinations.items():
        if each.snapshot is not None:
            for other in _same_floor(each, destinations.values()):
                yield name, other


def _same_floor(
    destination: DestinationSettings, others: Iterable[DestinationSettings]
) -> Iterator[str]:
    mine = _floor(destination)
    for each in others:
        if each.name != destination.name and _floor(each) == mine:
            yield each.name


def _floor(destination: DestinationSettings) -> tuple[str, str, str] | None:
    telling = destination.mapping.snapshot
    if telling is None:
        return None
    url = destination.url.rstrip("/").casefold()
    return destination.mapping.name, url, telling.floor(destination.options)
