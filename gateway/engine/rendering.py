"""Rendering: from deliveries to one request, with what needs none settled at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from gateway.mapping.destination import Judgement, Request, Settlement, Told, Verdict
from gateway.model.errors import MappingError, failure_of
from gateway.model.outgoing import OutgoingRequest
from gateway.pipeline.render import check, digest, envelope, idempotency_key, outgoing, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.mapping.destination import Step
    from gateway.model.badge import Badges
    from gateway.model.delivery import Answer, Delivery
    from gateway.ports import Lane, Roster
    from gateway.settings import DestinationSettings

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Item:
    """A delivery on its way. *state* is what its lane remembers; *is_first*: no other delivery
    of its lane stands before it in the same request.
    """

    delivery: Delivery
    state: Lane
    is_first: bool = True


@dataclass(slots=True)
class Judged:
    """What came of an item. *answer* `None`: nothing was sent for it.

    *digest* stands for what the vendor was told; *memory* is the lane's new memory, or `None`
    to leave it. *is_flawed*: it could not be rendered. *is_unchanged*: it was told before.
    *goes_alone*: it did not get through in company, and is tried alone at once.
    """

    item: Item
    judgement: Judgement
    answer: Answer | None = None
    digest: bytes | None = None
    memory: Mapping[str, Any] | None = None
    is_flawed: bool = False
    is_unchanged: bool = False
    goes_alone: bool = False


@dataclass(slots=True)
class Facing:
    """An item with what the mapping is told of it."""

    item: Item
    told: Told


Prepared = tuple[Request, OutgoingRequest]
"""A request in the mapping's words, and as it leaves."""


@dataclass(slots=True)
class Rendered:
    """What is sent for *facing* (`None`: nothing), and *judged*, which need no request."""

    judged: list[Judged] = field(default_factory=list)
    facing: list[Facing] = field(default_factory=list)
    prepared: Prepared | None = None


