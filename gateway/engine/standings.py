"""Standings: everybody whom a destination is told of, as they are and as the vendor shows them.

Read from the store in slices, so that thousands of agents never hold the loop for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from gateway.mapping.destination import Told
from gateway.model.agent import Identity, Snapshot, Status, wfm_id_of
from gateway.model.badge import EVERYWHERE
from gateway.model.clock import from_rfc3339
from gateway.model.errors import MappingError, failure_of
from gateway.model.event import EventType
from gateway.pipeline.render import digest, redacted
from gateway.pipeline.route import identify
from gateway.pipeline.track import KnownAgent, Stamp, state_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gateway.mapping.destination import SnapshotMapping, Standing
    from gateway.model.badge import Badges
    from gateway.model.event import Event
    from gateway.ports import Everybody, Roster
    from gateway.settings import AgentsSettings, DestinationSettings, SourceSettings
    from gateway.telemetry.metrics import SourceHealth

SLICE = 50
"""Agents read at once: a few milliseconds of work."""

LANES_SLICE = 500
PATIENCE_SECONDS = 1.0
LOOKS = 50
FIFTH = 5
NAMED = 5

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Seat:
    """An agent as they would be told; *since* when the state began that counts. *is_settled*: it
    is the newest; else one that has not lasted long enough is told behind the snapshot.
    """

    standing: Standing
    digest: bytes | None
    since: datetime | None
    is_settled: bool = True


@dataclass(slots=True)
class Standings:
    """Everybody by lane, and what stands in the way of telling them.

    *upto* is the last delivery that was owed before anybody was looked at. *delivered* is what
    each lane was last told, *absent* what those count as told who are told of no more; of the
    lanes that the vendor may show as *logged_in*, those of *leaving* would be logged out.
    """

    upto: int = 0
    gaps: list[str] = field(default_factory=list)
    seats: dict[str, Seat] = field(default_factory=dict)
    delivered: dict[str, bytes | None] = field(default_factory=dict)
    absent: dict[str, bytes | None] = field(default_factory=dict)
    logged_in: int = 0
    leaving: list[str] = field(default_factory=list)

    @property
    def everybody(self) -> list[Standing]:
        """How everybody stands, by lane."""
        return [seat.standing for _lane, seat in sorted(self.seats.items())]

    def obstacles(self, *, force: bool) -> list[str]:
        """Say why this may not be told, each reason in plain words."""
        found = list(self.gaps)
        if not force and len(self.leaving) * FIFTH > self.logged_in:
            found.append(
                f"{len(self.leaving)} of {self.logged_in} logged in there would be logged out, more"
                f" than a fifth: {named(self.leaving)}; force it if that is right"
            )
        return found

    def sit(self, lane: str, seat: Seat) -> None:
        """Take a seat; of two agents who are one to the vendor, the later state counts."""
        other = self.seats.get(lane)
        if other is None or _is_later(seat.since, other.since):
            self.seats[lane] = seat

    def compare(self, lane: str, delivered: bytes | None, out: tuple[bytes | None, ...]) -> None:
        """Take in what a lane was last told; *out* is what would tell that it is logged out."""
        self.delivered[lane] = delivered
        seat = self.seats.get(lane)
        if seat is None:
            self.absent[lane] = out[0]
        if delivered is not None and delivered in out:
            return
        if seat is not None and seat.standing.is_in:
            self.logged_in += 1
        elif seat is None or delivered is None or delivered != seat.digest:
            self.logged_in += 1
            self.leaving.append(lane)

    def changes(self) -> dict[str, bytes | None]:
        """Return, for the lanes that would be told otherwise than last, what they are told."""
        told = {lane: seat.digest for lane, seat in self.seats.items()} | self.absent
        return {lane: part for lane, part in told.items() if self.delivered.get(lane) != part}


def _is_later(since: datetime | None, other: datetime | None) -> bool:
    return since is not None and (other is None or since > other)


def named(names: Iterable[str]) -> str:
    """Return the first of *names*, and how many others there are."""
    listed = sorted(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more


class Feeds:
    """Whether the sources were heard without a gap. Both mappings are read anew each time."""

    def __init__(
        self, sources: Mapping[str, SourceSettings], health: Mapping[str, SourceHealth]
    ) -> None:
        self._sources = sources
        self._health = health

    def of(self, destination: DestinationSettings) -> dict[str, str]:
        """Return the sources that the destination is told of, each with whose its agents are."""
        wanted = destination.sources
        return {
            name: each.keys_of
            for name, each in sorted(self._sources.items())
            if wanted is None or name in wanted
        }

    def gap(self, source: str, now: datetime) -> str | None:
        """Say why what is known of a source's agents may not be all, or nothing."""
        health = self._health.get(source)
        heard = (health.last_receipt_at, health.reconciled_at) if health is not None else ()
        heard_at = max(filter(None, heard), default=None)
        if heard_at is None:
            return f"source {source} was not heard since the start"
        settings = self._sources.get(source)
        expected = settings.expect_every if settings is not None else None
        if expected is not None and heard_at and now - from_rfc3339(heard_at) > expected:
            return f"source {source} was last heard at {heard_at}"
        return None


