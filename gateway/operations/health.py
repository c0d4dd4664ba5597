"""Sources, destinations and the whole: how they are, and pausing and resuming one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.model.alarm import Concern
from gateway.model.errors import OperationError
from gateway.operations.alarms import standing_alarms
from gateway.operations.params import NameParams, NothingParams
from gateway.operations.table import Bench, Operation
from gateway.ports import DestinationMark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.alarm import StandingAlarm
    from gateway.settings import DestinationSettings, FileDestinationSettings, SourceSettings

Params = dict[str, Any]


async def _destinations(bench: Bench, _params: Params) -> list[dict[str, Any]]:
    marks = await bench.store.marks()
    sizes = await bench.store.sizes()
    configured = [
        await _destination_json(bench, each, marks.get(name, DestinationMark()), sizes)
        for name, each in bench.settings.destinations.items()
    ]
    configured += [
        _files_json(bench, each, marks.get(name, DestinationMark()))
        for name, each in bench.settings.files.items()
    ]
    left = await bench.store.left_behind()
    names = sorted(left.keys() - bench.settings.destinations.keys())
    return configured + [await _left_json(bench, name, sizes) for name in names]


def _files_json(
    bench: Bench, destination: FileDestinationSettings, mark: DestinationMark
) -> dict[str, Any]:
    """Return a destination that gets files, in the words of the others: spans not yet written
    are its backlog, those withheld are held.
    """
    known = {
        "name": destination.name,
        "configured": True,
        "kind": "files",
        "mapping": f"{destination.mapping.name} {destination.mapping.version}",
        "url": without_secrets(destination.url),
        "state": "paused" if mark.paused else None,
        "paused": mark.paused,
        "parked": False,
        "circuit": None,
        "not_before": None,
        "snapshot": None,
        "backlog": None,
        "held": None,
        "seconds_behind": None,
        "dead_letters": 0,
        "outcomes": {},
        "last_answer": None,
    }
    return known | dict(bench.live.destination_health(destination.name) if bench.live else {})


async def _left_json(bench: Bench, name: str, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return what is left of a destination that is configured no longer."""
    backlog = await bench.store.backlog(name)
    return {
        "name": name,
        "configured": False,
        "state": "not configured",
        "backlog": backlog.pending,
        "held": backlog.held,
        "dead_letters": sizes.get(f"dead_letters:{name}", 0),
    }


async def _destination_json(
    bench: Bench, destination: DestinationSettings, mark: DestinationMark, sizes: Mapping[str, int]
) -> dict[str, Any]:
    name = destination.name
    backlog = await bench.store.backlog(name)
    oldest = backlog.oldest
    behind = (bench.now() - oldest).total_seconds() if oldest else 0.0
    prefix = f"outcome:{name}:"
    exact = {
        "name": name,
        "configured": True,
        "mapping": f"{destination.mapping.name} {destination.mapping.version}",
        "url": without_secrets(destination.url),
        "backlog": backlog.pending,
        "held": backlog.held,
        "seconds_behind": max(0.0, round(behind, 3)),
        "dead_letters": sizes.get(f"dead_letters:{name}", 0),
        "outcomes": {
            key.removeprefix(prefix): count
            for key, count in sizes.items()
            if key.startswith(prefix)
        },
    }
    kept = {
        "state": "paused" if mark.paused else "parked" if mark.parked_since else None,
        "not_before": None,
        "circuit": None,
        "paused": mark.paused,
        "parked": mark.parked_since is not None,
        "last_answer": None,
        "snapshot": None,
    }
    # The worker looks at its backlog now and then; the store knows it.
    return kept | dict(bench.live.destination_health(name) if bench.live else {}) | exact


