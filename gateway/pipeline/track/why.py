"""Why an agent had a state: the rule that decided, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.agent import Basis, Phase, Status, TimeSource
from gateway.model.observation import Change, Glimpse, Picture, RollCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.model.agent import Reason
    from gateway.model.observation import Observation

DECIDING = {
    Status.BUSY: Phase.ACTIVE,
    Status.AFTER_CALL_WORK: Phase.WRAP_UP,
    Status.RESERVED: Phase.OFFERED,
}
INFERRED = {
    Basis.ACTIVITY: "the platform told an activity and no login or logout",
    Basis.FIRST_SEEN: "it is the first that was heard of the agent",
    Basis.SESSION: "another session begins or ends with it",
    Basis.GHOST: "nothing was heard of the agent for too long",
    Basis.SNAPSHOT: "the platform was asked",
}
TIMES = {
    TimeSource.COLLATED: "the platform told a later picture and not the moment",
    TimeSource.RECEIVED: "its own time was missing or absurd, so that of its receipt counts",
}


def why(observation: Observation, data: Mapping[str, Any]) -> str:
    """Return the rule by which *observation* came to an event's *data* of an agent."""
    parts = [_of_change(observation, data)] if isinstance(observation, Change) else []
    if isinstance(observation, Picture | Glimpse | RollCall):
        parts = [_of_pieces(observation, data)]
    if data.get("inferred"):
        parts.append(f"inferred: {INFERRED[Basis(data['basis'])]}")
    odd_time = TIMES.get(TimeSource(data["time_source"]))
    if odd_time:
        parts.append(odd_time)
    return "; ".join(parts)


def _of_change(change: Change, data: Mapping[str, Any]) -> str:
    told = " ".join(filter(None, change.outcome)) or change.kind.value.upper()
    before = _before(change, data)
    call = ", with a contact" if change.contact is not None else ""
    text = f"the platform told {told}{f' after {before}' if before else ''}{call}: {data['status']}"
    if not change.mapped:
        text += " (no table names it)"
    meant = {change.status, *change.status_after.values(), Status.LOGGED_OUT}
    if data["status"] not in meant:
        text += f" when it was received; today it is read as {change.status}"
    return text + _next(data)


def _before(change: Change, data: Mapping[str, Any]) -> str:
    """Return the state before: as it was told, else the one held where that decides."""
    if change.follows is not None or not change.status_after:
        return " ".join(filter(None, change.follows or ()))
    held = ((data["previous"] or {}).get("reason") or {}).get("code")
    return f"{held}, which was held" if held else ""


def _of_pieces(observation: Picture | Glimpse | RollCall, data: Mapping[str, Any]) -> str:
    status = Status(data["status"])
    phase = DECIDING.get(status)
    contact = next((each for each in data["contacts"] if each["phase"] == phase), None)
    chosen = _activity(observation, data)
    if contact is None:
        if isinstance(observation, Picture) and _is_otherwise(observation, status):
            return f"{chosen} decides today; it was {status} when it was received"
        held = f", whatever the {len(data['contacts'])} contacts" if data["contacts"] else ""
        return f"{chosen} decides{held}: {status}"
    name = contact["reservation_id"] or contact["id"]
    channel = f" on {contact['channel']}" if contact["channel"] else ""
    text = f"contact {name}{channel} is {contact['phase']}: {status}"
    if data["next"]:
        return f"{text}, for the channel is a live one; {chosen} waits: next {data['next']}"
    return f"{text}; {chosen} lets contacts decide"


def _is_otherwise(picture: Picture, status: Status) -> bool:
    """Whether the activity alone would decide for another status today."""
    return picture.activity is not None and picture.activity.status != status


def _activity(observation: Picture | Glimpse | RollCall, data: Mapping[str, Any]) -> str:
    activity = observation.activity
    if activity is not None:
        unmapped = "" if activity.mapped else ", which no table names,"
        return f"the activity {_named(activity.reason)}{unmapped} counts as {activity.status} and"
    reason = data["reason"] or {}
    name = reason.get("label") or reason.get("code")
    return f"the activity last told, {name}," if name else "no activity is known, which"


def _named(reason: Reason) -> str:
    return reason.label or reason.code or "without a name"


def _next(data: Mapping[str, Any]) -> str:
    return f", next {data['next']}" if data["next"] else ""
