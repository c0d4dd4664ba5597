"""Words that nobody has heard of: platforms and operators make up new ones every day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.conformance import damage
from gateway.conformance.samples import FORMS, content_of
from gateway.mapping.fields import comparable
from gateway.model.observation import Change, ChangeKind, Glimpse, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.conformance.of_sources import SourceSubject
    from gateway.conformance.samples import Sample
    from gateway.mapping.source import Content
    from gateway.model.observation import Observation

UNHEARD = "Never Heard Of"


def lost_words(subject: SourceSubject) -> Iterator[tuple[str, str]]:
    """Find the fields that tell states: those in which a word never heard of comes through.
    Then it has to come through there everywhere.
    """
    through: set[str] = set()
    lost: list[tuple[str, str, str]] = []
    for sample in _with_states(subject):
        for name, content in _with_unheard(sample):
            came = _came_through(subject, sample.content, content)
            if came is True:
                through.add(name)
            elif came is False:
                lost.append((sample.name, name, "refuses the record"))
    if not through and any(True for _ in _with_states(subject)):
        yield "", "a state that nobody has heard of is in no sample told as unmapped"
    for sample_name, name, words in lost:
        if name in through:
            yield sample_name, f"{name} = {UNHEARD}: {words}"


def _with_states(subject: SourceSubject) -> Iterator[Sample]:
    for sample in subject.samples:
        records = subject.reader.records(sample.content)
        if any(_tells_a_state(each) for _record, told in records for each in told):
            yield sample


def _tells_a_state(observation: Observation) -> bool:
    if isinstance(observation, Change):
        return observation.kind is ChangeKind.STATE
    return isinstance(observation, Picture | Glimpse) and observation.activity is not None


def _came_through(subject: SourceSubject, before: Content, after: Content) -> bool | None:
    """Whether the unheard word is told as an unmapped state; false where its record is lost."""
    told = list(subject.reader.records(after))
    if any(_is_unheard(each) for _record, several in told for each in several):
        return True
    return False if len(told) < len(list(subject.reader.records(before))) else None


def _is_unheard(observation: Observation) -> bool:
    if isinstance(observation, Picture | Glimpse) and observation.activity is not None:
        reason, mapped = observation.activity.reason, observation.activity.mapped
    elif isinstance(observation, Change):
        reason, mapped = observation.reason, observation.mapped
    else:
        return False
    words = (reason.code or "", reason.label or "")
    return not mapped and any(comparable(each) == comparable(UNHEARD) for each in words)


def _with_unheard(sample: Sample) -> Iterator[tuple[str, Content]]:
    if sample.name.endswith(FORMS):
        pairs = sample.raw.decode("utf-8", "replace").strip().split("&")
        for index, pair in enumerate(pairs):
            name = pair.partition("=")[0]
            filled = [*pairs[:index], f"{name}={UNHEARD.replace(' ', '+')}", *pairs[index + 1 :]]
            yield name, content_of(sample.name, "&".join(filled).encode())
        return
    value = sample.json_or_none
    for place in damage.places_in(value):
        if isinstance(damage.at(value, place), str):
            raw = json.dumps(damage.replaced(value, place, UNHEARD)).encode()
            yield str(place[-1]), content_of(sample.name, raw)
