"""One span: made into files, compared with what was written, written, and kept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from gateway.engine.files.apart import apart
from gateway.mapping.files import Figures, Span, WithheldError
from gateway.mapping.sound import sound_files
from gateway.model.clock import from_millis
from gateway.model.errors import failure_of
from gateway.ports import Filed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.engine.files.figured import Figured
    from gateway.engine.files.health import FilerHealth
    from gateway.engine.files.people import People
    from gateway.mapping.files import File
    from gateway.ports import Filing, Folder
    from gateway.settings import FileDestinationSettings

MAKING_SECONDS = 60.0
"""A mapping that takes longer is given up: it harms its own files alone."""

INCOMPLETE = "incomplete: "
"""How the problem of a span begins that nobody can mend."""

PROBLEMS_TOLD = 20
LONGEST_PROBLEM = 500

log = structlog.get_logger(__name__)


class _HeldBackError(Exception):
    """The files of a span are not written; the message says why."""


class Writing:
    """Settles spans, one after another."""

    making_seconds = MAKING_SECONDS

    def __init__(
        self,
        settings: FileDestinationSettings,
        *,
        books: Filing,
        folder: Folder,
        people: People,
        health: FilerHealth,
        on_written: Callable[[str, int], object],
    ) -> None:
        self._settings = settings
        self._books = books
        self._folder = folder
        self._people = people
        self._health = health
        self._on_written = on_written

    async def settle(self, told: Figured, before: Filed | None, now: datetime) -> Filed:
        """Write a span's files where they are not, or not as they should be; return what is kept
        of it now.

        Raises:
            FolderError: they cannot be written now.
            StoreError: what was written cannot be kept now: it will be written again.
        """
        if before is not None and not _is_news(told, before):
            return before
        try:
            files = await self._files(told, before)
        except _HeldBackError as problem:
            after = self._withheld(told, before, str(problem), now)
        else:
            after = await self._written(told, before, files, now)
        if after != before:
            await self._books.keep_filed(self._settings.name, after)
        return after

    async def _files(self, told: Figured, before: Filed | None) -> tuple[File, ...]:
        settings = self._settings
        if not told.is_complete and settings.incomplete == "withhold":
            raise _HeldBackError(f"{INCOMPLETE}heard {told.coverage:.0%} of it")
        figures = await self._with_people(told.figures)
        span = Span(
            start=from_millis(told.span.start),
            until=from_millis(told.span.end),
            minutes=settings.minutes,
            zone=settings.zone,
            revision=1 if before is None else before.revision + 1,
            is_complete=told.is_complete,
        )
        mapping = settings.mapping
        try:
            made = await apart(
                mapping.files, figures, span, settings.options, seconds=self.making_seconds
            )
            return sound_files(made)
        except WithheldError as problem:
            raise _HeldBackError(self._in_words(problem.problems)) from problem
        except Exception as problem:
            label = f"{mapping.name} {mapping.version}"
            log.exception("mapping.failed", mapping=label, function="files")
            raise _HeldBackError(failure_of(label, problem)) from problem

    async def _with_people(self, figures: Figures) -> Figures:
        keys = sorted(
            {row.agent for row in figures.agents} | {row.agent for row in figures.agent_queues}
        )
        people, untold = await self._people.of(keys, self._settings)
        return replace(
            figures,
            people=people,
            agents=tuple(row for row in figures.agents if row.agent not in untold),
            agent_queues=tuple(row for row in figures.agent_queues if row.agent not in untold),
        )

    async def _written(
        self, told: Figured, before: Filed | None, files: Sequence[File], now: datetime
    ) -> Filed:
        content = _digest(files)
        after = Filed(
            start=told.span.start,
            until=told.span.end,
            revision=before.revision if before else 0,
            names=before.names if before else (),
            coverage=told.coverage,
            at=now,
            figures=told.digest,
            content=content,
        )
        if not files or (before is not None and before.revision and before.content == content):
            return replace(after, at=before.at) if before else after
        await self._folder.put(files)
        self._health.succeed()
        names = tuple(each.name for each in files)
        what = "corrected" if after.revision else "written"
        self._on_written(what, len(files))
        log.info("files.put", what=what, destination=self._settings.name, files=names)
        return replace(after, revision=after.revision + 1, names=names)

    def _withheld(self, told: Figured, before: Filed | None, problem: str, now: datetime) -> Filed:
        start = from_millis(told.span.start)
        if before is None or before.problem != problem:
            name = self._settings.name
            log.warning("files.withheld", destination=name, start=start, problem=problem)
            self._on_written("withheld", 1)
        kept = before or Filed(told.span.start, told.span.end, 0, (), told.coverage, now)
        return replace(kept, problem=problem)

    def _in_words(self, problems: Sequence[str]) -> str:
        """Return the problems as lines; one of the options with the place that it stands at."""
        at = f"destinations.{self._settings.name}."
        lines = [
            (f"{at}{each}" if each.startswith("options.") else each)[:LONGEST_PROBLEM]
            for each in map(str, problems[:PROBLEMS_TOLD])
        ]
        more = len(problems) - PROBLEMS_TOLD
        return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _is_news(told: Figured, before: Filed) -> bool:
    """Whether files have to be made once more."""
    return before.problem is not None or before.figures != told.digest


def _digest(files: Sequence[File]) -> bytes:
    """Return what tells the content of files apart, whatever they are called."""
    digest = hashlib.sha256()
    for each in files:
        digest.update(len(each.content).to_bytes(8, "big"))
        digest.update(each.content)
    return digest.digest()
