"""What was read of a worker, as a roll call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.mapping import (
    Contact,
    ContentError,
    Departure,
    Fields,
    Flaw,
    MappingError,
    Named,
    Phase,
    Record,
    RollCall,
    read_json,
)
from mappings.sources.taskrouter.people import direction_of, identity_of
from mappings.twilio.activities import activity_of
from mappings.twilio.reservations import GONE, PHASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping import Content
    from mappings.sources.taskrouter.options import TaskRouterOptions


def split_read(content: Content) -> Record:
    """Return the one record of what we have read ourselves.

    Raises:
        ContentError: 400, it is no worker.
    """
    value = read_json(content.body)
    worker = value.get("worker") if isinstance(value, dict) else None
    if not isinstance(worker, dict) or not isinstance(worker.get("sid"), str):
        raise ContentError("It is no worker.")
    return Record(
        index=0,
        agent_id=worker["sid"],
        fields=value,
        account_id=worker.get("account_sid"),
    )


def rollcall(record: Record, options: TaskRouterOptions) -> RollCall:
    """Return how the worker stood when was asked.

    Raises:
        MappingError: a time cannot be read.
    """
    flaws: list[Flaw] = []
    worker = record.fields["worker"]
    about = Fields(worker, "worker", flaws)
    asked_at = Fields(record.fields, "", flaws).time("asked_at")
    since = about.time("date_status_changed")
    listed = record.fields.get("reservations")
    several = [
        (each, Fields(each, f"reservations[{index}]", flaws).time("date_updated"))
        for index, each in enumerate(listed or ())
    ]
    if flaws or asked_at is None:
        raise MappingError("What was read cannot be understood.", flaws)
    return RollCall(
        agent=identity_of(record.agent_id, worker, options),
        at=asked_at,
        activity=activity_of(
            worker.get("activity_sid"), worker.get("activity_name"), since, options
        ),
        contacts=None
        if listed is None
        else tuple(_contact(each, at) for each, at in several if _is_held(each)),
        departures=tuple(
            Departure(each["sid"], at) for each, at in several if _status(each) in GONE
        ),
        live_channels=options.live_channels,
    )


def _status(reservation: Mapping[str, Any]) -> str | None:
    return reservation.get("reservation_status")


def _is_held(reservation: Mapping[str, Any]) -> bool:
    return _status(reservation) not in GONE


def _contact(reservation: Mapping[str, Any], at: Any) -> Contact:
    task = reservation.get("task") or {}
    queue = Named(task.get("task_queue_sid"), task.get("task_queue_friendly_name"))
    status = _status(reservation)
    return Contact(
        id=reservation.get("task_sid"),
        reservation_id=reservation.get("sid"),
        channel=task.get("task_channel_unique_name"),
        direction=direction_of(task.get("attributes")),
        phase=PHASES.get(status or "", Phase.UNKNOWN),
        queue=queue if queue != Named() else None,
        workflow_id=task.get("workflow_sid"),
        since=at,
        native_status=status,
        task_status=task.get("assignment_status"),
    )
