"""What a contact counts as: its direction, how it ended, its way through the queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.agent import Named
from gateway.model.contact import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.figures.options import BookedBy
    from gateway.model.ledger import ContactEntry, Millis

INBOUND = "inbound"
OUTBOUND = "outbound"
UNANSWERED = frozenset(
    {Outcome.ABANDONED, Outcome.DEFLECTED, Outcome.MACHINE, Outcome.NO_ANSWER, Outcome.CANCELED}
)


def _arrival(contact: ContactEntry) -> Millis | None:
    return contact.ended_at if contact.started_at is None else contact.started_at


def _end(contact: ContactEntry) -> Millis | None:
    return contact.started_at if contact.ended_at is None else contact.ended_at


BOOKED: dict[BookedBy, Callable[[ContactEntry], Millis | None]] = {"arrival": _arrival, "end": _end}
"""When a contact is booked: of the two times the other, where one is not known."""


def direction_of(contact: ContactEntry) -> str:
    """Return the direction; a contact without one counts as inbound."""
    return (contact.direction or INBOUND).casefold()


def is_answered(contact: ContactEntry) -> bool:
    """Whether an agent had it. An outcome that is nobody's word of ours says nothing of it."""
    if contact.is_abandoned:
        return False
    if contact.outcome == Outcome.ANSWERED:
        return True
    took = contact.agent is not None or contact.answered_at is not None
    return took and contact.outcome not in UNANSWERED


def millis(seconds: float | None) -> Millis:
    """Return seconds as whole milliseconds; what is not known adds nothing."""
    return 0 if seconds is None else round(seconds * 1000)


def queue_key(queue: Named) -> str | None:
    """Return what tells a queue from others of its source: its id, else its name."""
    return queue.id or queue.name


def way(contact: ContactEntry) -> list[Named]:
    """Return the queues of a contact in order, its last one included, each once for each stay."""
    found: list[Named] = []
    for queue in (*(hop.queue for hop in contact.hops), contact.queue):
        if queue is None or queue_key(queue) is None:
            continue
        if found and _is_same(found[-1], queue):
            found[-1] = Named(queue.id or found[-1].id, queue.name or found[-1].name)
        else:
            found.append(queue)
    return found


def _is_same(one: Named, other: Named) -> bool:
    if one.id is not None and other.id is not None:
        return one.id == other.id
    return one.name == other.name
