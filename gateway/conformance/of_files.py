"""What every file mapping keeps."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gateway.conformance.kept import Check
from gateway.mapping.files import Figures, Need, Person, WithheldError
from gateway.model.agent import Named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.conformance.filing import FileSubject, Sheet
    from gateway.conformance.samples import Sample

TEXTS = ("", " ", "x" * 5000, "\x00\r\n\x1b", ";,\t\"'", "=1+1", "@SUM(A1)", "é漢😀", "\ud800")
NUMBERS = (-1, 0.4, 10**12, float("nan"), float("inf"), -float("inf"))
NAMES = (*(Named(each, each) for each in TEXTS), Named(), Named(None, "x"), Named("x", None))
STRINGS = ("agent", "source", "channel")
GROUPS = tuple(Need)
CONTROLS = frozenset(map(chr, (*range(9), 11, 12, *range(14, 32), 127)))


def _total(subject: FileSubject, sample: Sample) -> Iterator[str]:
    """Whatever the figures hold: files, or a list of what has to be mended."""
    for words, sheet in _damaged(subject.sheet(sample)):
        try:
            made = subject.files(sheet)
        except WithheldError as problem:
            if not all(each.strip() and each.isprintable() for each in problem.problems):
                yield f"{words}: is withheld without a word that can be printed"
            continue
        except Exception as problem:  # noqa: BLE001 - that is what is looked for
            yield f"{words}: raises {type(problem).__name__}: {problem}"
            continue
        yield from (f"{words}: {each}" for file in made for each in _unsafe(file.content))


def _damaged(sheet: Sheet) -> Iterator[tuple[str, Sheet]]:
    """Yield the sheet as it is, empty, and with each value of each first interval replaced."""
    yield "as it is", sheet
    yield "nothing at all", replace(sheet, figures=Figures())
    yield "nobody is known", replace(sheet, figures=replace(sheet.figures, people={}))
    for group in GROUPS:
        for first in list(getattr(sheet.figures, group))[:1]:
            for words, other in _replaced(first):
                yield f"{group}: {words}", _with(sheet, group, other)
    for text in TEXTS:
        people = {key: Person(text, text) for key in sheet.figures.people}
        words = f"everybody is {text[:9]!r}"
        yield words, replace(sheet, figures=replace(sheet.figures, people=people))


def _replaced(interval: Any) -> Iterator[tuple[str, Any]]:
    for each in fields(interval):
        value = getattr(interval, each.name)
        nonsense: Sequence[Any] = ()
        if each.name == "queue":
            nonsense = NAMES
        elif each.name in STRINGS:
            nonsense = (None, *TEXTS) if each.name == "channel" else TEXTS
        elif isinstance(value, int | float) and each.name not in ("start", "minutes"):
            nonsense = NUMBERS
        for other in nonsense:
            yield f"{each.name} = {other!r:.40}", replace(interval, **{each.name: other})


def _with(sheet: Sheet, group: Need, first: Any) -> Sheet:
    rest = tuple(getattr(sheet.figures, group))[1:]
    changed: dict[str, Any] = {group.value: (first, *rest)}
    return replace(sheet, figures=replace(sheet.figures, **changed))


def _unsafe(content: bytes) -> Iterator[str]:
    """Yield what nobody may find in a file: what is no text, what controls a terminal, and a cell
    that a spreadsheet computes.
    """
    text = content.decode("utf-8", "replace")
    if "\ufffd" in text or CONTROLS & set(text):
        yield "writes what is no plain text"
    if any(cell.lstrip('"').startswith(("=1+1", "@SUM")) for cell in _cells(text)):
        yield "writes a cell that a spreadsheet computes"


def _cells(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for part in line.split(";"):
            yield from part.split(",")


def _names(subject: FileSubject, sample: Sample) -> Iterator[str]:
    """Each span and revision has names of its own, and the same ones each time."""
    sheet = subject.sheet(sample)
    span = sheet.span
    length = span.until - span.start
    others = {
        "the next revision": replace(span, revision=span.revision + 1),
        "one that is not complete": replace(span, is_complete=not span.is_complete),
        "the next span": replace(span, start=span.until, until=span.until + length),
        "a year later": replace(
            span, start=span.start + timedelta(days=364), until=span.until + timedelta(days=364)
        ),
    }
    try:
        names = {each.name for each in subject.files(sheet)}
        moved = {
            words: {each.name for each in subject.files(_moved(sheet, other))}
            for words, other in others.items()
        }
    except WithheldError:
        return
    yield from (f"{words} has the same name" for words, other in moved.items() if names & other)


def _moved(sheet: Sheet, span: Any) -> Sheet:
    by = int((span.start - sheet.span.start).total_seconds() * 1000)
    moved: dict[str, Any] = {
        group.value: tuple(
            replace(each, start=each.start + by) for each in getattr(sheet.figures, group)
        )
        for group in GROUPS
    }
    return replace(sheet, span=span, figures=replace(sheet.figures, **moved))


def _needs(subject: FileSubject, sample: Sample) -> Iterator[str]:
    """What the mapping does not need makes no difference."""
    sheet = subject.sheet(sample)
    needed = subject.mapping.needs(sheet.options)
    if not needed <= set(Need):
        yield "needs what there is not"
    without: dict[str, Any] = {group.value: () for group in GROUPS if group not in needed}
    other = replace(sheet, figures=replace(sheet.figures, **without))
    if _made(subject, sheet) != _made(subject, other):
        yield "is made of figures that it does not say it needs"


def _made(subject: FileSubject, sheet: Sheet) -> Any:
    try:
        return subject.files(sheet)
    except WithheldError as problem:
        return problem.problems


CHECKS: Sequence[Check] = (
    Check("total", "any figures make files or a list of what to mend, never a formula", _total),
    Check("names", "every span and every correction has file names of its own", _names),
    Check("needs", "it is made of the figures that it asks for, and of no others", _needs),
)
