"""What every source mapping keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gateway.conformance import damage
from gateway.conformance.composing import composed_problems
from gateway.conformance.kept import Check
from gateway.conformance.reading import Reader, fields_of
from gateway.conformance.samples import FORMS, content_of, samples_of, source_options
from gateway.conformance.words import lost_words
from gateway.mapping.source import Record
from gateway.model.errors import ContentError, MappingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.conformance.samples import Sample
    from gateway.mapping.source import Content, SourceMapping

LATER = timedelta(hours=1)


@dataclass(frozen=True)
class SourceSubject:
    """A source mapping that is examined."""

    mapping: SourceMapping

    @cached_property
    def samples(self) -> list[Sample]:
        """Its samples."""
        return samples_of(self.mapping)

    @cached_property
    def raw_options(self) -> Any:
        """The options of its samples, as an operator would write them."""
        return source_options(self.mapping)

    @cached_property
    def reader(self) -> Reader:
        """What reads its samples."""
        return Reader(self.mapping, self.mapping.options().load(self.raw_options))

    def options_of(self, _sample: Sample) -> Any:
        """Return the options, not yet loaded, of a sample."""
        return self.raw_options

    def loaded(self, _sample: Sample) -> Any:
        """Return the options of a sample, as the mapping's schema loaded them."""
        return self.reader.options

    def shown(self, sample: Sample) -> Any:
        """Return what its golden file should hold."""
        return self.reader.reading(sample.content)


def _total(subject: SourceSubject, sample: Sample) -> Iterator[str]:
    for words, content in _damaged(sample):
        problem = _tried(subject, content)
        if problem:
            yield f"{words}: {problem}"


def _tried(subject: SourceSubject, content: Content) -> str | None:
    try:
        return subject.reader.try_to_read(content)
    except Exception as problem:  # noqa: BLE001 - that is what is looked for
        return f"raises {type(problem).__name__}: {problem}"


def _damaged(sample: Sample) -> Iterator[tuple[str, Content]]:
    yield "as it is", sample.content
    for kind in ("", "application/json", "application/x-www-form-urlencoded", "text/xml"):
        for signed in (True, False):
            content = replace(sample.content, media_type=kind, signed=signed)
            yield f"sent as {kind or 'nothing'}", content
    for words, raw in (*damage.cut_bodies(sample.raw), *_nonsense(sample)):
        yield words, content_of(sample.name, raw)
    if sample.name.endswith(FORMS):
        for words, raw in damage.damaged_form(sample.raw):
            yield words, content_of(sample.name, raw)
    elif (value := sample.json_or_none) is not None:
        for words, changed in damage.damaged_values(value, wild=True):
            yield words, content_of(sample.name, json.dumps(changed).encode())


def _nonsense(sample: Sample) -> Iterator[tuple[str, bytes]]:
    for raw in damage.BODIES:
        yield f"the body {raw[:20]!r}", raw
    if sample.name.endswith(".json"):
        yield "twice in one body", sample.raw + sample.raw


# What a record becomes.


def _aware(subject: SourceSubject, sample: Sample) -> Iterator[str]:
    """Times are looked at by `sound_observations`; here those that are told twice a year."""
    for month in (1, 3, 7, 11):
        content = replace(
            sample.content, received_at=sample.content.received_at.replace(month=month)
        )
        try:
            list(subject.reader.records(content))
        except Exception as problem:  # noqa: BLE001 - likewise
            yield f"received in month {month}: {type(problem).__name__}: {problem}"


def _stable_ids(subject: SourceSubject) -> Iterator[tuple[str, str]]:
    seen: dict[bytes, tuple[str, Any]] = {}
    for sample in subject.samples:
        records = [record for record, _told in subject.reader.records(sample.content)]
        for words, content in _told_again(sample):
            again = [record for record, _told in subject.reader.records(content)]
            if [each.digest for each in again] != [each.digest for each in records]:
                yield sample.name, f"{words} it counts as another record"
        for record in records:
            if record.digest is not None:
                other, fields = seen.setdefault(record.digest, (sample.name, record.fields))
                if fields != record.fields:
                    yield sample.name, f"record {record.index} counts as one of {other}"


def _told_again(sample: Sample) -> Iterator[tuple[str, Content]]:
    content = sample.content
    yield "an hour later", replace(content, received_at=content.received_at + LATER)
    if sample.name.endswith(".json") and (value := sample.json_or_none) is not None:
        spaced = json.dumps(value, indent=3).encode()
        yield "with other blanks", replace(content, body=spaced)


def _order(subject: SourceSubject, sample: Sample) -> Iterator[str]:
    """Parts are numbered as they came (`sound_parts`), whatever else is in the request."""
    try:
        parts = subject.reader.parts(sample.content)
    except ContentError:
        return
    for part in parts:
        if isinstance(part, Record):
            before = fields_of(part)
            try:
                subject.reader.observations(part)
            except MappingError:
                continue
            if fields_of(part) != before:
                yield f"translate changes record {part.index}"


def _no_compose(subject: SourceSubject) -> str | None:
    return "it composes nothing" if subject.mapping.compose is None else None


def _composes(subject: SourceSubject) -> Iterable[tuple[str, str]]:
    return (("", each) for each in composed_problems(subject.reader))


CHECKS: Sequence[Check] = (
    Check(
        "total", "damaged input gives a ContentError or a MappingError, and nothing else", _total
    ),
    Check("aware", "times are aware and in UTC, at any time of the year", _aware),
    Check("unknown_words", "a state nobody has heard of is told, as unmapped", None, lost_words),
    Check("stable_ids", "the same record is the same, another is another", None, _stable_ids),
    Check("order", "records are numbered as they came, and not changed", _order),
    Check("composes", "what it composes for the simulation it reads", None, _composes, _no_compose),
)
