"""Neutral events made of what is known of an agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.model.agent import Basis, TimeSource, wfm_id_of
from gateway.model.clock import is_believed, rfc3339
from gateway.model.event import Event, EventType, stable_id
from gateway.model.values import quick, replace
from gateway.pipeline.track import members

if TYPE_CHECKING:
    from gateway.model.agent import Channel, Contact, Identity, Named, Reason, Snapshot
    from gateway.pipeline.track.known import KnownAgent, Stamp


@quick
@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, and how that is known."""

    at: datetime
    time_source: TimeSource

    @property
    def is_platform(self) -> bool:
        """Whether the platform's time is believed."""
        return self.time_source is not TimeSource.RECEIVED


def moment(at: datetime | None, stamp: Stamp) -> Moment:
    """Believe the platform's time, or take the time of receipt."""
    if is_believed(at, stamp.received_at) and at is not None:
        return Moment(at, TimeSource.PLATFORM)
    return Moment(stamp.received_at, TimeSource.RECEIVED)


@dataclass(slots=True)
class Teller:
    """Makes the events of one observation, in order, with ids that depend on it alone."""

    stamp: Stamp
    moment: Moment
    native_id: str | None
    events: list[Event] = field(default_factory=list)

    def tell(
        self,
        kind: EventType,
        known: KnownAgent,
        *,
        basis: Basis | None = None,
        session_seconds: float | None = None,
        time_source: TimeSource | None = None,
    ) -> None:
        """Add one event of *known* as it is now; with a *basis* it is inferred.

        With a login a shift begins: from then on the agent goes by what is known today.
        """
        if kind is EventType.LOGIN and self.stamp.goes_by is not None:
            self.stamp = replace(self.stamp, goes_by=None)
        agent, now = agent_json(known.identity, self.stamp), known.now
        data = {
            "agent": agent,
            "status": now.status.word,
            "reason": reason_json(now.reason),
            "since": None if now.since is None else rfc3339(now.since),
            "previous": snapshot_json(known.previous),
            "next": None if now.next is None else now.next.word,
            "session_id": known.session_id,
            "session_seconds": session_seconds,
            "contacts": [contact_json(each) for each in known.contacts],
            "channels": [channel_json(each) for each in known.channels],
            "native_id": self.native_id,
            "inferred": basis is not None,
            "basis": None if basis is None else basis.word,
            "time_source": (time_source or self.moment.time_source).word,
        }
        self.add(kind, agent["key"], self.moment.at, data)

    def add(self, kind: EventType, subject: str, at: datetime, data: dict[str, Any]) -> None:
        """Add an event with its stable id."""
        stamp = self.stamp
        ordinal = str(len(self.events))
        self.events.append(
            Event(
                stable_id(stamp.source, subject, stamp.seed, kind.word, ordinal),
                stamp.source,
                kind,
                subject,
                at,
                stamp.received_at,
                data,
            )
        )


def state_event(known: KnownAgent, stamp: Stamp) -> Event:
    """Return the state of an agent as it is, told at the time of *stamp*."""
    teller = Teller(stamp, Moment(stamp.received_at, TimeSource.RECEIVED), None)
    teller.tell(EventType.STATE, known)
    return teller.events[0]


def agent_json(identity: Identity, stamp: Stamp) -> dict[str, Any]:
    """Return `data.agent`: what the platform told, completed by the operator's roster."""
    roster = stamp.roster
    team = None if identity.team is None else named_json(identity.team)
    if roster is not None and team is None and roster.team:
        team = {"id": None, "name": roster.team}
    return {
        "key": stamp.key(identity.id),
        **members.identity_json(identity),
        "name": identity.name or (roster.name if roster else None),
        "email": identity.email or (roster.email if roster else None),
        "team": team,
        "department": None if identity.department is None else named_json(identity.department),
        "attributes": dict(identity.attributes) or None,
        "wfm_id": stamp.goes_by or wfm_id_of(identity, roster, stamp.wfm_id_from),
    }


def contact_json(contact: Contact) -> dict[str, Any]:
    """Return one of `data.contacts`."""
    told = members.contact_json(contact)
    told["queue"] = named_json(contact.queue)
    told["offered_at"] = None if contact.offered_at is None else rfc3339(contact.offered_at)
    told["since"] = None if contact.since is None else rfc3339(contact.since)
    return told


def channel_json(channel: Channel) -> dict[str, Any]:
    """Return one of `data.channels`."""
    told, since = members.channel_json(channel), channel.capacity_since
    told["capacity_since"] = None if since is None else rfc3339(since)
    return told


def snapshot_json(snapshot: Snapshot | None) -> dict[str, Any] | None:
    """Return `data.previous`."""
    if snapshot is None:
        return None
    return {
        "status": snapshot.status.word,
        "reason": reason_json(snapshot.reason),
        "since": None if snapshot.since is None else rfc3339(snapshot.since),
    }


def reason_json(reason: Reason) -> dict[str, Any] | None:
    """Return a reason, or nothing where nothing of it is known."""
    if reason.code is None and reason.label is None:
        return None
    return {"code": reason.code, "label": reason.label}


def named_json(named: Named | None) -> dict[str, Any] | None:
    """Return an id with its name, or nothing where neither is known."""
    if named is None or (named.id is None and named.name is None):
        return None
    return {"id": named.id, "name": named.name}
