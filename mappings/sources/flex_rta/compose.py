"""What the feed would send for a happening in a simulated contact centre.

As on the platform, the end of a contact shows only by its absence, and a picture does not
always tell when the activity began.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.mapping import ChangeKind, Composed, Phase, Status, rfc3339
from mappings.twilio.simulated import activity_name, named_sid, sid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping import Moment, SimulatedContact

WITH_CONTACT = frozenset({Status.RESERVED, Status.BUSY, Status.AFTER_CALL_WORK})
RESERVATION = {
    Phase.OFFERED: ("pending", "reserved"),
    Phase.ACTIVE: ("accepted", "assigned"),
    Phase.WRAP_UP: ("wrapping", "wrapping"),
}


def compose(moment: Moment) -> Sequence[Composed]:
    """Return the one request for a happening; none where it does not show in a picture."""
    if moment.kind is ChangeKind.LOGIN and moment.status is Status.UNKNOWN:
        return ()
    body = {
        "product": "Flex",
        "object": "WFMWorkerChange",
        "version": 1,
        "records": [_record(moment)],
    }
    return (Composed(json.dumps(body, ensure_ascii=False).encode(), "application/json"),)


def _record(moment: Moment) -> dict[str, Any]:
    return {
        "worker": _worker(moment),
        "channels": _channels(moment),
        "account_sid": sid("AC", 1),
        "workspace_sid": sid("WS", 1),
        "last_processed_event_sid": f"EV{moment.agent_number:016x}{moment.sequence:016x}",
        "date_last_processed_event": rfc3339(moment.at),
    }


def _worker(moment: Moment) -> dict[str, Any]:
    name = activity_name(moment)
    is_told = not WITH_CONTACT & {moment.status, moment.previous}
    return {
        "sid": sid("WK", moment.agent_number),
        "activity_sid": named_sid("WA", name),
        "activity_name": name,
        "date_activity_updated": rfc3339(moment.status_since) if is_told else None,
    }


def _channels(moment: Moment) -> list[dict[str, Any]] | None:
    contact = moment.contact
    if contact is None:
        return None
    return [
        {
            "reservations": [_reservation(contact)],
            "worker_channel_sid": None,
            "task_channel_sid": named_sid("TC", contact.channel),
            "task_channel_name": contact.channel,
            "available": 1,
            "available_capacity": 0,
            "capacity": 1,
            "date_capacity_updated": None,
        }
    ]


def _reservation(contact: SimulatedContact) -> dict[str, Any]:
    status, task_status = RESERVATION.get(contact.phase, ("accepted", "assigned"))
    return {
        "sid": sid("WR", contact.number),
        "status": status,
        "workflow_sid": sid("WW", 1),
        "task_sid": sid("WT", contact.number),
        "task_queue_sid": sid("WQ", contact.queue_number),
        "task_assignment_status": task_status,
        "date_created": rfc3339(contact.offered_at),
        "date_updated": rfc3339(contact.since),
        "date_reservation_status_updated": rfc3339(contact.since),
        "direction": "inbound",
    }
