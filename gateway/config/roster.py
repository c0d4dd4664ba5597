"""The operator's roster: which agent of which source has which WFM id, from CSV files."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from gateway.config.document import one_line
from gateway.model.agent import RosterEntry
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

REQUIRED = ("source", "agent_id", "wfm_id")
OPTIONAL = ("name", "email", "team")
FEWER = 0.2
"""A new roster with this share fewer rows than the one before is refused as a mishap."""

log = structlog.get_logger(__name__)

Stamp = tuple[int, int, int] | None
Entries = dict[tuple[str, str], RosterEntry]


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What became of changed files: the agents whose entries differ now, or why the new files
    were refused and the old entries kept.
    """

    agents: frozenset[tuple[str, str]] = frozenset()
    refused: tuple[str, ...] = ()


class RosterFiles:
    """The roster in these files, as of the last time they could be read.

    Raises:
        ConfigurationError: at the start, with every problem, by file and line.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._stamps = self._look()
        self._entries, problems = read_roster(self._paths)
        if problems:
            raise ConfigurationError(problems)

    def entry(self, source: str, agent_id: str) -> RosterEntry | None:
        """Return what the roster says of the agent with the platform's id."""
        return self._entries.get((source, agent_id))

    def agents_of(self, source: str) -> Sequence[RosterEntry]:
        """Return everybody whom the roster names of a source."""
        return [entry for entry in self._entries.values() if entry.source == source]

    def __len__(self) -> int:
        """How many agents the roster names."""
        return len(self._entries)

    def follow(self, paths: Sequence[Path]) -> None:
        """Go by these files from now on; what they hold counts as it is.

        Raises:
            ConfigurationError: they cannot be read, and those of before count.
        """
        if tuple(paths) == self._paths:
            return
        entries, problems = read_roster(paths)
        if problems:
            raise ConfigurationError(problems)
        self._paths, self._entries = tuple(paths), entries
        self._stamps = self._look()

    def watch(self) -> bool:
        """Read the files again if they changed; return whether any entry is another now."""
        change = self.reload_if_changed()
        if change is None:
            return False
        if change.refused:
            log.error("roster.refused", problems=list(change.refused[:20]), kept=len(self))
            return False
        log.info("roster.reloaded", agents=len(self), changed=len(change.agents))
        return bool(change.agents)

    def reload_if_changed(self) -> RosterChange | None:
        """Read the files again where one is another than was read; `None` where none is."""
        stamps = self._look()
        if stamps == self._stamps:
            return None
        self._stamps = stamps
        entries, problems = read_roster(self._paths)
        if not problems and len(entries) <= len(self._entries) * (1 - FEWER) and self._entries:
            rows = f"{len(entries)} rows where {len(self._entries)} were"
            problems = [f"{rows}: a fifth fewer or worse; restart to accept it"]
        if problems:
            return RosterChange(refused=tuple(problems))
        before, self._entries = self._entries, entries
        keys = before.keys() | entries.keys()
        return RosterChange(frozenset(key for key in keys if before.get(key) != entries.get(key)))

    def _look(self) -> tuple[Stamp, ...]:
        return tuple(_stamp(path) for path in self._paths)


def roster_problems(paths: Iterable[Path]) -> list[str]:
    """Return what is wrong with these files together."""
    return read_roster(paths)[1]


def read_roster(paths: Iterable[Path]) -> tuple[Entries, list[str]]:
    """Read every row of every file; return the entries, and what is wrong by file and line."""
    entries: Entries = {}
    problems: list[str] = []
    for path in paths:
        try:
            text = _decoded(path.read_bytes())
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
        else:
            _read_file(path, text, entries, problems)
    return entries, [one_line(each) for each in problems]


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without its mark; else what Western spreadsheets write."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _read_file(path: Path, text: str, entries: Entries, problems: list[str]) -> None:
    header = text.lstrip().partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for cells in rows:
            row = [each.strip() for each in cells]
            if not any(row):
                continue
            where = f"{path}:{rows.line_num}"
            if not columns:
                columns = [each.casefold() for each in row]
                if _is_wrong_header(columns, where, problems):
                    return
            else:
                _read_row(columns, row, where, entries, problems)
    except csv.Error as error:
        problems.append(f"{path}:{rows.line_num}: is not CSV: {error}")
    if not columns:
        problems.append(f"{path}: is empty; its first line names the columns {', '.join(REQUIRED)}")


def _is_wrong_header(columns: list[str], where: str, problems: list[str]) -> bool:
    missing = [each for each in REQUIRED if each not in columns]
    odd = [each for each in columns if each not in (*REQUIRED, *OPTIONAL)]
    twice = sorted({each for each in columns if columns.count(each) > 1})
    known = ", ".join((*REQUIRED, *OPTIONAL))
    problems += [f"{where}: the column {each} is missing" for each in missing]
    problems += [f"{where}: unknown column {each!r}; valid: {known}" for each in odd]
    problems += [f"{where}: the column {each} stands there twice" for each in twice]
    return bool(missing or odd or twice)


def _read_row(
    columns: list[str], row: list[str], where: str, entries: Entries, problems: list[str]
) -> None:
    if len(row) != len(columns):
        problems.append(f"{where}: {len(row)} cells for {len(columns)} columns")
        return
    cells = dict(zip(columns, row, strict=True))
    missing = [each for each in ("source", "agent_id") if not cells[each]]
    if missing:
        problems.append(f"{where}: no {' and no '.join(missing)}")
        return
    key = (cells["source"], cells["agent_id"])
    if key in entries:
        problems.append(f"{where}: agent {key[1]} of source {key[0]} stands there a second time")
        return
    entries[key] = RosterEntry(
        source=key[0],
        agent_id=key[1],
        wfm_id=cells["wfm_id"],
        name=cells.get("name") or None,
        email=cells.get("email") or None,
        team=cells.get("team") or None,
    )
