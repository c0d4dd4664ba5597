"""What is known of an agent between two observations, and its form in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.agent import (
    Channel,
    Contact,
    Identity,
    Snapshot,
)
from gateway.model.observation import Activity
from gateway.model.values import Word, quick, replace
from gateway.pipeline.track import members, stored
from gateway.pipeline.track.served import Served, Turn, served_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.model.agent import RosterEntry
    from gateway.model.event import Event
    from gateway.model.ledger import AgentEntry, GlimpseEntry

ENDED_SESSIONS_KEPT = 16
CONTACTS_REMEMBERED = 64


class Note(Word):
    """What is worth counting of an observation besides its events."""

    HISTORY = "history"
    MISSED = "missed"
    FOREIGN_LOGOUT = "foreign_logout"
    UNBELIEVED_TIME = "unbelieved_time"
    UNMAPPED_STATE = "unmapped_state"
    SECOND_FEED = "second_feed"


@quick
@dataclass(frozen=True, slots=True)
class Stamp:
    """Where an observation comes from.

    *seed* depends on the record alone where it can be told apart from others (its digest), so
    that event ids are stable. *roster* is what the operator's files say of the agent;
    *wfm_id_from* what the platform may tell of them in its place, best first; *goes_by* the WFM
    id that the agent had when the shift began. *keys_of* is another source whose agents these
    are. *fills*: the source's word counts only for agents of whom no other one has told; `None`:
    no other one does.
    """

    source: str
    received_at: datetime
    seed: bytes
    roster: RosterEntry | None = None
    wfm_id_from: tuple[str, ...] = ()
    goes_by: str | None = None
    keys_of: str | None = None
    fills: bool | None = None

    def key(self, agent_id: str) -> str:
        """Return the key of the agent with the platform's id."""
        return f"{self.keys_of or self.source}:{agent_id}"


@quick
@dataclass(frozen=True, slots=True)
class Remembered:
    """How far the tellings of one contact have come, so that a late one is known as such."""

    key: str
    version: int | None
    at: datetime | None
    is_gone: bool


@quick
@dataclass(frozen=True, slots=True)
class KnownAgent:
    """What is known of an agent.

    *now* is the state told last, *previous* the one before it. *since_is_platform*: the
    beginning of *now* is by the platform's clock. *activity* is the last one told (pictures).
    *mark* is the platform's time of the newest observation taken. *logged_in*: a login was told
    and no logout since; *was_seen*: a status other than unknown was told once. Of a session:
    *session_id* while it is open, *session_started_at* where its login was told, and the ids of
    the *ended_sessions*. *outcome* is the state held in the platform's words; *taken* what the
    changes taken at *mark* followed. Of glimpses: *activity_at* is the time of the newest activity
    told, *remembered* the contacts last told of, the newest last. *feed* is the source whose word
    counts, where there is more than one. *served* are the contacts told of last,
    *turns* which were held when, by the latest changes.
    """

    identity: Identity
    now: Snapshot = field(default_factory=Snapshot)
    previous: Snapshot | None = None
    since_is_platform: bool = True
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()
    activity: Activity | None = None
    mark: datetime | None = None
    logged_in: bool = False
    was_seen: bool = False
    session_open: bool = False
    session_id: str | None = None
    session_started_at: datetime | None = None
    ended_sessions: tuple[str, ...] = ()
    outcome: tuple[str, str] | None = None
    taken: tuple[tuple[str, str], ...] = ()
    activity_at: datetime | None = None
    remembered: tuple[Remembered, ...] = ()
    feed: str | None = None
    served: tuple[Served, ...] = ()
    turns: tuple[Turn, ...] = ()

    def to_json(self) -> bytes:
        """Return the form that the store keeps."""
        return orjson.dumps(
            {
                "identity": members.identity_json(self.identity),
                "now": stored.snapshot_json(self.now),
                "previous": None if self.previous is None else stored.snapshot_json(self.previous),
                "since_is_platform": self.since_is_platform,
                "contacts": [members.contact_json(each) for each in self.contacts],
                "channels": [members.channel_json(each) for each in self.channels],
                "activity": None if self.activity is None else stored.activity_json(self.activity),
                "mark": self.mark,
                "logged_in": self.logged_in,
                "was_seen": self.was_seen,
                "session_open": self.session_open,
                "session_id": self.session_id,
                "session_started_at": self.session_started_at,
                "ended_sessions": self.ended_sessions,
                "outcome": self.outcome,
                "taken": self.taken,
                "activity_at": self.activity_at,
                "remembered": self.remembered,
                "feed": self.feed,
                "served": self.served,
                "turns": [stored.turn_json(each) for each in self.turns],
            }
        )

    @classmethod
    def from_json(cls, text: bytes) -> KnownAgent:
        """Read the form that the store keeps."""
        return _known(orjson.loads(text))


@quick
@dataclass(frozen=True, slots=True)
class Tracked:
    """The outcome of one observation. What the ledger keeps of it beside its events: *glimpses*, in
    place of the states that they made, and changes that came *late*.
    """

    known: KnownAgent | None
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()
    glimpses: tuple[GlimpseEntry, ...] = ()
    late: tuple[AgentEntry, ...] = ()


def merge_identity(known: Identity | None, told: Identity) -> Identity:
    """Add what is told of an agent to what is known; what is not told stays."""
    if known is None:
        return told
    if known == told:
        return known
    changes = {
        name: getattr(known, name)
        for name in Identity.__slots__
        if getattr(told, name) in (None, ()) and getattr(known, name) not in (None, ())
    }
    return replace(told, **changes) if changes else told


def _known(raw: Mapping[str, Any]) -> KnownAgent:
    return KnownAgent(
        identity=stored.identity_of(raw["identity"]),
        now=stored.snapshot_of(raw["now"]),
        previous=stored.snapshot_of(raw["previous"]) if raw["previous"] else None,
        since_is_platform=raw["since_is_platform"],
        contacts=tuple(stored.contact_of(each) for each in raw["contacts"]),
        channels=tuple(stored.channel_of(each) for each in raw["channels"]),
        activity=stored.activity_of(raw["activity"]) if raw["activity"] else None,
        mark=stored.at_of(raw["mark"]),
        logged_in=raw["logged_in"],
        was_seen=raw["was_seen"],
        session_open=raw["session_open"],
        session_id=raw["session_id"],
        session_started_at=stored.at_of(raw["session_started_at"]),
        ended_sessions=tuple(raw["ended_sessions"]),
        outcome=tuple(raw["outcome"]) if raw["outcome"] else None,
        taken=tuple((base, aux) for base, aux in raw["taken"]),
        activity_at=stored.at_of(raw.get("activity_at")),
        feed=raw.get("feed"),
        served=tuple(served_from(each) for each in raw.get("served", ())),
        turns=tuple(stored.turn_of(each) for each in raw.get("turns", ())),
        remembered=tuple(_remembered(each) for each in raw.get("remembered", ())),
    )


def _remembered(raw: Mapping[str, Any]) -> Remembered:
    return Remembered(raw["key"], raw["version"], stored.at_of(raw["at"]), raw["is_gone"])
