"""Which destinations an event is owed to, in which lane, and under which identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.badge import CONFLICT, UNKNOWN
from gateway.model.delivery import NewDelivery
from gateway.model.event import THE_GATEWAY, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.model.badge import Badges
    from gateway.model.event import Event
    from gateway.settings import DestinationSettings

OF_THE_SHIFT = frozenset({EventType.LOGIN, EventType.STATE, EventType.LOGOUT})
"""What says how an agent stands: two agents at once under one identity would contradict."""

STANDS_NOT = frozenset({"logged_out", "unknown"})


def route(
    event: Event,
    destinations: Iterable[DestinationSettings],
    unmapped: str,
    badges: Badges | None = None,
) -> tuple[tuple[NewDelivery, ...], tuple[str, ...]]:
    """Return the deliveries that *event* is owed, and where it is dropped by configuration.

    *unmapped* says what happens to events of an agent without a WFM id: ``forward``, ``hold``
    or ``drop``. *badges* are who goes by which identity; they are moved on. Without them nobody's
    shift counts.
    """
    owed: list[NewDelivery] = []
    dropped: list[str] = []
    agent = event.data.get("agent")
    is_unmapped = agent is not None and agent["wfm_id"] is None
    for destination in destinations:
        if not wants(destination, event):
            continue
        if is_unmapped and unmapped == "drop":
            dropped.append(destination.name)
            continue
        new = _delivery(event, agent, destination, is_unmapped and unmapped == "hold", badges)
        owed.append(new)
    return tuple(owed), tuple(dropped)


def wants(destination: DestinationSettings, event: Event) -> bool:
    """Whether the destination is told events like this one."""
    return event.type in destination.events and (
        destination.sources is None
        or event.source in destination.sources
        or event.source == THE_GATEWAY
    )


def identify(agent: Mapping[str, Any] | None, identify_by: Sequence[str]) -> str | None:
    """Return how the vendor knows the agent: the first identifier that is known."""
    if agent is None:
        return None
    for name in identify_by:
        known = agent.get(name)
        if known:
            return str(known)
    return None


def lane_of(event: Event, identity: str | None, destination: DestinationSettings) -> str:
    """Return the lane: the agent as the vendor knows them, or the event alone."""
    return event.id if destination.order == "none" else identity or event.subject


def _delivery(
    event: Event,
    agent: Mapping[str, Any] | None,
    destination: DestinationSettings,
    is_held: bool,  # noqa: FBT001 - one private caller
    badges: Badges | None,
) -> NewDelivery:
    identity = identify(agent, destination.identify_by)
    held = "unmapped" if is_held else None
    if agent is not None and identity is None:
        held = "unidentified"
    if badges is not None and agent is not None and destination.order == "agent":
        worn = badges.of(event.subject, destination.name)
        if worn is not None:
            identity, held = worn, None
        elif held is None and identity is not None:
            held = _held_by(badges, event, destination.name, identity)
    lane = lane_of(event, identity, destination)
    collapses = destination.order == "agent" and event.type in destination.mapping.collapsing
    return NewDelivery(event.id, destination.name, lane, identity, collapses, held)


def _held_by(badges: Badges, event: Event, destination: str, identity: str) -> str | None:
    """Return why the event waits. Behind what waits for the vendor to know the agent everything
    does: else it would be told before what is older.
    """
    if badges.is_stranger(event.subject, destination, identity):
        return UNKNOWN
    is_of_shift = event.type in OF_THE_SHIFT
    return _put_on(badges, event, destination, identity) if is_of_shift else None


def _put_on(badges: Badges, event: Event, destination: str, identity: str) -> str | None:
    """Have the agent go by the identity, unless somebody else does; return why it is held then."""
    if not badges.is_free(event.subject, destination, identity):
        badges.wait(event.subject, destination, identity)
        return CONFLICT
    if event.type is EventType.LOGIN or event.data["status"] not in STANDS_NOT:
        badges.put_on(event.subject, destination, identity)
    return None
