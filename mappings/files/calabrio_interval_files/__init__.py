"""Calabrio WFM (formerly Teleopti), files of each interval: queues, agents, agents and queues.

The queue file has the 21 columns of the vendor's page about the queue data format (read 2026-10)
[verified], the agent files those of the older file drop [partner]. Whatever breaks the vendor's
own consistency rules is withheld, with what has to be mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.mapping import File, FileMapping, Need, WithheldError, below_zero
from mappings.files.calabrio_interval_files.agents import (
    AGENT,
    AGENT_QUEUE,
    agent_queue_rows,
    agent_rows,
)
from mappings.files.calabrio_interval_files.options import KINDS, Options, OptionsSchema
from mappings.files.calabrio_interval_files.queue import queue_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.mapping import Figures, Span

NEEDS = dict(zip(KINDS, (Need.QUEUES, Need.AGENTS, Need.AGENT_QUEUES), strict=True))
NAMES = {"queue": "Queue", "agent": "Agent", "agent_queue": "AgentQueue"}
HEADINGS = {
    "agent": ("Teleopti.Agent.Data", "", AGENT),
    "agent_queue": ("Teleopti.AgentQueue.Data", "", AGENT_QUEUE),
}


def _files(figures: Figures, span: Span, options: Options) -> tuple[File, ...]:
    problems = below_zero((*figures.queues, *figures.agents, *figures.agent_queues))
    if problems:
        raise WithheldError(problems)
    rows = dict(_rows(figures, span, options, problems))
    if problems:
        raise WithheldError(tuple(dict.fromkeys(problems)))
    return tuple(
        File(f"{NAMES[kind]}_Statistics_{_stamp(span)}.csv", _lines(kind, each, options))
        for kind, each in rows.items()
    )


def _rows(
    figures: Figures, span: Span, options: Options, problems: list[str]
) -> Iterable[tuple[str, Sequence[Sequence[str]]]]:
    if "queue" in options.files:
        yield "queue", [r.cells() for r in queue_rows(figures.queues, span, options, problems)]
    if "agent" in options.files:
        yield "agent", agent_rows(figures, span, options, problems)
    if "agent_queue" in options.files:
        yield "agent_queue", agent_queue_rows(figures, span, options, problems)


def _lines(kind: str, rows: Sequence[Sequence[str]], options: Options) -> bytes:
    """Return the whole file. The heading of the column names has the file's separator too."""
    heading = [each.replace(";", options.separator) for each in HEADINGS.get(kind, ())]
    lines = [*heading, *(options.separator.join(row) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _stamp(span: Span) -> str:
    """Return what makes a name unique: when, whether it is the hour's second time around, which
    revision, and whether something is missing.
    """
    local = span.start.astimezone(span.zone)
    again = "_again" if local.fold else ""
    revision = f"_r{span.revision}" if span.revision > 1 else ""
    mark = "" if span.is_complete else "_incomplete"
    return f"{local:%Y%m%d_%H_%M}{again}{revision}{mark}"


def _needs(options: Options) -> frozenset[Need]:
    return frozenset(NEEDS[kind] for kind in options.files)


MAPPING = FileMapping(
    name="calabrio_interval_files",
    version="1",
    options=OptionsSchema,
    needs=_needs,
    files=_files,
    package=__name__,
)