def without_secrets(url: str) -> str:
    """Leave out user information and query, where some vendors want a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def _pause(bench: Bench, params: Params) -> dict[str, Any]:
    name = any_destination(bench, params["name"])
    if bench.live is not None:
        await bench.live.pause(name)
    else:
        await _mark(bench, name, paused=True)
    return {"name": name, "paused": True}


async def _resume(bench: Bench, params: Params) -> dict[str, Any]:
    name = any_destination(bench, params["name"])
    if bench.live is not None:
        await bench.live.resume(name)
    else:
        await _mark(bench, name, paused=False)
    return {"name": name, "paused": False}


async def _mark(bench: Bench, name: str, *, paused: bool) -> None:
    mark = (await bench.store.marks()).get(name, DestinationMark())
    await bench.store.mark(name, replace(mark, paused=paused))


def any_destination(bench: Bench, name: str) -> str:
    """Return *name*, where a destination of either kind is configured under it.

    Raises:
        OperationError: none is.
    """
    return name if name in bench.settings.files else known_destination(bench, name)


def known_destination(bench: Bench, name: str) -> str:
    """Return *name*, where a destination that is told events is configured under it.

    Raises:
        OperationError: none is.
    """
    if name in bench.settings.files:
        raise OperationError(f"destination {name} gets files: it is told no events (files list)")
    if name not in bench.settings.destinations:
        valid = ", ".join(bench.settings.destinations) or "there are none"
        raise OperationError(f"no destination {name!r} is configured ({valid})", missing=True)
    return name


async def _sources(bench: Bench, _params: Params) -> list[dict[str, Any]]:
    sizes = await bench.store.sizes()
    alarms = await standing_alarms(bench)
    return [_source_json(bench, each, sizes, alarms) for each in bench.settings.sources.values()]


def _source_json(
    bench: Bench,
    source: SourceSettings,
    sizes: Mapping[str, int],
    alarms: Sequence[StandingAlarm],
) -> dict[str, Any]:
    raised = dict.fromkeys(each.alarm.name.value for each in alarms if _is_of(source, each))
    known = {
        "name": source.name,
        "type": source.mapping.name,
        "auth": source.auth.type,
        "path": f"/v1/ingest/{source.name}",
        "last_event_at": None,
        "last_receipt_at": None,
        "refusals": None,
        "clock_skew_seconds": None,
        "credential": None,
        "alarms": list(raised),
        "quarantine": sizes.get(f"quarantine:{source.name}", 0),
    }
    return known | dict(bench.live.source_health(source.name) if bench.live else {})


def _is_of(source: SourceSettings, standing: StandingAlarm) -> bool:
    """Whether an alarm is about the source or one of its agents."""
    alarm = standing.alarm
    is_about = alarm.name.concern in {Concern.SOURCE, Concern.AGENT}
    return is_about and alarm.place == source.name


async def _overview(bench: Bench, params: Params) -> dict[str, Any]:
    sizes = await bench.store.sizes()
    return {
        "running": bench.live is not None,
        "counts": {key: count for key, count in sizes.items() if ":" not in key},
        "sources": await _sources(bench, params),
        "destinations": await _destinations(bench, params),
    }


DESTINATIONS = Operation(
    name="destinations list",
    method="GET",
    path="/destinations",
    summary="What each destination is owed, how far behind it is, and how it answers",
    params=NothingParams,
    run=_destinations,
)
PAUSE = Operation(
    name="destinations pause",
    method="POST",
    path="/destinations/{name}/pause",
    summary="Stop telling a destination; what it is owed stays in the store",
    params=NameParams,
    run=_pause,
    changes=True,
)
RESUME = Operation(
    name="destinations resume",
    method="POST",
    path="/destinations/{name}/resume",
    summary="Tell a paused, parked or waiting destination again, now",
    params=NameParams,
    run=_resume,
    changes=True,
)
SOURCES = Operation(
    name="sources list",
    method="GET",
    path="/sources",
    summary="When each source was last heard, what was refused, and how its clock stands",
    params=NothingParams,
    run=_sources,
)
OVERVIEW = Operation(
    name="status",
    method="GET",
    path="/status",
    summary="The whole gateway at a glance",
    params=NothingParams,
    run=_overview,
)
OPERATIONS = (DESTINATIONS, PAUSE, RESUME, SOURCES, OVERVIEW)
