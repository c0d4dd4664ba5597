"""One receipt on its way: translated, tracked and routed, record by record."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.model.badge import EVERYWHERE, Badges
from gateway.model.contact import ContactPiece
from gateway.model.errors import MappingError, failure_of
from gateway.model.event import EventType
from gateway.model.observation import Change, ChangeKind, ContactFact, Picture, RollCall
from gateway.model.receipt import JournaledReceipt
from gateway.pipeline.codes import told_state
from gateway.pipeline.read import (
    Reading,
)
from gateway.pipeline.route import route
from gateway.pipeline.track import (
    KnownAgent,
    KnownContact,
    Note,
    Stamp,
    Surroundings,
    Tracked,
    agent_json,
    merge_identity,
    track,
    track_piece,
)
from gateway.ports import Finished, Quarantined, RoutedEvent, SeenState, ToldState

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from datetime import datetime

    from gateway.mapping.source import Record
    from gateway.model.agent import Identity
    from gateway.model.event import Event
    from gateway.model.ledger import AgentEntry, GlimpseEntry
    from gateway.model.observation import Activity, AgentObservation
    from gateway.ports import Roster
    from gateway.settings import DestinationSettings, SourceSettings


OF_ACTIVITIES = (Picture, RollCall)
OF_NO_CLOCK = (ContactFact, RollCall)
"""Observations whose time is not one of the platform's clock at the moment."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Where events go, as configured, and who goes by which identity there."""

    destinations: tuple[DestinationSettings, ...]
    unmapped: str
    roster: Roster
    wfm_id_from: tuple[str, ...] = ()
    badges: Badges = field(default_factory=Badges)
    customer_key: bytes = b""


@dataclass(slots=True)
class Contacts:
    """What is known of contacts told in pieces, by key, and of which conversation names are.

    The pieces of some are *left_alone*: not all of what they were is known.
    """

    known: MutableMapping[str, KnownContact] = field(default_factory=dict)
    conversations: MutableMapping[str, str] = field(default_factory=dict)
    left_alone: frozenset[str] = frozenset()

    @classmethod
    def recalled(cls, known: Mapping[str, bytes], conversations: Mapping[str, str]) -> Contacts:
        """Read what the store keeps."""
        return cls(
            {key: KnownContact.from_json(text) for key, text in known.items()}, dict(conversations)
        )

    def agents(self) -> Iterator[tuple[str, str]]:
        """Yield the source and the platform's id of everybody who had one of them."""
        for key, contact in self.known.items():
            source, _, _ = key.partition(":")
            yield from ((source, each.agent.id) for each in contact.shares if each.agent)


