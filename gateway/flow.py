"""The gateway on one page: accept, fan out, drain. Read this first.

    sender ─► accept ══► 200        a request is durable before it is answered
                ║
              fan_out               records → observations → what is known → events → deliveries
                ║
              drain ─► vendor       gateway.engine.destination: lanes, attempts, outcomes

Stages are the functions of `gateway.pipeline`; the ports do the I/O; time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.model.errors import ContentError, Flaw, MappingError
from gateway.model.observation import Change, ChangeKind, ContactFact, Picture
from gateway.model.receipt import JournaledReceipt
from gateway.pipeline.read import (
    NAMED_FLAWS,
    UNPROCESSABLE,
    Reading,
    kept,
    read,
    without_content,
)
from gateway.pipeline.route import route
from gateway.pipeline.track import KnownAgent, Note, Stamp, track
from gateway.ports import Accepted, Finished, Quarantined, RoutedEvent, SeenState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping, Sequence
    from datetime import datetime

    from gateway.mapping.source import Record
    from gateway.model.event import Event
    from gateway.model.observation import Observation
    from gateway.model.receipt import VerifiedReceipt
    from gateway.ports import Journal, Roster
    from gateway.settings import DestinationSettings, SourceSettings


async def accept(
    verified: VerifiedReceipt, source: SourceSettings, journal: Journal
) -> tuple[Accepted, Reading]:
    """Make one believed request durable, and say what it holds.

    Raises:
        ContentError: nothing in it can be translated; its bytes are in quarantine.
        StoreUnavailableError: nothing was kept.
    """
    try:
        verified = kept(verified, source)
    except ContentError as problem:
        await journal.quarantine(without_content(verified), _whole(problem))
        raise
    try:
        reading = _usable(read(verified, source))
    except ContentError as problem:
        await journal.quarantine(verified, _whole(problem))
        raise
    appended = await journal.append(verified, reading.keys, reading.quarantined)
    duplicates = len(appended.duplicates)
    accepted = Accepted(
        receipt=appended.receipt_id,
        accepted=len(reading.records) - duplicates,
        duplicates=duplicates,
        quarantined=len(reading.quarantined),
        ignored=reading.ignored,
    )
    return accepted, reading


def _usable(reading: Reading) -> Reading:
    if reading.is_unusable():
        raise ContentError(
            "no record in it can be translated",
            status=UNPROCESSABLE,
            flaws=reading.flaws or _flaws(reading.quarantined),
        )
    return reading


def _flaws(quarantined: Iterable[Quarantined]) -> tuple[Flaw, ...]:
    return tuple(Flaw(f"records[{each.index}]", each.detail) for each in quarantined)


def _whole(problem: ContentError) -> Quarantined:
    named = "; ".join(str(each) for each in problem.flaws[:NAMED_FLAWS])
    return Quarantined("content", f"{problem.detail}: {named}" if named else problem.detail)


@dataclass(frozen=True, slots=True)
class Routing:
    """Where events go, as configured."""

    destinations: tuple[DestinationSettings, ...]
    unmapped: str
    roster: Roster


@dataclass(slots=True)
class FannedOut:
    """What translating one receipt came to, with what is worth counting.

    *told_at* is the newest time that the platform told of an agent, believed or not.
    """

    finished: Finished
    notes: list[Note] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failures: list[tuple[int | None, Exception]] = field(default_factory=list)
    told_at: datetime | None = None


def fan_out(
    receipt: JournaledReceipt,
    reading: Reading | None,
    source: SourceSettings,
    routing: Routing,
    agents: MutableMapping[str, KnownAgent],
) -> FannedOut:
    """Turn one receipt into events and deliveries; a bad record stops no other.

    *agents* holds what is known of the agents by their keys, and is moved on.
    """
    try:
        reading = reading or read(receipt.verified, source)
    except ContentError as problem:
        return FannedOut(Finished(receipt, quarantined=(_whole(problem),)))
    course = _Course(receipt, source, routing, agents)
    for entry in reading.quarantined:
        if entry.index is not None and _is_wanted(receipt, entry.index):
            course.quarantined.append(entry)
    for record in reading.records:
        if _is_wanted(receipt, record.index):
            course.take(record)
    return course.result()


def _is_wanted(receipt: JournaledReceipt, index: int) -> bool:
    if receipt.only is not None:
        return index in receipt.only
    return index not in receipt.skip


@dataclass(slots=True)
class _Course:
    """One receipt on its way through translate, track and route."""

    receipt: JournaledReceipt
    source: SourceSettings
    routing: Routing
    agents: MutableMapping[str, KnownAgent]
    events: list[RoutedEvent] = field(default_factory=list)
    changed: dict[str, KnownAgent] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    seen: dict[SeenState, None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failures: list[tuple[int | None, Exception]] = field(default_factory=list)
    told_at: datetime | None = None

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
            detail = f"mapping {mapping.name} {mapping.version} failed: {type(problem).__name__}"
            self._set_aside(record, detail)
        else:
            for observation in observations:
                self._observe(record, observation)

    def _set_aside(self, record: Record, detail: str) -> None:
        self.quarantined.append(Quarantined("translate", detail, record.index))

    def _observe(self, record: Record, observation: Observation) -> None:
        identity = observation.agent
        keys_of = self.source.keys_of
        key = f"{keys_of}:{identity.id}" if identity else None
        roster = self.routing.roster.entry(keys_of, identity.id) if identity else None
        stamp = Stamp(
            source=self.source.name,
            received_at=self.receipt.verified.receipt.received_at,
            seed=record.digest or f"{self.receipt.id}:{record.index}".encode(),
            roster=roster,
            keys_of=self.source.agents_of,
            fills=self.source.fills,
        )
        tracked = track(self.agents.get(key) if key else None, observation, stamp)
        if key and tracked.known is not None and not isinstance(observation, ContactFact):
            self.agents[key] = self.changed[key] = tracked.known
            at = observation.at
            if at is not None and (self.told_at is None or at > self.told_at):
                self.told_at = at
        self.notes.extend(tracked.notes)
        self._note_state(observation)
        for event in tracked.events:
            self._route(event)

    def _note_state(self, observation: Observation) -> None:
        state = _seen_state(self.source.name, observation)
        if state is not None:
            self.seen[state] = None
            if not state.mapped:
                self.notes.append(Note.UNMAPPED_STATE)

    def _route(self, event: Event) -> None:
        deliveries, dropped = route(event, self.routing.destinations, self.routing.unmapped)
        self.events.append(RoutedEvent(event, deliveries))
        self.dropped.extend(dropped)

    def result(self) -> FannedOut:
        """Return all of it."""
        finished = Finished(
            receipt=self.receipt,
            events=tuple(self.events),
            agents={key: agent.to_json() for key, agent in self.changed.items()},
            quarantined=tuple(self.quarantined),
            seen_states=tuple(self.seen),
        )
        return FannedOut(finished, self.notes, self.dropped, self.failures, self.told_at)


def _seen_state(source: str, observation: Observation) -> SeenState | None:
    match observation:
        case Picture(activity=activity) if activity is not None:
            reason, status, mapped = activity.reason, activity.status, activity.mapped
        case Change(kind=ChangeKind.STATE):
            reason, status, mapped = observation.reason, observation.status, observation.mapped
        case _:
            return None
    return SeenState(source, reason.code, reason.label, status.value, mapped)


def translate_bodies(
    bodies: Sequence[VerifiedReceipt],
    source: SourceSettings,
    roster: Roster,
    *,
    receipt_id: Callable[[int], str] = "dry-run-{}".format,
) -> tuple[list[Event], list[Flaw]]:
    """Translate requests in order without keeping anything; return events and what is wrong."""
    agents: dict[str, KnownAgent] = {}
    routing = Routing((), "forward", roster)
    seen: set[bytes] = set()
    events: list[Event] = []
    flaws: list[Flaw] = []
    for number, body in enumerate(bodies):
        where = f"body {number + 1}"
        try:
            verified = kept(body, source)
            reading = read(verified, source)
        except ContentError as problem:
            flaws += [Flaw(where, problem.detail), *problem.flaws]
            continue
        flaws += [Flaw(f"{where} record {each.index}", each.detail) for each in reading.quarantined]
        receipt = JournaledReceipt(receipt_id(number), number, verified, _repeated(reading, seen))
        fanned = fan_out(receipt, reading, source, routing, agents)
        events += [each.event for each in fanned.finished.events]
        flaws += [
            Flaw(f"{where} record {each.index}", each.detail)
            for each in fanned.finished.quarantined
            if each not in reading.quarantined
        ]
    return events, flaws


def _repeated(reading: Reading, seen: set[bytes]) -> frozenset[int]:
    repeated: set[int] = set()
    for key in reading.keys:
        if key.digest is not None and key.digest in seen:
            repeated.add(key.index)
        elif key.digest is not None:
            seen.add(key.digest)
    return frozenset(repeated)
