"""Telling everybody in one request: look, keep the lanes still, look again, send, remember."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from gateway.engine.memory_lane import Overtaken
from gateway.mapping.destination import Judgement, Verdict
from gateway.model.clock import rfc3339
from gateway.model.errors import MappingError, StoreUnavailableError, failure_of
from gateway.model.event import stable_id
from gateway.pipeline.deliver import retry_after
from gateway.pipeline.judge import judge
from gateway.pipeline.mask import mask_of
from gateway.pipeline.render import check, envelope, outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from gateway.engine.clock import Clock
    from gateway.engine.standings import Standings, StandingsReader
    from gateway.mapping.destination import SnapshotMapping
    from gateway.model.delivery import Answer
    from gateway.model.outgoing import OutgoingRequest
    from gateway.ports import Transport
    from gateway.settings import DestinationSettings


class Came(StrEnum):
    """What came of a snapshot."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """By us: something stood in the way, and nothing was sent."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a snapshot of *agents*, of whom *logged_in* are logged in. *not_before*: the
    vendor wants to be left alone until then; *is_over*: trying again would not help.
    """

    came: Came
    at: datetime
    why: str = ""
    agents: int = 0
    logged_in: int = 0
    not_before: datetime | None = None
    is_over: bool = False

    def json(self) -> dict[str, Any]:
        """Return what operators are told."""
        return {
            "outcome": self.came.value,
            "at": rfc3339(self.at),
            "why": self.why or None,
            "agents": self.agents,
            "logged_in": self.logged_in,
        }


class Lanes(Protocol):
    """The lanes of a destination, as far as a snapshot meddles with them."""

    def shut(self) -> str | None:
        """Say why nothing may leave now, or nothing."""
        ...

    def still(self) -> AbstractAsyncContextManager[None]:
        """Keep all lanes back; entered when nothing is under way. Raises `TimeoutError`."""
        ...

    def left(self) -> None:
        """Note that a request leaves."""
        ...

    def learn(self, verdict: Verdict, not_before: datetime | None) -> None:
        """Learn from an answer what concerns all lanes."""
        ...

    def told(self, delivered: Mapping[str, bytes | None]) -> None:
        """Remember what lanes were told besides their deliveries."""
        ...

    async def overtake(self, overtaken: Overtaken) -> None:
        """Let go of what a snapshot has overtaken."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A floor with the request that would tell of it, and the one that ends the telling."""

    floor: Standings
    request: OutgoingRequest
    closing: OutgoingRequest | None = None


async def prepare(
    reader: StandingsReader, settings: DestinationSettings, telling: SnapshotMapping, now: datetime
) -> Prepared:
    """Look at the floor, and make the one request that tells of everybody.

    Raises:
        MappingError: the mapping cannot make one.
        StoreUnavailableError: the store cannot be read now.
    """
    floor = await reader.look(settings, telling, now)
    around = envelope(settings)
    try:
        request = telling.request(floor.everybody, now, settings.options)
        closing = telling.closing and telling.closing(now, settings.options)
    except MappingError:
        raise
    except Exception as problem:
        label = f"{settings.mapping.name} {settings.mapping.version}"
        raise MappingError(failure_of(label, problem)) from problem
    # Each is news: a vendor must not take one for the repetition of an earlier one.
    key = stable_id("snapshot", settings.name, rfc3339(now), request.body)
    check(request, around)
    if closing is not None:
        check(closing, around)
    ends = None if closing is None else outgoing(closing, around, f"{key}:1")
    return Prepared(floor, outgoing(request, around, key), ends)


class Telling:
    """Tells one destination of everybody, once each time it is asked to."""

    def __init__(
        self,
        settings: DestinationSettings,
        mapping: SnapshotMapping,
        *,
        reader: StandingsReader,
        transport: Transport,
        lanes: Lanes,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._mapping = mapping
        self._reader = reader
        self._transport = transport
        self._lanes = lanes
        self._clock = clock
        self._mask = mask_of(settings)

    async def prepare(self) -> Prepared:
        """Return what would be sent now, and what stands in the way."""
        now = self._clock.now()
        prepared = await prepare(self._reader, self._settings, self._mapping, now)
        shut = self._lanes.shut()
        if shut is not None:
            prepared.floor.gaps.insert(0, shut)
        return prepared

    async def tell(self, *, force: bool) -> Told:
        """Tell, unless something stands in the way; the lanes are still for the second look."""
        try:
            refused = self._refused(await self.prepare(), force=force)
            if refused is not None:
                return refused
            async with self._lanes.still():
                return await self._tell_still(force=force)
        except TimeoutError:
            return self._failed("what is under way does not end")
        except StoreUnavailableError as problem:
            return self._failed(str(problem))
        except MappingError as problem:
            return self._failed(str(problem), is_over=True)

    async def _tell_still(self, *, force: bool) -> Told:
        prepared = await self.prepare()
        refused = self._refused(prepared, force=force)
        if refused is not None:
            return refused
        floor, changes = prepared.floor, prepared.floor.changes()
        # Until the answer is known, nobody may take what was told before for what the vendor has.
        await self._keep({lane: None for lane in changes if floor.delivered.get(lane)})
        answer, judgement = await self._send(prepared.request)
        if judgement.verdict is Verdict.DELIVERED and prepared.closing is not None:
            answer, judgement = await self._send(prepared.closing)
        if judgement.verdict is not Verdict.DELIVERED:
            return self._learn(judgement, answer)
        await self._keep(changes, newest=floor.upto)
        settled = frozenset(lane for lane, seat in floor.seats.items() if seat.is_settled)
        await self._lanes.overtake(Overtaken(settled, floor.upto))
        logged_in = sum(seat.standing.is_in for seat in floor.seats.values())
        now = self._clock.now()
        return Told(Came.DELIVERED, now, agents=len(floor.seats), logged_in=logged_in)

    async def _send(self, request: OutgoingRequest) -> tuple[Answer, Judgement]:
        self._lanes.left()
        answer = await self._transport.send(request)
        return answer, self._judgement(answer)

    async def _keep(self, told: Mapping[str, bytes | None], newest: int = 0) -> None:
        await self._reader.store.told(self._settings.name, told, newest=newest)
        self._lanes.told(told)

    def _judgement(self, answer: Answer) -> Judgement:
        by_mapping = None
        with contextlib.suppress(Exception):  # the answer counts, whatever a mapping makes of it
            by_mapping = self._mapping.judge(answer, self._settings.options)
        return by_mapping or judge(answer)

    def _learn(self, judgement: Judgement, answer: Answer) -> Told:
        not_before = None
        if judgement.verdict is Verdict.RETRY:
            not_before = retry_after(answer.retry_after, self._clock.now())
        self._lanes.learn(judgement.verdict, not_before)
        why = judgement.detail or f"answered {answer.status}"
        return self._failed(why, not_before, is_over=judgement.verdict is not Verdict.RETRY)

    def _refused(self, prepared: Prepared, *, force: bool) -> Told | None:
        obstacles = prepared.floor.obstacles(force=force)
        if not obstacles:
            return None
        return Told(Came.REFUSED, self._clock.now(), self._mask.text("; ".join(obstacles)))

    def _failed(
        self, why: str, not_before: datetime | None = None, *, is_over: bool = False
    ) -> Told:
        now, why = self._clock.now(), self._mask.text(why)
        return Told(Came.FAILED, now, why, not_before=not_before, is_over=is_over)
