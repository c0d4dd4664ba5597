"""What the ledger keeps of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.agent import Named, Status, named_from
from gateway.model.clock import from_rfc3339, to_millis
from gateway.model.contact import Outcome
from gateway.model.event import EventType
from gateway.model.ledger import AgentEntry, ContactEntry, Hop, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.model.event import Event
    from gateway.model.ledger import Millis

MARKS = {
    EventType.LOGIN: Mark.LOGIN,
    EventType.LOGOUT: Mark.LOGOUT,
    EventType.STATE: Mark.STATE,
}
STATUSES = {each.value: each for each in Status}
SECONDS = ("queue_seconds", "ring_seconds", "talk_seconds", "hold_seconds", "wrap_seconds")


def agent_entry_of(event: Event) -> AgentEntry | None:
    """Return the entry of a login, logout or state: of a state from its beginning."""
    mark = MARKS.get(event.type)
    if mark is None:
        return None
    data = event.data
    reason = data.get("reason") or {}
    return AgentEntry(
        event.subject,
        _began_at(event) if mark is Mark.STATE else to_millis(event.time),
        mark,
        STATUSES.get(data.get("status", ""), Status.UNKNOWN),
        reason.get("label") or reason.get("code"),
    )


def _began_at(event: Event) -> Millis:
    """Return when a state began. One that is told to have begun with the state before it, such as
    talk that was held over a break, leaves that one its time.
    """
    since = event.data.get("since")
    before = (event.data.get("previous") or {}).get("since")
    if not since or (before and before >= since):  # as texts: all of ours have one form
        return to_millis(event.time)
    return _at(since)


def contact_entry_of(event: Event) -> ContactEntry | None:
    """Return the entry of the end of a contact."""
    if event.type is not EventType.CONTACT:
        return None
    told = event.data.get("contact")
    if not told:
        return None
    customer = event.data.get("customer") or {}
    journey = told.get("journey") or {}
    key = f"{event.source}:{told['id'] or event.id}"
    return ContactEntry(
        key=key,
        revision=told["revision"] or 1,
        source=event.source,
        conversation=told["conversation_id"] or key,
        outcome=told["outcome"],
        is_abandoned=bool(journey.get("abandoned", told["outcome"] == Outcome.ABANDONED)),
        agent=event.subject if event.data["agent"] else None,
        channel=told["channel"],
        direction=told["direction"],
        queue=named_from(told["queue"]),
        team=named_from(told["team"]),
        hops=_hops(told, journey),
        started_at=_at_or_none(told["started_at"]),
        answered_at=_at_or_none(told["answered_at"]),
        ended_at=_at_or_none(told["ended_at"]),
        **{name: told[name] for name in SECONDS},
        is_transfer=bool(journey.get("is_transfer")),
        is_sent_on=bool(journey.get("is_sent_on")),
        customer_id=customer.get("id"),
        phone=customer.get("phone") or told["customer_address"],
        city=customer.get("city"),
        country=customer.get("country"),
        zip=customer.get("zip"),
    )


def contact_entry_from_json(text: bytes) -> ContactEntry:
    """Read back an entry that `orjson` has written."""
    raw = orjson.loads(text)
    raw["queue"], raw["team"] = named_from(raw["queue"]), named_from(raw["team"])
    raw["hops"] = tuple([Hop(Named(**hop["queue"]), hop["at"]) for hop in raw["hops"]])
    return ContactEntry(**raw)


def _hops(told: Mapping[str, Any], journey: Mapping[str, Any]) -> tuple[Hop, ...]:
    """Return the queues that it went through; what replaces its queue replaces the last of them."""
    hops = [Hop(Named(**hop["queue"]), _at(hop["at"])) for hop in journey.get("queues", ())]
    queue = named_from(told["queue"])
    if hops and queue is not None and "queue" in (journey.get("replaced") or {}):
        hops[-1] = Hop(queue, hops[-1].at)
    return tuple(hops)


def _at(text: str) -> Millis:
    return to_millis(from_rfc3339(text))


def _at_or_none(text: str | None) -> Millis | None:
    return _at(text) if text else None
