"""Contact facts: a contact came to its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.model.clock import is_believed, rfc3339_or_none
from gateway.model.event import EventType
from gateway.model.values import replace
from gateway.pipeline.track.known import KnownAgent, Note, Tracked, merge_identity
from gateway.pipeline.track.served import as_told, with_told
from gateway.pipeline.track.tell import Teller, agent_json, moment, named_json

if TYPE_CHECKING:
    from gateway.model.observation import ContactFact
    from gateway.pipeline.track.known import Stamp

NOT_TOLD = (
    "workflow",
    "team",
    "answered_at",
    "ring_seconds",
    "talk_seconds",
    "hold_seconds",
    "wrap_seconds",
    "handle_seconds",
)
LONGEST = timedelta(days=365)


def track_contact(known: KnownAgent | None, fact: ContactFact, stamp: Stamp) -> Tracked:
    """Tell the end of a contact. The agent's state stays as it is; of who they are it tells what
    was not known.
    """
    started_at = fact.started_at if is_believed(fact.started_at, stamp.received_at) else None
    ended_at = _ended_at(started_at, fact.duration_seconds)
    when = moment(ended_at or started_at, stamp)
    teller = Teller(stamp, when, fact.native_id)
    whose = known if fact.agent is not None else None
    contact, is_new = as_told(whose, _contact(fact, started_at, ended_at), fact.contact_id)
    data = {
        "agent": _agent(known, fact, stamp),
        "contact": contact,
        "customer": None,
        "attributes": None,
        "inferred": False,
        "basis": None,
        "time_source": when.time_source.value,
    }
    if is_new:
        teller.add(EventType.CONTACT, _subject(fact, stamp), when.at, data)
    notes = () if when.is_platform else (Note.UNBELIEVED_TIME,)
    known = _acquainted(known, fact)
    if known is not None and fact.agent is not None and fact.contact_id is not None:
        known = replace(known, served=with_told(known.served, contact, when))
    return Tracked(known, tuple(teller.events), notes)


def _acquainted(known: KnownAgent | None, fact: ContactFact) -> KnownAgent | None:
    if known is None or fact.agent is None:
        return known
    identity = merge_identity(fact.agent, known.identity)
    return known if identity == known.identity else replace(known, identity=identity)


def _ended_at(started_at: datetime | None, seconds: float | None) -> datetime | None:
    if started_at is None or seconds is None:
        return None
    duration = timedelta(seconds=seconds) if abs(seconds) <= LONGEST.total_seconds() else None
    return started_at + duration if duration is not None else None


def _subject(fact: ContactFact, stamp: Stamp) -> str:
    if fact.agent is not None:
        return stamp.key(fact.agent.id)
    queue_id = fact.queue.id if fact.queue else None
    return f"{stamp.source}:queue:{queue_id or 'unknown'}"


def _agent(known: KnownAgent | None, fact: ContactFact, stamp: Stamp) -> dict[str, Any] | None:
    if fact.agent is None:
        return None
    return agent_json(merge_identity(known.identity if known else None, fact.agent), stamp)


def _contact(
    fact: ContactFact, started_at: datetime | None, ended_at: datetime | None
) -> dict[str, Any]:
    return {
        "id": fact.contact_id,
        "conversation_id": fact.conversation_id,
        "revision": 1,
        "channel": fact.channel,
        "direction": fact.direction,
        "queue": named_json(fact.queue),
        **dict.fromkeys(NOT_TOLD),
        "outcome": fact.outcome,
        "disposition": fact.disposition,
        "customer_address": fact.customer_address,
        "dialed_number": fact.dialed_number,
        "started_at": rfc3339_or_none(started_at),
        "ended_at": rfc3339_or_none(ended_at),
        "duration_seconds": fact.duration_seconds,
        "queue_seconds": fact.queue_seconds,
        "recording_url": fact.recording_url,
    }
