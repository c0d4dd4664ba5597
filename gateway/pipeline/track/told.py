"""Pieces of a contact, made into `contact.completed` events: told anew where one changes it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from gateway.model.agent import Named, TimeSource
from gateway.model.clock import rfc3339, rfc3339_or_none
from gateway.model.contact import Outcome
from gateway.model.event import EventType
from gateway.model.values import replace
from gateway.pipeline.track.known import Note
from gateway.pipeline.track.pieces import KnownContact, Told, accepted_at, merge
from gateway.pipeline.track.segments import late_link, segments_of
from gateway.pipeline.track.tell import Moment, Teller, moment, named_json

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from gateway.model.agent import Identity
    from gateway.model.contact import ContactPiece, Customer, Insights, Overrides
    from gateway.model.event import Event
    from gateway.pipeline.track.known import Stamp
    from gateway.pipeline.track.segments import Segment

DIGEST_BYTES = 12
OUTCOMES = frozenset(each.value for each in Outcome)

_PHONE = re.compile(r"\+?[\d\s().-]{5,}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a contact's events are told with.

    *agent_json* gives `data.agent` of a person and their key; *conversations* are the names of
    conversations known, and are added to; *customer_key* hashes who a customer is (empty: nobody
    is told of).
    """

    agent_json: Callable[[Identity], tuple[str, dict[str, Any]]]
    conversations: MutableMapping[str, str]
    customer_key: bytes


@dataclass(frozen=True, slots=True)
class TrackedContact:
    """The outcome of one piece."""

    known: KnownContact
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()


def track_piece(
    known: KnownContact | None, piece: ContactPiece, stamp: Stamp, around: Surroundings
) -> TrackedContact:
    """Return what is known of the contact after *piece*, and the events it is news for."""
    when = moment(piece.at, stamp)
    contact = merge(
        known or KnownContact(piece.contact_id, begun_at=stamp.received_at),
        piece,
        when.at,
        is_dated=when.is_platform,
    )
    contact = _joined(contact, piece, stamp, around)
    notes = () if when.is_platform else (Note.UNBELIEVED_TIME,)
    if known is not None and _tells_the_same(contact, known):
        return TrackedContact(contact, notes=notes)
    told, events = dict(contact.told), Teller(stamp, when, piece.native_id)
    for segment in segments_of(contact):
        _tell(contact, segment, told, events, around)
    return TrackedContact(replace(contact, told=told), tuple(events.events), notes)


def _tells_the_same(contact: KnownContact, known: KnownContact) -> bool:
    """Whether nothing is to be told anew: of an update but its link nothing is told."""
    if contact.updated is not known.updated and late_link(contact) == late_link(known):
        contact = replace(contact, updated=known.updated)
    return contact == known


def _joined(
    contact: KnownContact, piece: ContactPiece, stamp: Stamp, around: Surroundings
) -> KnownContact:
    """Find the conversation by the names that the contact goes by; they all lead to it. Of what it
    is told to be of by a name that it is given later it is once for all.
    """
    joins = piece.insights.joins if piece.insights is not None else ()
    names, known = (*joins, contact.id), around.conversations
    keys = [f"{stamp.source}:{name}" for name in names]
    found = contact.conversation
    if found is None or (piece.counts and known.get(keys[-1]) == found):
        found = next((known[key] for key in keys if key in known), found or names[0])
    for key in keys:
        known.setdefault(key, found)
    return contact if contact.conversation == found else replace(contact, conversation=found)


def _tell(
    contact: KnownContact,
    segment: Segment,
    told: dict[str, Told],
    teller: Teller,
    around: Surroundings,
) -> None:
    """Add the event of a segment, unless it was told so already."""
    data = _data(contact, segment, around)
    digest = _digest(data, segment)
    before = told.get(segment.key) or _taken_over(contact, segment, told)
    if before is not None and before.digest == digest:
        return
    id_ = before.id if before is not None else segment.key or contact.id
    revision = before.revision + 1 if before is not None else 1
    told[segment.key] = Told(id_, revision, digest)
    subject, agent = _who(segment, teller.stamp, around)
    data["contact"] |= {"id": id_, "revision": revision}
    when = _when(contact, segment, teller.moment)
    data |= {"agent": agent, "time_source": when.time_source.value}
    teller.add(EventType.CONTACT, subject, when.at, data)


def _taken_over(contact: KnownContact, segment: Segment, told: dict[str, Told]) -> Told | None:
    """Return what was told of nobody's segment, where this is the first that somebody accepted."""
    first = min(
        (each for each in contact.shares if accepted_at(each) is not None),
        key=lambda each: (accepted_at(each), each.id),
        default=None,
    )
    if first is None or first.id != segment.key:
        return None
    return told.pop("", None)


def _who(segment: Segment, stamp: Stamp, around: Surroundings) -> tuple[str, dict[str, Any] | None]:
    if segment.share is not None and segment.share.agent is not None:
        return around.agent_json(segment.share.agent)
    queue_id = segment.queue.id if segment.queue else None
    return f"{stamp.source}:queue:{queue_id or 'unknown'}", None


def _when(contact: KnownContact, segment: Segment, received: Moment) -> Moment:
    at = segment.ended_at or segment.began_at or received.at
    source = TimeSource.PLATFORM if contact.is_dated else TimeSource.RECEIVED
    return Moment(at, source)


def _digest(data: dict[str, Any], segment: Segment) -> str:
    agent = segment.share.agent.id if segment.share and segment.share.agent else None
    text = json.dumps([agent, data], sort_keys=True).encode()
    return blake2b(text, digest_size=DIGEST_BYTES).hexdigest()


