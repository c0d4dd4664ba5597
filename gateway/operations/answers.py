"""What became of an event at each destination, for people who ask why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.clock import rfc3339_or_none
from gateway.model.event import BY_QUALIFIED_TYPE, EventType

if TYPE_CHECKING:
    from gateway.operations.table import Bench
    from gateway.ports import PastDelivery
    from gateway.settings import DestinationSettings

Json = dict[str, Any]

PENDING = "pending"
WORDS = {
    "unmapped": "no roster file names a wfm_id of the agent (agents.unmapped: hold)",
    "unidentified": "nothing that identify_by names is known of the agent",
    "unknown_agent": "the vendor does not know the agent; it goes on when the roster changes",
    "unchanged": "it says just what the vendor was told last",
    "superseded": "by a newer state",
    "stale": "by a newer state, and older than stale_after",
}
BY = "by "


async def deliveries_of(bench: Bench, event: Json) -> list[Json]:
    """Return what became of an event, and why it was not told where it was not."""
    kind = BY_QUALIFIED_TYPE[event["type"]]
    told = await bench.store.deliveries_of(event["id"])
    rows = [await _delivery(bench, kind, event, each) for each in told]
    names = {each.destination for each in told}
    rows += [
        {
            "event": event["id"],
            "type": kind.value,
            "destination": name,
            "outcome": "not told",
            "detail": _why_not(settings, kind, event),
        }
        for name, settings in bench.settings.destinations.items()
        if name not in names
    ]
    return rows


async def _delivery(bench: Bench, kind: EventType, event: Json, past: PastDelivery) -> Json:
    return {
        "event": event["id"],
        "type": kind.value,
        "destination": past.destination,
        "outcome": past.outcome,
        "attempts": past.attempts,
        "status": past.status,
        "at": rfc3339_or_none(past.at),
        "detail": await _detail(bench, past),
    }


async def _detail(bench: Bench, past: PastDelivery) -> str | None:
    detail = past.detail
    if past.outcome == PENDING:
        return _waits_for(bench, past)
    if detail is None:
        return WORDS.get(past.outcome)
    if past.outcome in ("superseded", "stale") and detail.startswith(BY):
        return await _successor(bench, detail)
    return f"{detail}: {WORDS[detail]}" if detail in WORDS else detail


def _waits_for(bench: Bench, past: PastDelivery) -> str:
    if past.destination not in bench.settings.destinations:
        return "no destination of that name is configured (destinations adopt, discard)"
    if bench.live is None:
        return "no gateway runs"
    state = bench.live.destination_health(past.destination).get("state") or "unknown"
    since = f", {past.attempts} attempts failed" if past.attempts else ""
    return f"the destination is {state}{since}"


async def _successor(bench: Bench, detail: str) -> str:
    """Return which state stands in for one, in words where it is kept still."""
    found = await bench.store.event(detail.removeprefix(BY))
    if found is None:
        return detail
    event = orjson.loads(found.event)
    data = event["data"]
    reason = (data.get("reason") or {}).get("label") or (data.get("reason") or {}).get("code")
    shown = f"{data.get('status')}{f' ({reason})' if reason else ''}"
    return f"{detail}: {shown} at {event['time']}"


def _why_not(destination: DestinationSettings, kind: EventType, event: Json) -> str:
    source = event["source"].removeprefix("/sources/")
    if kind not in destination.events:
        return f"its events leave {kind.value} out"
    if destination.sources is not None and source not in destination.sources:
        return f"its sources leave {source} out"
    return "it was not configured so then, the agent was unmapped, or it is kept no longer"