class Renderer:
    """Renders deliveries to one destination."""

    def __init__(
        self,
        settings: DestinationSettings,
        roster: Roster | None = None,
        badges: Badges | None = None,
    ) -> None:
        self._roster = roster
        self._mapping = settings.mapping
        self._options = settings.options
        self._include = settings.include
        self._badges = badges
        self._envelope = envelope(settings)
        self._name = settings.name
        self.judges = settings.mapping.judges

    def render(self, items: Iterable[Item]) -> Rendered:
        """Make one request of all *items* that need one; a mapping's failure is its event's."""
        rendered = Rendered()
        for item in items:
            self._face(item, rendered)
        while rendered.facing and rendered.prepared is None:
            self._advance(rendered)
        return rendered

    def ready(self, request: Request, facing: Sequence[Facing], number: int) -> OutgoingRequest:
        """Make a request ready to send; *number* counts those made before for the same events.

        Raises:
            MappingError: a header is not one, or is not the mapping's to set.
        """
        check(request, self._envelope)
        return self._checked(request, facing, number)

    def _checked(self, request: Request, facing: Sequence[Facing], number: int) -> OutgoingRequest:
        key = idempotency_key([each.item.delivery for each in facing], number)
        return outgoing(request, self._envelope, key)

    def step(
        self,
        facing: Sequence[Facing],
        answer: Answer | None,
        memory: Mapping[str, Any] | None = None,
    ) -> Step:
        """Take the mapping's next step, by the *memory* of the one before, else by the lane's."""
        told_now = [each.told for each in facing]
        memory = memory_of(facing) if memory is None else memory
        return self._mapping.step(told_now, memory, answer, self._options)

    def failed(self, item: Item, problem: Exception) -> str:
        """Say what is wrong with a mapping; log it where that is its bug."""
        if isinstance(problem, MappingError):
            return str(problem)
        log.error(
            "mapping.failed",
            destination=self._name,
            mapping=self._mapping.name,
            version=self._mapping.version,
            event_id=item.delivery.event_id,
            exc_info=problem,
        )
        return failure_of(f"{self._mapping.name} {self._mapping.version}", problem)

    def _face(self, item: Item, rendered: Rendered) -> None:
        try:
            told_now = told(item.delivery, self._include, self._roster, self._badges)
            rendered.facing.append(Facing(item, told_now))
        except (ValueError, KeyError, TypeError) as problem:
            rendered.judged.append(self._flawed(item, problem))

    def _advance(self, rendered: Rendered) -> None:
        facing = rendered.facing
        try:
            step = self._first_step(facing)
        except Exception as problem:  # noqa: BLE001 - a mapping's bug harms its own event only
            self._set_aside(rendered, problem)
            return
        if isinstance(step, Settlement):
            _settle(rendered, step)
            return
        unchanged = _unchanged(facing, step)
        if unchanged:
            delivered = Judgement(Verdict.DELIVERED)
            rendered.judged += [Judged(each, delivered, is_unchanged=True) for each in unchanged]
            rendered.facing = [each for each in facing if each.item not in unchanged]
        else:
            rendered.prepared = step, self._checked(step, facing, 0)

    def _first_step(self, facing: Sequence[Facing]) -> Step:
        step = self.step(facing, None)
        if isinstance(step, Request):
            if len(step.parts) != len(facing):
                raise MappingError("the mapping does not have a part for every event")
            check(step, self._envelope)
            return step
        if step.judgements is None or len(step.judgements) != len(facing):
            raise MappingError("the mapping does not settle every event")
        if all(each.verdict is Verdict.RETRY for each in step.judgements):
            raise MappingError("the mapping neither sends nor settles anything")
        return step

    def _set_aside(self, rendered: Rendered, problem: Exception) -> None:
        """Find those that cannot be rendered alone; where all can, each must go alone."""
        facing = rendered.facing
        if len(facing) == 1:
            rendered.judged.append(self._flawed(facing[0].item, problem))
            rendered.facing = []
            return
        rendered.facing = [each for each in facing if self._is_sound(each, rendered)]
        if len(rendered.facing) == len(facing):
            apart = Judgement(Verdict.PERMANENT, "cannot be told together")
            rendered.judged += [Judged(each.item, apart, goes_alone=True) for each in facing]
            rendered.facing = []

    def _is_sound(self, facing: Facing, rendered: Rendered) -> bool:
        try:
            self._first_step([facing])
        except Exception as problem:  # noqa: BLE001 - likewise
            rendered.judged.append(self._flawed(facing.item, problem))
            return False
        return True

    def _flawed(self, item: Item, problem: Exception) -> Judged:
        judgement = Judgement(Verdict.PERMANENT, self.failed(item, problem))
        return Judged(item, judgement, is_flawed=True)


def memory_of(facing: Sequence[Facing]) -> Mapping[str, Any]:
    """Return the lane's memory; a request for several lanes has none to go by."""
    return facing[0].item.state.memory if is_of_one_lane(facing) else {}


def is_of_one_lane(facing: Sequence[Facing]) -> bool:
    """Whether all belong to one agent."""
    return len(facing) == 1 or len({each.item.delivery.lane for each in facing}) == 1


def _settle(rendered: Rendered, settled: Settlement) -> None:
    """Settle what needs no request; the others go without them."""
    remaining = []
    for each, judgement in zip(rendered.facing, settled.judgements or (), strict=True):
        if judgement.verdict is Verdict.RETRY:
            remaining.append(each)
        else:
            rendered.judged.append(Judged(each.item, judgement))
    rendered.facing = remaining


def _unchanged(facing: Sequence[Facing], request: Request) -> list[Item]:
    unchanged = []
    for each, part in zip(facing, request.parts, strict=True):
        if part is not None:
            before = each.item.state.delivered
            if before is not None and each.item.is_first and before == digest(part):
                unchanged.append(each.item)
    return unchanged