def _data(contact: KnownContact, segment: Segment, around: Surroundings) -> dict[str, Any]:
    """Return `data` but for the agent, the contact's id and its revision."""
    insights = segment.insights
    return {
        "contact": _contact(contact, segment),
        "customer": _customer(contact, insights, around.customer_key),
        "attributes": _attributes(contact, insights),
        "inferred": False,
        "basis": None,
    }


def _contact(contact: KnownContact, segment: Segment) -> dict[str, Any]:
    insights = segment.insights
    over = insights.overrides
    ours = _ours(contact, segment)
    theirs = _theirs(over, ours)
    values = ours | theirs
    return {
        "conversation_id": contact.conversation,
        **{name: values[name] for name in ("channel", "direction", "queue", "workflow", "team")},
        "outcome": values["outcome"],
        "disposition": None,
        "customer_address": insights.customer_address,
        "dialed_number": insights.dialed_number,
        "started_at": rfc3339_or_none(segment.began_at),
        "answered_at": rfc3339_or_none(segment.answered_at),
        "ended_at": rfc3339_or_none(segment.ended_at),
        "duration_seconds": _lasted(segment),
        "queue_seconds": segment.queue_seconds,
        "ring_seconds": segment.ring_seconds,
        "talk_seconds": segment.talk_seconds,
        "hold_seconds": values["hold_seconds"],
        "wrap_seconds": segment.wrap_seconds,
        "handle_seconds": _handled(segment),
        "recording_url": segment.recording_url,
        "journey": {
            "abandoned": values["abandoned"],
            "ivr_seconds": values["ivr_seconds"],
            "is_transfer": segment.is_transfer,
            "is_sent_on": segment.is_sent_on,
            "queues": [
                {"queue": {"id": each.queue.id, "name": each.queue.name}, "at": rfc3339(each.at)}
                for each in segment.queues
            ],
            "replaced": {name: ours[name] for name in theirs} or None,
        },
    }


def _ours(contact: KnownContact, segment: Segment) -> dict[str, Any]:
    """Return what the events say, of all that attributes may replace."""
    agent = segment.share.agent if segment.share is not None else None
    queue = named_json(segment.queue)
    team = named_json(agent.team) if agent is not None else None
    if team is None and queue is not None and queue["id"] is not None:
        # "If no team_id is provided, then the queue SID is used as the unique ID" (seed).
        team = {"id": queue["id"], "name": None}
    return {
        "channel": contact.channel,
        "direction": segment.insights.direction,
        "queue": queue,
        "workflow": named_json(contact.workflow),
        "team": team,
        "outcome": segment.outcome.value,
        "abandoned": segment.outcome is Outcome.ABANDONED,
        "hold_seconds": None,
        "ivr_seconds": None,
    }


def _theirs(over: Overrides, ours: dict[str, Any]) -> dict[str, Any]:
    """Return what attributes say in its place."""
    outcome = (over.outcome or "").strip().casefold().replace(" ", "_")
    said = {
        "channel": over.channel,
        "direction": over.direction,
        "queue": named_json(Named(None, over.queue)),
        "workflow": named_json(Named(None, over.workflow)),
        "team": named_json(over.team),
        "outcome": outcome if outcome in OUTCOMES else None,
        "abandoned": over.abandoned,
        "hold_seconds": over.hold_seconds,
        "ivr_seconds": over.ivr_seconds,
    }
    return {name: value for name, value in said.items() if value not in (None, ours[name])}


def _lasted(segment: Segment) -> float | None:
    """Return the seconds from the arrival to the end of the conversation."""
    if segment.began_at is None or segment.ended_at is None:
        return None
    return max(0.0, (segment.ended_at - segment.began_at).total_seconds())


def _handled(segment: Segment) -> float | None:
    """Return talk, hold and wrap-up together. Hold is not told apart from talk by the platform, so
    what an override says of it is a part of the talk.
    """
    if segment.talk_seconds is None or segment.wrap_seconds is None:
        return None
    return segment.talk_seconds + segment.wrap_seconds


def _attributes(contact: KnownContact, insights: Insights) -> dict[str, Any] | None:
    """Return `attributes`; the outcome among them is the one that reports go by: the attributes'
    word, else the reason for which the contact ended.
    """
    text = dict(insights.text)
    outcome = insights.overrides.outcome or contact.reason
    if outcome is not None:
        text["outcome"] = outcome
    labels, measures = dict(insights.labels), dict(insights.measures)
    if not (text or labels or measures):
        return None
    return {"text": text, "labels": labels, "measures": measures}


def _customer(contact: KnownContact, insights: Insights, key: bytes) -> dict[str, Any] | None:
    customer = insights.customer
    if customer is None:
        return None
    return {
        "id": _customer_id(customer, contact.conversation or contact.id, key),
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
        "city": customer.city,
        "state": customer.state,
        "country": customer.country,
        "zip": customer.zip,
        "category": customer.category,
        "attributes": dict(customer.attributes),
        "labels": dict(customer.labels),
        "measures": dict(customer.measures),
    }


def _customer_id(customer: Customer, conversation: str, key: bytes) -> str | None:
    """Return who the customer is, as a keyed hash: an external id that equals an earlier phone
    number, address or conversation is the same customer (seed, "Linking conversations").
    """
    if not key:
        return None
    known_as = customer.external_id or customer.phone or customer.email or conversation
    return customer_id(known_as, key)


def customer_id(known_as: str, key: bytes) -> str:
    """Return the keyed hash of an external id, a phone number, an e-mail address or the like."""
    plain = known_as.strip().casefold()
    if _PHONE.fullmatch(plain):
        plain = re.sub(r"[\s().-]", "", plain)
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16, key=key).hexdigest()