class StandingsReader:
    """Looks at the floor of a destination. *agents* says who the agents are to the vendors."""

    def __init__(
        self,
        store: Everybody,
        feeds: Feeds,
        roster: Roster,
        badges: Badges,
        agents: Callable[[], AgentsSettings],
    ) -> None:
        self.store = store
        self._feeds = feeds
        self._roster = roster
        self._badges = badges
        self._agents = agents

    async def look(
        self, settings: DestinationSettings, telling: SnapshotMapping, now: datetime
    ) -> Standings:
        """Return the floor as it is; what was received before is in it, or named as a gap."""
        sources = self._feeds.of(settings)
        waiting = await self._wait_for_translation(sources)
        floor = Standings(self.store.newest().delivery)
        floor.gaps += [f"receipts of source {each} wait to be translated" for each in waiting]
        who = _Who(self._roster, self._badges, self._agents())
        teller = _Teller(settings, telling, who, now)
        floor.gaps += filter(None, (self._feeds.gap(each, now) for each in sources))
        for source in dict.fromkeys(sources.values()):
            await self._seat(floor, source, teller)
        await self._compare(floor, settings.name, teller)
        if not floor.seats and not floor.gaps:
            floor.gaps.append("there is nobody to tell of")
        return floor

    async def _wait_for_translation(self, sources: Iterable[str]) -> list[str]:
        """Wait a moment until all that was received is translated; return who is not."""
        upto = self.store.newest().receipt
        waiting: frozenset[str] = frozenset()
        for _ in range(LOOKS):
            waiting = (await self.store.waiting_sources(upto)).intersection(sources)
            if not waiting:
                break
            await asyncio.sleep(PATIENCE_SECONDS / LOOKS)
        return sorted(waiting)

    async def _seat(self, floor: Standings, source: str, teller: _Teller) -> None:
        listed = self._roster.agents_of(source)
        if not listed and not self._agents().wfm_id_from:
            floor.gaps.append(f"agents.files name nobody of source {source}")
        unknown = {each.agent_id for each in listed if teller.tells(each.wfm_id)}
        prefix = key = f"{source}:"
        while several := await self.store.agents_after(key, SLICE):
            for key, text in several:
                if not key.startswith(prefix):
                    break
                known = KnownAgent.from_json(text)
                if known.now.status is not Status.UNKNOWN:
                    unknown.discard(known.identity.id)
                elif teller.names(source, known):
                    unknown.add(known.identity.id)
                teller.seat(floor, source, known)
            else:
                continue
            break
        if unknown:
            floor.gaps.append(
                f"{len(unknown)} of source {source} have no known state: {named(unknown)}"
            )

    async def _compare(self, floor: Standings, destination: str, teller: _Teller) -> None:
        lane = ""
        while several := await self.store.lanes_after(destination, lane, LANES_SLICE):
            for lane, delivered in several:
                floor.compare(lane, delivered, teller.logged_out(lane))


