"""The pieces of what is known of an agent, in the form that the store keeps.

orjson writes dataclasses as well, field by field by its name and enumerations by their property: in
twice the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.agent import (
    Channel,
    Contact,
    Identity,
    Phase,
    Reason,
    Snapshot,
    Status,
    named_from,
)
from gateway.model.clock import from_rfc3339
from gateway.model.observation import Activity
from gateway.pipeline.track.served import Turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gateway.model.agent import JsonObject

STATUSES = {each.word: each for each in Status}
PHASES = {each.word: each for each in Phase}


def snapshot_json(snapshot: Snapshot) -> JsonObject:
    """Write a state."""
    reason, asked = snapshot.reason, snapshot.next
    return {
        "status": snapshot.status.word,
        "reason": {"code": reason.code, "label": reason.label},
        "since": snapshot.since,
        "next": None if asked is None else asked.word,
    }


def activity_json(activity: Activity) -> JsonObject:
    """Write an activity."""
    reason = activity.reason
    return {
        "status": activity.status.word,
        "reason": {"code": reason.code, "label": reason.label},
        "since": activity.since,
        "mapped": activity.mapped,
    }


def turn_json(turn: Turn) -> JsonObject:
    """Write from when on the agent had which contact."""
    phase = turn.phase
    return {
        "at": turn.at,
        "contact_id": turn.contact_id,
        "phase": None if phase is None else phase.word,
    }


def identity_of(raw: Mapping[str, Any]) -> Identity:
    """Read the `identity` of what the store keeps."""
    return Identity(
        raw["id"],
        raw["platform"],
        raw["account_id"],
        raw["workspace_id"],
        raw["external_id"],
        raw["username"],
        raw["name"],
        raw["email"],
        raw["phone"],
        raw["role"],
        named_from(raw["team"]),
        named_from(raw["department"]),
        raw["manager"],
        raw["location"],
        tuple([(name, value) for name, value in raw["attributes"]]),
    )


def snapshot_of(raw: JsonObject) -> Snapshot:
    """Read a state."""
    reason, asked = raw["reason"], raw["next"]
    return Snapshot(
        STATUSES[raw["status"]],
        Reason(reason["code"], reason["label"]),
        at_of(raw["since"]),
        STATUSES[asked] if asked else None,
    )


def activity_of(raw: JsonObject) -> Activity:
    """Read an activity."""
    reason = raw["reason"]
    return Activity(
        STATUSES[raw["status"]],
        Reason(reason["code"], reason["label"]),
        at_of(raw["since"]),
        raw["mapped"],
    )


def contact_of(raw: JsonObject) -> Contact:
    """Read a contact that is held."""
    return Contact(
        raw["id"],
        raw["reservation_id"],
        raw["channel"],
        raw["direction"],
        PHASES[raw["phase"]],
        named_from(raw["queue"]),
        raw["workflow_id"],
        at_of(raw["offered_at"]),
        at_of(raw["since"]),
        raw["native_status"],
        raw["task_status"],
    )


def channel_of(raw: JsonObject) -> Channel:
    """Read a channel."""
    return Channel(
        raw["id"],
        raw["channel_id"],
        raw["name"],
        raw["available"],
        raw["capacity"],
        raw["free_percent"],
        at_of(raw["capacity_since"]),
    )


def turn_of(raw: JsonObject) -> Turn:
    """Read from when on the agent had which contact."""
    phase = raw["phase"]
    return Turn(from_rfc3339(raw["at"]), raw["contact_id"], PHASES[phase] if phase else None)


def at_of(text: str | None) -> datetime | None:
    """Read a time, where there is one."""
    return from_rfc3339(text) if text else None