def contact_keys(readings: Iterable[tuple[str, Reading | None]]) -> tuple[list[str], list[str]]:
    """Return the keys of the contacts that records, by source, are pieces of, and the names by
    which these find their conversation.
    """
    keys: dict[str, None] = {}
    names: dict[str, None] = {}
    for source, reading in readings:
        for record in reading.records if reading is not None else ():
            if record.contact_id is not None:
                keys[f"{source}:{record.contact_id}"] = None
                names.update((f"{source}:{each}", None) for each in record.joins)
    return list(keys), list(names | keys)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of agents by their keys, and of contacts (`None`: their pieces are left
    alone). States that were *seen*, or *told*, before are not named again.
    """

    agents: MutableMapping[str, KnownAgent]
    contacts: Contacts | None = None
    seen: Container[SeenState] = ()
    told: Container[ToldState] = ()


@dataclass(slots=True)
class FannedOut:
    """What translating one receipt came to, with what is worth counting.

    *told_at* is the newest time that the platform told of an agent, believed or not. *acquainted*
    are the agents of whom something else is known now than before, *strangers* those of whom
    nothing was and nobody has told who they are (keys, and the platform's ids).
    """

    finished: Finished
    notes: list[Note] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failures: list[tuple[int | None, Exception]] = field(default_factory=list)
    told_at: datetime | None = None
    acquainted: frozenset[str] = frozenset()
    strangers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Course:
    """One receipt on its way through translate, track and route."""

    receipt: JournaledReceipt
    source: SourceSettings
    routing: Routing
    known: Known
    events: list[RoutedEvent] = field(default_factory=list)
    changed: dict[str, KnownAgent] = field(default_factory=dict)
    contacts_changed: dict[str, KnownContact] = field(default_factory=dict)
    conversations: dict[str, str] = field(default_factory=dict)
    glimpses: list[GlimpseEntry] = field(default_factory=list)
    late: list[AgentEntry] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    seen: dict[SeenState, None] = field(default_factory=dict)
    told: dict[ToldState, None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failures: list[tuple[int | None, Exception]] = field(default_factory=list)
    told_at: datetime | None = None
    acquainted: set[str] = field(default_factory=set)
    strangers: dict[str, str] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Translate one record, or set it aside."""
        received_at = self.receipt.verified.receipt.received_at
        mapping = self.source.mapping
        try:
            observations = mapping.translate(record, self.source.options, received_at)
        except MappingError as problem:
            self._set_aside(record, str(problem))
        except Exception as problem:  # noqa: BLE001 - a mapping's bug harms its own record only
            self.failures.append((record.index, problem))
            label = f"{mapping.name} {mapping.version}"
            self._set_aside(record, failure_of(label, problem))
        else:
            for observation in observations:
                if isinstance(observation, ContactPiece):
                    self._piece(record, observation)
                else:
                    self._observe(record, observation)

    def _set_aside(self, record: Record, detail: str) -> None:
        self.quarantined.append(Quarantined("translate", detail, record.index))

    def _observe(self, record: Record, observation: AgentObservation) -> None:
        identity = observation.agent
        key = f"{self.source.keys_of}:{identity.id}" if identity else None
        stamp = self._stamp(record, key, identity)
        known = self.known.agents.get(key) if key else None
        tracked = track(known, observation, stamp)
        after = tracked.known
        is_fact = isinstance(observation, ContactFact)
        if key and after is not None and not (is_fact and after is known):
            self.known.agents[key] = self.changed[key] = after
        if not isinstance(observation, OF_NO_CLOCK):
            self._note_time(observation.at)
        self.notes += tracked.notes
        self.glimpses += tracked.glimpses
        self.late += tracked.late
        self._note_state(observation)
        for event in tracked.events:
            self._route(event)
        if key and after is not None:
            self._end_shift(key, tracked, after)
        if key and known is None:
            self._note_stranger(key, observation)

    def _piece(self, record: Record, piece: ContactPiece) -> None:
        key, contacts = f"{self.source.name}:{piece.contact_id}", self.known.contacts
        if contacts is None or key in contacts.left_alone:
            return
        names = ChainMap(self.conversations, contacts.conversations)
        around = Surroundings(partial(self._who, record), names, self.routing.customer_key)
        stamp = self._stamp(record, None, None)
        tracked = track_piece(contacts.known.get(key), piece, stamp, around)
        contacts.known[key] = self.contacts_changed[key] = tracked.known
        contacts.conversations.update(self.conversations)
        self.notes.extend(tracked.notes)
        self._note_time(piece.at)
        for event in tracked.events:
            self._route(event)

    def _who(self, record: Record, identity: Identity) -> tuple[str, dict[str, Any]]:
        """Return the key of an agent who had a contact, and what is told of them."""
        key = f"{self.source.keys_of}:{identity.id}"
        known = self.known.agents.get(key)
        merged = merge_identity(known.identity if known else None, identity)
        return key, agent_json(merged, self._stamp(record, key, identity))

    def _stamp(self, record: Record, key: str | None, identity: Identity | None) -> Stamp:
        routing, source = self.routing, self.source
        return Stamp(
            source.name,
            self.receipt.verified.receipt.received_at,
            record.digest or f"{self.receipt.id}:{record.index}".encode(),
            routing.roster.entry(source.keys_of, identity.id) if identity else None,
            routing.wfm_id_from,
            routing.badges.of(key, EVERYWHERE) if key else None,
            source.agents_of,
            source.fills,
        )

    def _note_time(self, at: datetime | None) -> None:
        if at is not None and (self.told_at is None or at > self.told_at):
            self.told_at = at

    def _end_shift(self, key: str, tracked: Tracked, after: KnownAgent) -> None:
        """See to what the agent goes by, after the events were routed."""
        badges = self.routing.badges
        if not after.logged_in:
            badges.take_off(key)
        elif tracked.events:
            wfm_id = tracked.events[-1].data["agent"]["wfm_id"]
            if wfm_id is not None and badges.of(key, EVERYWHERE) is None:
                badges.put_on(key, EVERYWHERE, wfm_id)
        for each in tracked.events:
            if each.type is EventType.PROFILE:
                self.acquainted.add(key)

    def _note_stranger(self, key: str, observation: AgentObservation) -> None:
        """Note an agent of whom nothing was known, and nobody has told who they are."""
        agent = observation.agent
        if agent is not None and not isinstance(observation, RollCall):
            names = (agent.external_id, agent.username, agent.name, agent.email)
            if not any(names):
                self.strangers[key] = agent.id

    def _note_state(self, observation: AgentObservation) -> None:
        state = _seen_state(self.source.name, observation)
        if state is not None:
            if state not in self.known.seen:
                self.seen[SeenState(*state)] = None
            if not state[-1]:
                self.notes.append(Note.UNMAPPED_STATE)

    def _route(self, event: Event) -> None:
        routing = self.routing
        deliveries, dropped = route(event, routing.destinations, routing.unmapped, routing.badges)
        self.events.append(RoutedEvent(event, deliveries))
        self.dropped += dropped
        told = told_state(event)
        if told is not None:
            if told not in self.known.told:
                self.told[told] = None
        elif event.type is EventType.LOGOUT:
            routing.badges.take_off(event.subject)

    def result(self) -> FannedOut:
        """Return all of it."""
        finished = Finished(
            self.receipt,
            tuple(self.events),
            {key: agent.to_json() for key, agent in self.changed.items()},
            tuple(self.quarantined),
            tuple(self.seen),
            tuple(self.told),
            self.routing.badges.changes(),
            {key: each.to_json() for key, each in self.contacts_changed.items()},
            self.conversations,
            tuple(self.glimpses),
            tuple(self.late),
        )
        acquainted = frozenset(self.acquainted)
        return FannedOut(
            finished,
            self.notes,
            self.dropped,
            self.failures,
            self.told_at,
            acquainted,
            self.strangers,
        )


def _seen_state(
    source: str, observation: AgentObservation
) -> tuple[str, str | None, str | None, str, bool] | None:
    """Return the fields of a `SeenState`: nearly all have been seen, and need not be made."""
    told: Activity | Change | None = None
    if isinstance(observation, OF_ACTIVITIES):
        told = observation.activity
    elif isinstance(observation, Change) and observation.kind is ChangeKind.STATE:
        told = observation
    if told is None:
        return None
    reason = told.reason
    return source, reason.code, reason.label, told.status.word, told.mapped
