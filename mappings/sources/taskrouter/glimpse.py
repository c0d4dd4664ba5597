"""An event as a glimpse of its agent: the activity, one reservation, or who the agent is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.mapping import (
    Activity,
    Channel,
    Contact,
    Fields,
    Flaw,
    Glimpse,
    Held,
    MappingError,
    Phase,
    Reason,
    Status,
    flag,
    is_believed,
    measure,
)
from mappings.sources.taskrouter.attributes import Attributes, read_attributes
from mappings.sources.taskrouter.people import direction_of, identity_of
from mappings.sources.taskrouter.pieces import piece_of
from mappings.sources.taskrouter.rollcall import rollcall
from mappings.sources.taskrouter.telling import Telling, telling_of
from mappings.twilio.activities import activity_of
from mappings.twilio.reservations import GONE, PHASES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Identity, Observation, Record
    from mappings.sources.taskrouter.options import TaskRouterOptions

ACTIVITY_CHANGES = frozenset({"worker.activity.update", "worker.created"})
DELETED = "worker.deleted"
OF_AN_AGENT = frozenset({"worker", "reservation"})
"""What an event of an agent is about; those of tasks and queues are of their contact only."""

STATUS_OF_EVENT = {"wrapup": "wrapping", "failed": "canceled"}
"""Events that are not named for the status they lead to (facts, B4)."""


def translate(
    record: Record, options: TaskRouterOptions, received_at: datetime
) -> Sequence[Observation]:
    """Return the glimpse that an event is, and the piece of a contact; or the roll call that we
    have read.
    """
    if "worker" in record.fields:
        return (rollcall(record, options),)
    telling = record.read if isinstance(record.read, Telling) else _telling(record)
    at = telling.at if is_believed(telling.at, received_at) else None
    agent = _agent(telling, options) if telling.agent_id is not None else None
    told = telling.get("task_attributes")
    task = None if told is None else read_attributes(told)
    piece = piece_of(telling, agent, task, options)
    seen = None
    if agent is not None and telling.kind.partition(".")[0] in OF_AN_AGENT:
        seen = Glimpse(
            agent=agent,
            at=telling.at,
            native_id=telling.native_id,
            activity=_activity(telling, at, options),
            held=_held(telling, at, task),
            channel=_channel(telling),
            live_channels=options.live_channels,
        )
    return tuple(each for each in (seen, piece) if each is not None)


def _telling(record: Record) -> Telling:
    flaws: list[Flaw] = []
    telling = telling_of(Fields(record.fields, "", flaws))
    if flaws:
        raise MappingError("The event cannot be read.", flaws)
    return telling


def _agent(telling: Telling, options: TaskRouterOptions) -> Identity:
    worker = {
        "account_sid": telling.get("account_sid"),
        "workspace_sid": telling.get("workspace_sid"),
        "friendly_name": telling.get("worker_name"),
        "attributes": telling.get("worker_attributes"),
    }
    return identity_of(telling.agent_id or "", worker, options)


def _activity(telling: Telling, at: datetime | None, options: TaskRouterOptions) -> Activity | None:
    """Return the activity: with its beginning where the event is its change."""
    if telling.kind == DELETED:
        return Activity(Status.LOGGED_OUT, Reason(), at)
    since = at if telling.kind in ACTIVITY_CHANGES else None
    sid, name = telling.get("worker_activity_sid"), telling.get("worker_activity_name")
    return activity_of(sid, name, since, options)


def _held(telling: Telling, at: datetime | None, task: Attributes | None) -> Held | None:
    subject, _, event = telling.kind.partition(".")
    if subject != "reservation":
        return None
    status = STATUS_OF_EVENT.get(event, event)
    contact = Contact(
        id=telling.get("task_sid"),
        reservation_id=telling.get("reservation_sid"),
        channel=telling.get("task_channel_unique_name"),
        direction=direction_of(task),
        phase=PHASES.get(status, Phase.UNKNOWN),
        queue=telling.named("task_queue"),
        workflow_id=telling.get("workflow_sid"),
        offered_at=at if status == "created" else None,
        since=at,
        native_status=status,
        task_status=telling.get("task_assignment_status"),
    )
    return Held(contact, telling.version("reservation"), is_gone=status in GONE)


def _channel(telling: Telling) -> Channel | None:
    """Return what an event of a worker's channel tells of it."""
    if not telling.kind.startswith(("worker.capacity", "worker.channel")):
        return None
    capacity = measure(telling.get("worker_channel_capacity"))
    return Channel(
        id=None,
        channel_id=telling.get("task_channel_sid"),
        name=telling.get("task_channel_unique_name"),
        available=flag(telling.get("worker_channel_available")),
        capacity=int(capacity) if capacity is not None else None,
    )
