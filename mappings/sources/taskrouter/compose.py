"""What TaskRouter would post for a happening in a simulated contact centre: event callbacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gateway.mapping import FORM, ChangeKind, Composed, Phase, Status
from mappings.twilio.simulated import activity_name, named_sid, sid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping import Moment, SimulatedContact

EVENTS = {
    Status.RESERVED: "reservation.created",
    Status.BUSY: "reservation.accepted",
    Status.AFTER_CALL_WORK: "reservation.wrapup",
}
VERSIONS = {"created": 0, "accepted": 1, "wrapup": 2, "completed": 3, "timeout": 3}


def compose(moment: Moment) -> Sequence[Composed]:
    """Return the callbacks for a happening; none where no event tells it."""
    if moment.kind is ChangeKind.LOGIN and moment.status is Status.UNKNOWN:
        return ()
    return (Composed(urlencode(_fields(moment)).encode(), FORM),)


def _fields(moment: Moment) -> dict[str, str]:
    event = _event(moment)
    millis = int(moment.at.timestamp() * 1000)
    name = activity_name(moment)
    fields = {
        "EventType": event,
        "Sid": f"EV{moment.agent_number:016x}{moment.sequence:016x}",
        "Timestamp": str(millis // 1000),
        "TimestampMs": str(millis),
        "AccountSid": sid("AC", 1),
        "WorkspaceSid": sid("WS", 1),
        "WorkerSid": sid("WK", moment.agent_number),
        "WorkerName": f"agent-{moment.agent_number}",
        "WorkerActivitySid": named_sid("WA", name),
        "WorkerActivityName": name,
        "WorkerAttributes": json.dumps({"agent_id": f"A{moment.agent_number}"}),
    }
    contact = moment.contact or moment.ended
    if event.startswith("reservation.") and contact is not None:
        fields |= _reservation(contact, event.removeprefix("reservation."))
    return fields


def _event(moment: Moment) -> str:
    if moment.status in EVENTS:
        return EVENTS[moment.status]
    if moment.ended is None:
        return "worker.activity.update"
    is_offer = moment.ended.phase is Phase.OFFERED
    return "reservation.timeout" if is_offer else "reservation.completed"


def _reservation(contact: SimulatedContact, event: str) -> dict[str, str]:
    return {
        "ReservationSid": sid("WR", contact.number),
        "ReservationVersion": str(VERSIONS[event]),
        "TaskSid": sid("WT", contact.number),
        "TaskQueueSid": sid("WQ", contact.queue_number),
        "TaskQueueName": f"Queue {contact.queue_number}",
        "TaskChannelSid": named_sid("TC", contact.channel),
        "TaskChannelUniqueName": contact.channel,
        "WorkflowSid": sid("WW", 1),
        "TaskAttributes": json.dumps({"direction": "inbound"}),
    }