@dataclass(frozen=True, slots=True)
class _Who:
    """Who the agents are to the vendors."""

    roster: Roster
    badges: Badges
    agents: AgentsSettings


class _Teller:
    """One look's way from what is known of an agent to what the vendor would be told."""

    def __init__(
        self,
        settings: DestinationSettings,
        telling: SnapshotMapping,
        who: _Who,
        now: datetime,
    ) -> None:
        self._settings = settings
        self._telling = telling
        self._who = who
        nobody = KnownAgent(Identity("", ""), Snapshot(Status.LOGGED_OUT))
        self._stamp = Stamp("", now, b"snapshot")
        out = state_event(nobody, self._stamp).envelope()
        self._outs = (out, {**out, "type": EventType.LOGOUT.qualified})

    def tells(self, wfm_id: str | None) -> bool:
        """Whether the vendor is told of an agent with this WFM id, or without one."""
        return self._who.agents.unmapped == "forward" or bool(wfm_id)

    def names(self, source: str, known: KnownAgent) -> bool:
        """Whether the platform has told an agent's WFM id."""
        who, identity = self._who, known.identity
        entry = who.roster.entry(source, identity.id)
        return wfm_id_of(identity, entry, who.agents.wfm_id_from) is not None

    def seat(self, floor: Standings, source: str, known: KnownAgent) -> None:
        """Seat an agent, unless the vendor is not told of them."""
        told_as, is_settled = self._settled(known)
        event = state_event(told_as, self._stamped(source, known))
        if not self.tells(event.data["agent"]["wfm_id"]):
            return
        identity = self._identity(event)
        if identity is None:
            return
        told = Told(redacted(event.envelope(), self._settings.include), identity)
        try:
            standing = self._telling.standing(told, self._settings.options)
        except Exception as problem:  # noqa: BLE001 - a mapping's bug harms its own snapshot only
            floor.gaps.append(f"{identity} cannot be told: {self._why(problem)}")
            return
        part = digest(standing.part)
        floor.sit(identity, Seat(standing, part, known.now.since, is_settled))

    def _stamped(self, source: str, known: KnownAgent) -> Stamp:
        who, agent = self._who, known.identity.id
        return replace(
            self._stamp,
            source=source,
            roster=who.roster.entry(source, agent),
            wfm_id_from=who.agents.wfm_id_from,
            goes_by=who.badges.of(f"{source}:{agent}", EVERYWHERE),
        )

    def _identity(self, event: Event) -> str | None:
        """Return what the vendor is told the agent is, `None` where somebody else is that."""
        name, badges = self._settings.name, self._who.badges
        identity = badges.of(event.subject, name)
        identity = identity or identify(event.data["agent"], self._settings.identify_by)
        if identity is None or not badges.is_free(event.subject, name, identity):
            return None
        return identity

    def _settled(self, known: KnownAgent) -> tuple[KnownAgent, bool]:
        """Return the agent in the last state that has lasted as long as a state must."""
        began, before = known.now.since, known.previous
        lasts = began is None or self._stamp.received_at - began >= self._settings.settle
        if lasts or before is None or before.status is Status.UNKNOWN:
            return known, True
        return replace(known, now=before), False

    def logged_out(self, lane: str) -> tuple[bytes | None, ...]:
        """Return digests of what would tell that a lane is logged out; `None`: not known."""
        options = self._settings.options
        try:
            outs = [self._telling.standing(Told(event, lane), options) for event in self._outs]
        except Exception as problem:  # noqa: BLE001 - likewise
            self._why(problem)
            return (None,)
        return tuple(digest(each.part) for each in outs)

    def _why(self, problem: Exception) -> str:
        if isinstance(problem, MappingError):
            return str(problem)
        name, mapping = self._settings.name, self._settings.mapping
        log.error(
            "mapping.failed",
            destination=name,
            mapping=mapping.name,
            version=mapping.version,
            exc_info=problem,
        )
        return failure_of(f"{mapping.name} {mapping.version}", problem)
