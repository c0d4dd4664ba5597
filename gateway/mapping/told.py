"""What most destination mappings read of an event: who it is about, and since when it holds."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from gateway.model.clock import from_rfc3339
from gateway.model.errors import MappingError
from gateway.model.event import EventType

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping.destination import Told


def identity_of(told: Told) -> str:
    """Return how the vendor knows the agent.

    Raises:
        MappingError: not at all.
    """
    identity = (told.identity or "").strip()
    if not identity:
        raise MappingError("the agent has no identity that the vendor knows")
    return identity


def began(told: Told) -> datetime:
    """Return when what is told began: of a state that is its `since`, else the event's time.

    Raises:
        MappingError: that cannot be read.
    """
    at = told.data.get("since") if told.type == EventType.STATE else None
    return as_utc(at or told.event["time"])


def as_utc(at: Any) -> datetime:
    """Read a time of the event, as UTC.

    Raises:
        MappingError: it cannot be read.
    """
    try:
        return from_rfc3339(at).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as problem:
        raise MappingError("the time of the event cannot be read") from problem
