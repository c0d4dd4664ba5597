"""What every mapping keeps, of either kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from marshmallow import ValidationError

from gateway.conformance import damage
from gateway.conformance.kept import Check
from gateway.conformance.purity import watched
from gateway.conformance.samples import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.conformance.filing import FileSubject
    from gateway.conformance.of_sources import SourceSubject
    from gateway.conformance.samples import Sample
    from gateway.conformance.telling import DestinationSubject

    Subject: TypeAlias = SourceSubject | DestinationSubject | FileSubject

CHILD_SECONDS = 60


def _has_samples(subject: Subject) -> Iterator[tuple[str, str]]:
    if not subject.samples:
        where = folder_of(subject.mapping) or f"the folder samples of {subject.mapping.package!r}"
        yield "", f"there is none in {where} (does the mapping say package=__name__?)"
    names: dict[str, str] = {}
    for sample in subject.samples:
        other = names.setdefault(sample.golden.name, sample.name)
        if other != sample.name:
            yield sample.name, f"has the same golden file as {other}"


def _options(subject: Subject) -> Iterator[tuple[str, str]]:
    """Options are read, or refused in words; one that nobody has heard of is refused."""
    for sample in subject.samples[:1]:
        options, name = subject.options_of(sample), sample.name
        if _refused(subject, {**options, "no_such_key": 1}) is None:
            yield name, "takes a key that it does not have"
        for words, damaged in damage.damaged_values(options, wild=True):
            try:
                _refused(subject, damaged)
            except Exception as problem:  # noqa: BLE001 - that is what is looked for
                yield name, f"{words}: raises {type(problem).__name__}: {problem}"


def _refused(subject: Subject, options: Any) -> str | None:
    try:
        subject.mapping.options().load(options)
    except ValidationError as problem:
        return str(problem)
    return None


def _golden(subject: Subject, sample: Sample) -> Iterator[str]:
    shown = _text(subject.shown(sample))
    if not sample.golden.is_file():
        yield f"{sample.golden.name} is missing: write it with --write and read it"
    elif _text(json.loads(sample.golden.read_bytes())) != shown:
        yield f"is not what {sample.golden.name} says: {_difference(sample, shown)}"


def _difference(sample: Sample, shown: str) -> str:
    wanted = json.dumps(json.loads(sample.golden.read_bytes()), indent=1).splitlines()
    got = json.dumps(json.loads(shown), indent=1).splitlines()
    for expected, found in zip(wanted, got, strict=False):
        if expected != found:
            return f"{found.strip()} where {expected.strip()} stands"
    return f"{len(got)} lines where {len(wanted)} stand"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pure(subject: Subject) -> Iterator[tuple[str, str]]:
    """The same twice, in the reverse order, in another process; with nothing reached for."""
    first: dict[str, str] = {}
    for sample in subject.samples:
        first[sample.name] = _text(subject.shown(sample))
    for sample in reversed(subject.samples):
        with watched() as seen:
            again = _text(subject.shown(sample))
            if again != first[sample.name]:
                yield sample.name, "makes something else of it the second time"
        for what in dict.fromkeys(seen.seen):
            yield sample.name, f"uses {what}"
    elsewhere = _in_another_process(subject)
    for name, text in first.items():
        if elsewhere.get(name, text) != text:
            yield name, "makes something else of it in another process"


def _in_another_process(subject: Subject) -> dict[str, str]:
    """Return what a process with another seed of hashes makes of the samples."""
    mapping = subject.mapping
    answer = subprocess.run(  # noqa: S603 - this interpreter and our own module
        [sys.executable, "-m", "gateway.conformance.again", mapping.package, mapping.name],
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        timeout=CHILD_SECONDS,
    )
    made: dict[str, str] = json.loads(answer.stdout)
    return made


CHECKS: Sequence[Check] = (
    Check("samples", "there are samples, each with a golden file of its own", None, _has_samples),
    Check("options", "options are read or refused in words", None, _options),
    Check("golden", "what it makes of each sample is what stands beside it", _golden),
    Check("pure", "no I/O, no clock, no randomness; the same in any process", None, _pure),
)
