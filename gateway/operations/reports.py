"""Reports: the figures of intervals, agents and contacts, by what somebody wants to know."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway import figures
from gateway.figures import PERSONAL
from gateway.model.clock import from_millis, rfc3339
from gateway.operations.folding import folded
from gateway.operations.report_params import (
    AgentsParams,
    ContactsParams,
    IntervalsParams,
    Report,
    report_of,
)
from gateway.operations.table import Bench, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gateway.model.agent import Named
    from gateway.ports.ledger import LedgerPages

Json = dict[str, Any]
Key = tuple[Any, ...]


async def _intervals(bench: Bench, params: Json) -> list[Json]:
    report = report_of(params, bench.settings, bench.now())
    make = _of_agents if "agent" in report.by else _of_queues
    return await bench.store.read_ledger(lambda pages: make(pages, report, ("interval",)))


async def _agents(bench: Bench, params: Json) -> list[Json]:
    report = report_of(params, bench.settings, bench.now())
    return await bench.store.read_ledger(lambda pages: _of_agents(pages, report, ()))


async def _contacts(bench: Bench, params: Json) -> list[Json]:
    report = report_of(params, bench.settings, bench.now())

    def make(pages: LedgerPages) -> list[Json]:
        slices = figures.contacts(pages, report.period, report.by, limit=report.limit)
        return [dict(each.by) | _measures(each) for each in slices]

    return await bench.store.read_ledger(make)


def _measures(row: figures.Slice) -> Json:
    return {name: value for name, value in asdict(row).items() if name != "by"}


def _of_queues(pages: LedgerPages, report: Report, first: Sequence[str]) -> list[Json]:
    return _table(pages, report, (*first, *report.by), figures.queues(pages, report.period))


def _of_agents(pages: LedgerPages, report: Report, first: Sequence[str]) -> list[Json]:
    by = dict.fromkeys((*first, *report.by))
    make = figures.agent_queues if by.keys() & {"queue", "source"} else figures.agents
    return _table(pages, report, tuple(by), make(pages, report.period))


def _table(
    pages: LedgerPages, report: Report, by: Sequence[str], rows: Iterable[Any]
) -> list[Json]:
    """Return *rows* by *by*, in its order; of each how much of its time everybody was heard."""
    readers = [_KEYS[name] for name in by]
    names: dict[str, Named] = {}

    def key_of(row: Any) -> Key:
        if "queue" in by:
            names[row.queue.id or row.queue.name] = row.queue
        return tuple([read(row) for read in readers])

    found = folded(rows, key_of, report.limit)
    covered = _coverage(pages, report)
    return [
        _head(dict(zip(by, key, strict=True)), report, names)
        | found[key]
        | {"coverage": round(covered(key[by.index("interval")] if "interval" in by else None), 4)}
        for key in sorted(found, key=lambda key: [(each is None, each or "") for each in key])
    ]


_KEYS: dict[str, Callable[[Any], Any]] = {
    "interval": lambda row: row.start,
    "source": lambda row: row.source,
    "queue": lambda row: row.queue.id or row.queue.name,
    "channel": lambda row: row.channel,
    "agent": lambda row: row.agent,
}


def _head(key: Json, report: Report, names: dict[str, Named]) -> Json:
    """Return what tells a row from the others, as it is shown."""
    shown: Json = {}
    for name, value in key.items():
        match name:
            case "interval":
                at = from_millis(value)
                local = at.astimezone(report.zone).isoformat(timespec="minutes")
                minutes = report.period.options.minutes
                shown |= {"start": rfc3339(at), "local": local, "minutes": minutes}
            case "queue":
                queue = names[value]
                shown |= {"queue": queue.name or queue.id, "queue_id": queue.id}
            case _:
                shown[name] = value
    return shown


def _coverage(pages: LedgerPages, report: Report) -> Callable[[int | None], float]:
    """Return what tells how much of an interval, or (`None`) of all, everybody was heard."""
    frame = report.period.frame(pages)
    shares = {each.start: frame.coverage.of(each) for each in frame.intervals}
    lengths = {each.start: each.millis for each in frame.intervals}
    whole = sum(shares[start] * length for start, length in lengths.items())
    share = whole / sum(lengths.values())
    return lambda start: share if start is None else shares[start]


def _names_people(params: Json) -> bool:
    return not PERSONAL.isdisjoint(params["by"])


INTERVALS = Operation(
    name="report intervals",
    method="GET",
    path="/reports/intervals",
    summary="Queues (or agents) by interval: offered, answered, abandoned, times, coverage",
    params=IntervalsParams,
    run=_intervals,
)
AGENTS = Operation(
    name="report agents",
    method="GET",
    path="/reports/agents",
    summary="Agents: the seconds of each status, and what they answered",
    params=AgentsParams,
    run=_agents,
)
CONTACTS = Operation(
    name="report contacts",
    method="GET",
    path="/reports/contacts",
    summary="The measures of contacts, by any combination of what can be told of them",
    params=ContactsParams,
    run=_contacts,
    is_personal=_names_people,
)
OPERATIONS = (INTERVALS, AGENTS, CONTACTS)
