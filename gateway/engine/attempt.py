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

    from gateway.engine.rendering import Facing, Item
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


_SILENT = Settlement(None)
"""What a mapping that does not judge says; its lanes' memories stay as they are."""

Remember = Callable[[str, Lane], Awaitable[None]]
"""Makes durable what a lane remembers in the middle of an attempt."""


async def attempt(
    items: Sequence[Item], renderer: Renderer, transport: Transport, remember: Remember
) -> Attempt:
    """Tell the vendor of *items* in one request, as far as there is something to tell; go on with
    the mapping's steps until it settles the events.

    Where a mapping tells an agent in several, how far it has come is durable before the next
    leaves: an end in the middle repeats one request at most.
    """
    rendered = renderer.render(items)
    made, facing = Attempt(rendered.judged), rendered.facing
    if rendered.prepared is None:
        return made
    first, ready = rendered.prepared
    step: Step = first
    asked, memory = first, first.memory
    while isinstance(step, Request):
        asked, memory = step, memory if step.memory is None else step.memory
        if made.requests and asked.method not in QUESTIONS and is_of_one_lane(facing):
            await _remember(facing[0].item, memory, remember)
        answer = made.answer = await transport.send(ready)
        made.requests += 1
        step, ready = _next(facing, answer, ready, made, renderer, memory=memory)
    _judge(made, facing, first, step, asked)
    return made


def _judge(
    made: Attempt, facing: Sequence[Facing], first: Request, settled: Settlement, asked: Request
) -> None:
    """Judge every event: as the mapping does, else by the status of the answer to *asked*."""
    answer = made.answer
    assert answer is not None, "something was asked"
    judgements = settled.judgements
    if judgements is None:
        judgements = (_by_status(asked)(answer),) * len(facing)
    kept = settled.memory if settled is not _SILENT and is_of_one_lane(facing) else None
    goes_alone = len(facing) > 1 and _is_blamed_on_all(judgements)
    for each, judgement, part in zip(facing, judgements, first.parts, strict=True):
        told = None if part is None else digest(part)
        made.judged.append(Judged(each.item, judgement, answer, told, kept, goes_alone=goes_alone))


async def _remember(item: Item, memory: Mapping[str, Any] | None, remember: Remember) -> None:
    if memory is not None and memory != item.state.memory:
        await remember(item.delivery.lane, Lane(memory))


def _by_status(request: Request) -> Callable[[Answer], Judgement]:
    if request.method in QUESTIONS:
        return judge_question
    return judge if request.repeatable else judge_unrepeatable


def _is_blamed_on_all(judgements: Sequence[Judgement]) -> bool:
    """Whether these several were refused as one: then each alone shows who was meant."""
    verdicts = {each.verdict for each in judgements}
    return verdicts in ({Verdict.PERMANENT}, {Verdict.HOLD})


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
    if not renderer.judges:
        return _SILENT, ready
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
