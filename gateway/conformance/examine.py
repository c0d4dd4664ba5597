"""Examining a mapping: every check, what breaks it, and what is waived with a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.conformance import of_all, of_destinations, of_files, of_sources
from gateway.conformance.filing import FileSubject
from gateway.conformance.kept import MOST_PROBLEMS
from gateway.conformance.of_sources import SourceSubject
from gateway.conformance.telling import DestinationSubject
from gateway.mapping.files import FileMapping
from gateway.mapping.source import SourceMapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.conformance.kept import Check
    from gateway.mapping.destination import DestinationMapping

    Mapping = SourceMapping | DestinationMapping | FileMapping
    Subject = SourceSubject | DestinationSubject | FileSubject


class State(StrEnum):
    """How a mapping stands to a check."""

    KEPT = "kept"
    BROKEN = "broken"
    WAIVED = "waived"
    NOTHING = "nothing_to_check"


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one check. *problems* are pairs of a sample's name and what is wrong; *reason*
    why it is waived, or why there is nothing to check.
    """

    check: str
    promise: str
    state: State
    problems: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "check": self.check,
            "promise": self.promise,
            "state": self.state.value,
            "problems": [{"sample": name or None, "what": what} for name, what in self.problems],
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Examined:
    """All that came of a mapping."""

    mapping: Mapping
    samples: int
    found: tuple[Found, ...] = field(repr=False)

    @property
    def broken(self) -> list[str]:
        """Return what is wrong, a line each: ``total: lunch.in.json: data.reason = 7: …``."""
        return [
            ": ".join(filter(None, (each.check, name, what)))
            for each in self.found
            for name, what in each.problems
            if each.state is State.BROKEN
        ]

    def json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "name": self.mapping.name,
            "kind": kind_of(self.mapping),
            "version": self.mapping.version,
            "package": self.mapping.package or None,
            "samples": self.samples,
            "ok": not self.broken,
            "checks": [each.json() for each in self.found],
        }


def kind_of(mapping: Mapping) -> str:
    """Return what a mapping is, as it is told: ``source``, ``destination`` or ``file``."""
    if isinstance(mapping, SourceMapping):
        return "source"
    return "file" if isinstance(mapping, FileMapping) else "destination"


def checks_for(mapping: Mapping) -> Sequence[Check]:
    """Return the checks of a mapping's kind."""
    kinds = {"source": of_sources, "destination": of_destinations, "file": of_files}
    own = kinds[kind_of(mapping)]
    return (*of_all.CHECKS, *own.CHECKS)


def subject_of(mapping: Mapping) -> Subject:
    """Return what the checks look at."""
    if isinstance(mapping, SourceMapping):
        return SourceSubject(mapping)
    if isinstance(mapping, FileMapping):
        return FileSubject(mapping)
    return DestinationSubject(mapping)


def examine(mapping: Mapping, *only: str) -> Examined:
    """Check a mapping on its samples; *only* by some checks, or by all."""
    subject, checks = subject_of(mapping), checks_for(mapping)
    found = [_look(check, subject) for check in checks if not only or check.name in only]
    unheard = sorted(set(mapping.waived) - {check.name for check in checks})
    if unheard:
        valid = ", ".join(check.name for check in checks)
        problem = ("", f"{', '.join(unheard)} is no check; valid: {valid}")
        found.append(Found("waived", "what is waived is a check", State.BROKEN, (problem,)))
    return Examined(mapping, len(subject.samples), tuple(found))


def _look(check: Check, subject: Subject) -> Found:
    nothing = check.applies(subject)
    if nothing is not None:
        return Found(check.name, check.promise, State.NOTHING, reason=nothing)
    problems = tuple(_problems(check, subject))
    reason = subject.mapping.waived.get(check.name)
    if reason is None:
        state = State.BROKEN if problems else State.KEPT
        return Found(check.name, check.promise, state, problems)
    if problems and reason.strip():
        return Found(check.name, check.promise, State.WAIVED, problems, reason)
    why = "waived without a reason" if problems else "waived, and kept all the same"
    return Found(check.name, check.promise, State.BROKEN, (("", why),), reason)


def _problems(check: Check, subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what breaks a check; what a mapping raises breaks it too."""
    if check.of_all is not None:
        yield from _caught(check.of_all(subject))
    if check.of_sample is not None:
        for sample in subject.samples:
            problems = ((sample.name, what) for what in check.of_sample(subject, sample))
            yield from islice(_caught(problems, sample.name), MOST_PROBLEMS)


def _caught(problems: Any, name: str = "") -> Iterator[tuple[str, str]]:
    try:
        yield from problems
    except Exception as problem:  # noqa: BLE001 - a mapping may fail in any way
        yield name, f"raises {type(problem).__name__}: {problem}"


def write_golden(mapping: Mapping) -> list[Path]:
    """Write the golden file of every sample anew; return those that have changed."""
    subject = subject_of(mapping)
    indent = 2 if isinstance(mapping, SourceMapping) else 1
    changed = []
    for sample in subject.samples:
        path = Path(str(sample.golden))
        text = json.dumps(subject.shown(sample), indent=indent, ensure_ascii=False) + "\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
