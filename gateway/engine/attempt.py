"""One attempt: a mapping's steps from events to judgements, with the wire between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.engine.rendering import Judged, Renderer, is_of_one_lane, memory_of
from gateway.mapping.destination import Judgement, Request, Settlement, Verdict
from gateway.model.delivery import Answer
from gateway.model.errors import MappingError
from gateway.pipeline.judge import judge, judge_question, judge_unrepeatable
from gateway.pipeline.render import digest
from gateway.ports import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.engine.rendering import Facing, Item, Prepared
    from gateway.mapping.destination import Step
    from gateway.model.outgoing import OutgoingRequest
    from gateway.ports import Transport

MOST_STEPS = 8
QUESTIONS = frozenset({"GET", "HEAD"})


@dataclass(slots=True)
class Attempt:
    """Everything that came of one attempt. *answer* is the last one, of *requests* in all."""

    judged: list[Judged] = field(default_factory=list)
    answer: Answer | None = None
    requests: int = 0


Remember = Callable[[str, Lane], Awaitable[None]]
"""Makes durable what a lane remembers in the middle of an attempt."""


async def attempt(
    items: Sequence[Item], renderer: Renderer, transport: Transport, remember: Remember
) -> Attempt:
    """Tell the vendor of *items* in one request, as far as there is something to tell.

    Where a mapping tells an agent in several, how far it has come is durable before the next
    leaves: an end in the middle repeats one request at most.
    """
    rendered = renderer.render(items)
    made = Attempt(rendered.judged)
    if rendered.prepared is not None:
        wires = _Wires(renderer, transport, remember)
        await _exchange(rendered.facing, rendered.prepared, made, wires)
    return made


@dataclass(frozen=True, slots=True)
class _Wires:
    renderer: Renderer
    transport: Transport
    remember: Remember


async def _exchange(
    facing: Sequence[Facing],
    prepared: Prepared,
    made: Attempt,
    wires: _Wires,
) -> None:
    """Send, and go on with the mapping's steps until it settles the events."""
    request, ready = prepared
    step: Step = request
    memory: Mapping[str, Any] | None = None
    while isinstance(step, Request):
        by_status = _by_status(step)
        memory = memory if step.memory is None else step.memory
        if made.requests and step.method not in QUESTIONS and is_of_one_lane(facing):
            await _remember(facing[0].item, memory, wires)
        answer = made.answer = await wires.transport.send(ready)
        made.requests += 1
        step, ready = _next(facing, answer, ready, made, wires.renderer, memory=memory)
    judgements = step.judgements or (by_status(answer),) * len(facing)
    kept = step.memory if is_of_one_lane(facing) else None
    goes_alone = _is_blamed_on_all(judgements)
    for each, judgement, part in zip(facing, judgements, request.parts, strict=True):
        made.judged.append(
            Judged(each.item, judgement, answer, digest(part), kept, goes_alone=goes_alone)
        )


async def _remember(item: Item, memory: Mapping[str, Any] | None, wires: _Wires) -> None:
    if memory is not None and memory != item.state.memory:
        await wires.remember(item.delivery.lane, Lane(memory))


def _by_status(request: Request) -> Callable[[Answer], Judgement]:
    if request.method in QUESTIONS:
        return judge_question
    return judge if request.repeatable else judge_unrepeatable


def _is_blamed_on_all(judgements: Sequence[Judgement]) -> bool:
    """Whether several were refused as one: then each alone shows who was meant."""
    verdicts = {each.verdict for each in judgements}
    return len(judgements) > 1 and verdicts in ({Verdict.PERMANENT}, {Verdict.HOLD})


def _next(
    facing: Sequence[Facing],
    answer: Answer,
    ready: OutgoingRequest,
    made: Attempt,
    renderer: Renderer,
    *,
    memory: Mapping[str, Any] | None,
) -> tuple[Step, OutgoingRequest]:
    """Let the mapping judge; where its judgement is unusable, the core's holds."""
    try:
        step = renderer.step(facing, answer, memory)
        if isinstance(step, Request):
            return step, _checked(step, facing, made, renderer)
        _check(step, facing)
    except Exception as problem:  # noqa: BLE001 - the answer counts, whatever a mapping makes of it
        renderer.failed(facing[0].item, problem)
        return Settlement(None, memory_of(facing)), ready
    return step, ready


def _checked(
    request: Request, facing: Sequence[Facing], made: Attempt, renderer: Renderer
) -> OutgoingRequest:
    if made.requests >= MOST_STEPS:
        raise MappingError("the mapping does not come to an end")
    return renderer.ready(request, facing, made.requests)


def _check(settled: Settlement, facing: Sequence[Facing]) -> None:
    if settled.judgements is not None and len(settled.judgements) != len(facing):
        raise MappingError("the mapping does not judge every event")
