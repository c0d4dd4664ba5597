"""What a destination mapping makes of events, as JSON; its word taken for nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gateway.conformance.samples import samples_of
from gateway.mapping.destination import Request, Settlement, Told
from gateway.mapping.sound import sound_step
from gateway.model.delivery import Answer
from gateway.model.errors import FaultyMappingError, MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.conformance.samples import Sample
    from gateway.mapping.destination import DestinationMapping, Step


@dataclass(frozen=True, slots=True)
class Scene:
    """What a mapping is asked in a sample: *told* with what it remembers, and what the vendor
    answers in turn.
    """

    told: tuple[Told, ...]
    options: Any
    memory: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class DestinationSubject:
    """A destination mapping that is examined."""

    mapping: DestinationMapping

    @cached_property
    def samples(self) -> list[Sample]:
        """Its samples."""
        return samples_of(self.mapping)

    def options_of(self, sample: Sample) -> Any:
        """Return the options, not yet loaded, of a sample."""
        return sample.value.get("options", {})

    def loaded(self, sample: Sample) -> Any:
        """Return the options of a sample, as the mapping's schema loaded them."""
        return self.mapping.options().load(self.options_of(sample))

    def scene(self, sample: Sample) -> Scene:
        """Return what is asked in a sample."""
        return scene_of(sample.value, self.loaded(sample))

    def step(
        self, scene: Scene, answer: Answer | None = None, memory: Mapping[str, Any] | None = None
    ) -> Step:
        """Take a step, and look at it: a part or a judgement for each event.

        Raises:
            MappingError: the mapping has no words for it.
            FaultyMappingError: what came back is not what the plugin API has.
        """
        events = scene.told
        memory = scene.memory if memory is None else memory
        step = sound_step(self.mapping.step(events, memory, answer, scene.options))
        several = step.parts if isinstance(step, Request) else step.judgements
        if several is None and answer is None:
            raise FaultyMappingError("step settles nothing before anything was sent")
        if answer is not None and not self.mapping.judges and several is not None:
            raise FaultyMappingError("step makes something of an answer, in spite of judges=False")
        if several is not None and len(several) != len(events):
            raise FaultyMappingError(f"step has {len(several)} parts for {len(events)} events")
        return step

    def steps(self, scene: Scene) -> Iterator[Step]:
        """Yield the steps of a scene, up to its last answer."""
        memory = None
        step = self.step(scene)
        yield step
        for answer in scene.answers:
            if isinstance(step, Settlement):
                return
            memory = memory if step.memory is None else step.memory
            step = self.step(scene, answer, memory)
            yield step

    def shown(self, sample: Sample) -> Any:
        """Return what its golden file should hold."""
        scene = self.scene(sample)
        steps: list[Any] = []
        try:
            steps += (step_json(each) for each in self.steps(scene))
        except MappingError as problem:
            steps.append({"problem": str(problem)})
        return {"steps": steps} if scene.answers else steps[0]


def scene_of(value: Mapping[str, Any], options: Any) -> Scene:
    """Read a sample's JSON value."""
    return Scene(
        told=tuple(Told(each["event"], each["identity"]) for each in value["tell"]),
        options=options,
        memory=value.get("memory", {}),
        answers=tuple(
            Answer(
                each["status"],
                each.get("body", "").encode(),
                content_type=each.get("content_type", ""),
            )
            for each in value.get("answers", ())
        ),
    )


def alone(scene: Scene, number: int) -> Scene:
    """Return a scene with one of its events."""
    return replace(scene, told=scene.told[number : number + 1])


def step_json(step: Step) -> dict[str, Any]:
    """Return a step as a JSON value."""
    if isinstance(step, Settlement):
        judged = step.judgements
        shown: dict[str, Any] = {
            "settled": None if judged is None else [[each.verdict, each.detail] for each in judged]
        }
        return shown | ({"memory": dict(step.memory)} if step.memory else {})
    return {
        "method": step.method,
        "path": step.path,
        "query": [list(each) for each in step.query],
        "headers": [list(each) for each in step.headers],
        "content_type": step.content_type,
        "body": _body(step.body),
        "comparable": [each is not None for each in step.parts],
    } | _unusual(step)


def _unusual(request: Request) -> dict[str, Any]:
    """Return what most requests do not have."""
    memory = {} if request.memory is None else {"memory": dict(request.memory)}
    return memory | ({} if request.repeatable else {"repeatable": False})


def _body(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}
    try:
        return json.loads(text)
    except ValueError:
        return text


def sent(step: Step) -> str:
    """Return all of a request that leaves the house, as one text; empty where nothing does."""
    if isinstance(step, Settlement):
        return ""
    pairs: Sequence[tuple[str, str]] = (*step.query, *step.headers)
    said = [step.path, *(f"{name}: {value}" for name, value in pairs)]
    return "\n".join([*said, step.body.decode("utf-8", "backslashreplace")])
