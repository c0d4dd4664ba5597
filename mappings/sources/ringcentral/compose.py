"""What the platform would send for a happening in a simulated contact centre: JSON bodies, one
event each, times on the clock of `America/New_York`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.mapping import ChangeKind, Composed, Phase, Status
from mappings.sources.ringcentral.options import TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Moment, SimulatedContact

ACCOUNT = "15300002"
BASES = {
    Status.READY: "AVAILABLE",
    Status.RESERVED: "TRANSITION",
    Status.BUSY: "ENGAGED",
    Status.AFTER_CALL_WORK: "WORKING",
    Status.NOT_READY: "AWAY",
    Status.LOGGED_OUT: "OFFLINE",
}
LOGIN = "LOGIN"


def compose(moment: Moment) -> Sequence[Composed]:
    """Return the requests for a happening: the event, after the end of a call just put down.

    A login that comes with a status is told as the platform does it: a LOGIN, then the state.
    """
    events: list[dict[str, str | None]] = []
    if moment.ended is not None:
        events.append(_call(moment, moment.ended))
    if moment.kind is not ChangeKind.STATE:
        events.append(_event(moment, moment.kind.value.upper()))
    if moment.kind is not ChangeKind.LOGOUT and moment.status in BASES:
        events.append(_state(moment))
    return tuple(Composed(json.dumps(each).encode(), "application/json") for each in events)


def _event(moment: Moment, event_type: str) -> dict[str, str | None]:
    return {
        "external_agent_id": None,
        "agent_login_id": str(612_000_000 + 10_000 * moment.agent_number + moment.session_number),
        "account_id": ACCOUNT,
        "event_type": event_type,
        "agent_id": _agent_id(moment),
        "date_time": _clock(moment.at),
        "agent_phone": f"16505550100*{1000 + moment.agent_number}@RC_SOFTPHONE",
        "username": _username(moment),
        "source_ip": "192.0.2.1",
    }


def _state(moment: Moment) -> dict[str, str | None]:
    previous = moment.previous if moment.kind is ChangeKind.STATE else Status.UNKNOWN
    event = _event(moment, BASES[moment.status]) | {
        "prev_state": BASES.get(previous, LOGIN),
        "prev_aux_state": "",
        "event_aux_type": moment.reason or "",
        "pending_disp": "0",
    }
    return event | _held(moment.contact) if moment.contact else event


def _held(contact: SimulatedContact) -> dict[str, str | None]:
    # A call has its id on the platform once it is connected.
    if contact.phase is Phase.OFFERED:
        return {}
    return {
        "call_id": _call_id(contact),
        "call_source_id": str(70_000 + contact.queue_number),
        "call_source_name": f"Queue {contact.queue_number}",
        "dnis": f"209555{contact.queue_number % 10_000:04d}",
        "call_type": "ACD",
    }


def _call(moment: Moment, contact: SimulatedContact) -> dict[str, str | None]:
    seconds = int((moment.at - contact.offered_at).total_seconds())
    return {
        "recording_url": "",
        "agent_id": _agent_id(moment),
        "queue_duration": "0",
        "agent_disposition": "",
        "gate_name": f"Queue {contact.queue_number}",
        "call_state": "ANSWERED",
        "call_duration": str(max(seconds, 0)),
        "call_id": _call_id(contact),
        "external_agent_id": None,
        "account_id": ACCOUNT,
        "event_type": "ACD-CALL",
        "gate_id": str(70_000 + contact.queue_number),
        "call_start": _clock(contact.offered_at),
        "dnis": f"209555{contact.queue_number % 10_000:04d}",
        "ani": f"510555{contact.number % 10_000:04d}",
        "username": _username(moment),
    }


def _agent_id(moment: Moment) -> str:
    return str(1_300_000 + moment.agent_number)


def _username(moment: Moment) -> str:
    return f"agent{moment.agent_number}+{ACCOUNT}_{moment.agent_number}@example.com"


def _call_id(contact: SimulatedContact) -> str:
    started = contact.offered_at.astimezone(ZoneInfo(TIMEZONE))
    return f"{started:%Y%m%d%H%M%S}{contact.number:016d}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d %H:%M:%S}"
