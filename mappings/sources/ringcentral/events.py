"""A record as a change of its agent, or as the end of a call.

`source_ip` is read by nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.mapping import (
    Change,
    ChangeKind,
    Contact,
    ContactFact,
    Fields,
    Flaw,
    Identity,
    MappingError,
    Named,
    Phase,
    Reason,
    Status,
    comparable,
    measure,
)
from mappings.sources.ringcentral.states import Meaning, meaning_of
from mappings.sources.ringcentral.telling import CALLS, Telling, telling_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.mapping import Observation, Record
    from mappings.sources.ringcentral.options import RingCentralOptions

PLATFORM = "ringcentral"
CHANNEL = "voice"
DIRECTIONS = {"ACD": "inbound", "VPD": "outbound"}
PHASES = {
    Status.BUSY: Phase.ACTIVE,
    Status.RESERVED: Phase.OFFERED,
    Status.AFTER_CALL_WORK: Phase.WRAP_UP,
}
SESSION_STATUS = {
    ChangeKind.LOGIN: Status.UNKNOWN,
    ChangeKind.LOGOUT: Status.LOGGED_OUT,
}
# Both spellings stand in public sources, for both directions (facts, C5).
OUTCOMES = {
    "ANSWERED": "answered",
    "ABANDON": "abandoned",
    "ABANDONED": "abandoned",
    "DEFLECTED": "deflected",
    "MACHINE": "machine",
}


def translate(
    record: Record, options: RingCentralOptions, received_at: datetime
) -> Sequence[Observation]:
    """Return the change or contact fact that a record is."""
    known = record.read
    telling = known if isinstance(known, Telling) else _telling(record, options, received_at)
    if telling.is_call:
        return (_contact_fact(telling),)
    return (_change(telling, options.statuses),)


def _telling(record: Record, options: RingCentralOptions, received_at: datetime) -> Telling:
    flaws: list[Flaw] = []
    telling = telling_of(Fields(record.fields, "", flaws), options.timezone, received_at)
    if flaws:
        raise MappingError("The record cannot be read.", flaws)
    return telling


def _change(telling: Telling, statuses: Mapping[str, Status]) -> Change:
    fields, kind = telling.fields, telling.kind
    follows = telling.follows
    is_state = kind is ChangeKind.STATE
    meaning = (
        meaning_of(telling, follows[0] if follows else "", statuses)
        if is_state
        else Meaning(SESSION_STATUS[kind])
    )
    is_logout = kind is ChangeKind.LOGOUT
    return Change(
        agent=_identity(telling),
        at=telling.at,
        kind=kind,
        status=meaning.status,
        reason=Reason(fields["event_type"], fields.get("event_aux_type")),
        next=meaning.next,
        session_id=fields.get("agent_login_id"),
        session_seconds=measure(fields.get("duration")) if is_logout else None,
        outcome=telling.outcome,
        follows=follows,
        status_after=meaning.status_after,
        contact=_contact(fields, meaning.status) if is_state else None,
        mapped=meaning.mapped,
    )


def _identity(telling: Telling) -> Identity:
    fields = telling.fields
    return Identity(
        id=telling.agent_id or "",
        platform=PLATFORM,
        account_id=telling.account_id,
        external_id=fields.get("external_agent_id"),
        username=fields.get("username"),
        phone=fields.get("agent_phone"),
    )


def _contact(fields: Mapping[str, str], status: Status) -> Contact | None:
    call_id = fields.get("call_id")
    if call_id is None:
        return None
    return Contact(
        id=call_id,
        channel=CHANNEL,
        direction=DIRECTIONS.get(comparable(fields.get("call_type", ""))),
        phase=PHASES.get(status, Phase.UNKNOWN),
        queue=_named(fields.get("call_source_id"), fields.get("call_source_name")),
    )


def _contact_fact(telling: Telling) -> ContactFact:
    fields = telling.fields
    direction, dialed = CALLS[telling.base], fields.get("dnis")
    return ContactFact(
        agent=_identity(telling) if telling.agent_id else None,
        contact_id=fields.get("call_id"),
        account_id=telling.account_id,
        channel=CHANNEL,
        direction=direction,
        queue=_named(fields.get("gate_id"), fields.get("gate_name")),
        outcome=OUTCOMES.get(comparable(fields.get("call_state", "")), "unknown"),
        disposition=fields.get("agent_disposition"),
        customer_address=fields.get("ani") if direction == "inbound" else dialed,
        dialed_number=dialed,
        started_at=telling.at,
        duration_seconds=measure(fields.get("call_duration")),
        queue_seconds=measure(fields.get("queue_duration")),
        recording_url=_recording_url(fields.get("recording_url")),
    )


def _named(id_: str | None, name: str | None) -> Named | None:
    return Named(id_, name) if id_ or name else None


def _recording_url(told: str | None) -> str | None:
    """Return the address without the blanks that the platform is known to put into it."""
    address = re.sub(r"\s+", "", told or "")
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme == "https" and parts.hostname else None
