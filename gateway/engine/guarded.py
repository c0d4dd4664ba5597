"""Mappings whose every function is called under the guard."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from gateway.engine.guard import Guard, name_of
from gateway.mapping import sound
from gateway.model.errors import ContentError, FaultyMappingError, Flaw, MappingError, failure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gateway.mapping.destination import DestinationMapping, SnapshotMapping, Told
    from gateway.mapping.reading import ReadMapping
    from gateway.mapping.registry import Registry
    from gateway.mapping.source import SourceMapping
    from gateway.model.delivery import Answer

STATUSES = (400, 422)
LONGEST = 2000
"""Characters of what a mapping says is wrong."""

log = structlog.get_logger(__name__)


def guarded(registry: Registry, guard: Guard) -> Registry:
    """Return the same plugins with their functions under *guard*."""
    return replace(
        registry,
        sources={name: _source(each, guard) for name, each in registry.sources.items()},
        destinations={name: _told(each, guard) for name, each in registry.destinations.items()},
    )


def _source(mapping: SourceMapping, guard: Guard) -> SourceMapping:
    label = f"{mapping.name} {mapping.version}"

    def under(function: Callable[..., Any] | None, look: Callable[[Any], Any]) -> Any:
        return None if function is None else _under(guard, label, function, look)

    translate = _under(
        guard, label, mapping.translate, sound.sound_observations, told_by_caller=True
    )
    return replace(
        mapping,
        split=under(mapping.split, sound.sound_parts),
        translate=translate,
        keep=under(mapping.keep, sound.sound_body),
        compose=under(mapping.compose, sound.sound_composed),
        zone=under(mapping.zone, sound.sound_zone),
        reading=None if mapping.reading is None else _reading(mapping.reading, guard, label),
    )


def _reading(reading: ReadMapping, guard: Guard, label: str) -> ReadMapping:
    found = _under(guard, label, reading.found, sound.sound_found)

    def found_or_not(*arguments: Any) -> Any:
        """Find nothing in an answer that the mapping fails on: the round goes on."""
        try:
            return found(*arguments)
        except MappingError:
            raise
        except Exception as problem:
            raise MappingError(failure_of(label, problem)) from problem

    return replace(
        reading,
        endpoint=_under(guard, label, reading.endpoint, sound.sound_endpoint),
        everybody=_under(guard, label, reading.everybody, sound.sound_asks),
        agent=_under(guard, label, reading.agent, sound.sound_asks),
        found=found_or_not,
    )


def _told(mapping: DestinationMapping, guard: Guard) -> DestinationMapping:
    label = f"{mapping.name} {mapping.version}"
    under = _under(guard, label, mapping.step, sound.sound_step, told_by_caller=True)

    def step(
        events: Sequence[Told], memory: Mapping[str, Any], answer: Answer | None, options: Any
    ) -> Any:
        own = copy.deepcopy(memory) if memory else {}  # what it does to it is nobody else's
        return under(events, own, answer, options)

    snapshot = None if mapping.snapshot is None else _snapshot(mapping.snapshot, guard, label)
    return replace(mapping, step=step, snapshot=snapshot)


def _snapshot(snapshot: SnapshotMapping, guard: Guard, label: str) -> SnapshotMapping:
    return replace(
        snapshot,
        standing=_under(guard, label, snapshot.standing, sound.sound_standing, told_by_caller=True),
        request=_under(guard, label, snapshot.request, sound.sound_request),
        judge=_under(guard, label, snapshot.judge, sound.sound_judgement),
        floor=_under(guard, label, snapshot.floor, sound.sound_floor),
        closing=None
        if snapshot.closing is None
        else _under(guard, label, snapshot.closing, sound.sound_request),
    )


def _under(
    guard: Guard,
    label: str,
    function: Callable[..., Any],
    look: Callable[[Any], Any],
    *,
    told_by_caller: bool = False,
) -> Callable[..., Any]:
    """Return the function with its result looked through, and its refusals in sound words.

    *told_by_caller*: whoever calls it logs its failure, with the item.
    """

    def called(*arguments: Any) -> Any:
        try:
            return look(guard.call(label, function, *arguments))
        except MappingError as problem:
            raise MappingError(_words(problem.detail), _flaws(problem.flaws)) from problem
        except ContentError as problem:
            if problem.status not in STATUSES:
                raise FaultyMappingError(f"it refused with {problem.status}") from problem
            raise ContentError(
                _words(problem.detail), status=problem.status, flaws=_flaws(problem.flaws)
            ) from problem
        except Exception:
            if not told_by_caller:
                log.exception("mapping.failed", mapping=label, function=name_of(function))
            raise

    return called


def _words(detail: object) -> str:
    """Return what can be kept of what a mapping says is wrong."""
    text = detail if isinstance(detail, str) else type(detail).__name__
    return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]


def _flaws(flaws: Iterable[object]) -> tuple[Flaw, ...]:
    return tuple(
        Flaw(_words(each.path), _words(each.message)) for each in flaws if isinstance(each, Flaw)
    )
