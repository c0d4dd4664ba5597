"""What operators do towards a vendor: look whether it is there, tell it of everybody."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway.engine.standings import Feeds, StandingsReader
from gateway.engine.telling import Came, prepare
from gateway.http.ping import ping
from gateway.model.errors import OperationError
from gateway.operations.dryrun import request_json
from gateway.operations.files import ping_folder
from gateway.operations.health import known_destination, without_secrets
from gateway.operations.params import NameParams, ResyncParams
from gateway.operations.table import Operation
from gateway.pipeline.mask import mask_of

if TYPE_CHECKING:
    from gateway.engine.telling import Prepared
    from gateway.operations.table import Bench
    from gateway.settings import DestinationSettings


async def _ping(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    if params["name"] in bench.settings.files:
        return await ping_folder(bench.settings.files[params["name"]])
    settings = bench.settings.destinations[known_destination(bench, params["name"])]
    seen = await ping(settings, bench.now())
    return {
        "name": settings.name,
        "url": mask_of(settings).text(without_secrets(settings.url)),
        "reachable": seen.problem is None,
        **asdict(seen),
    }


async def _resync(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    settings = bench.settings.destinations[known_destination(bench, params["name"])]
    mapping = settings.mapping
    if mapping.snapshot is None or settings.order != "agent":
        raise OperationError(f"destination {settings.name} ({mapping.name}) takes no snapshots")
    if params["dry_run"]:
        return _preview(settings, await _prepared(bench, settings), force=params["force"])
    if bench.live is None:
        raise OperationError("no gateway runs that has heard its sources: nothing can be sent")
    told = await bench.live.resync(settings.name, force=params["force"])
    if told.came is not Came.DELIVERED:
        raise OperationError(f"{told.came}: {told.why}")
    return {"name": settings.name, "dry_run": False, **told.json()}


async def _prepared(bench: Bench, settings: DestinationSettings) -> Prepared:
    if bench.live is not None:
        return await bench.live.standings(settings.name)
    assert bench.roster is not None
    assert settings.mapping.snapshot is not None
    feeds = Feeds(bench.settings.sources, {})
    badges, agents = await bench.store.badges(), bench.settings.agents
    reader = StandingsReader(bench.store, feeds, bench.roster, badges, lambda: agents)
    return await prepare(reader, settings, settings.mapping.snapshot, bench.now())


def _preview(settings: DestinationSettings, prepared: Prepared, *, force: bool) -> dict[str, Any]:
    floor = prepared.floor
    mask = mask_of(settings)
    return {
        "name": settings.name,
        "dry_run": True,
        "agents": len(floor.seats),
        "logged_in": sum(seat.standing.is_in for seat in floor.seats.values()),
        "would_log_out": sorted(floor.leaving),
        "obstacles": [mask.text(each) for each in floor.obstacles(force=force)],
        "request": request_json(mask.request(prepared.request)),
    }


PING = Operation(
    name="ping",
    method="POST",
    path="/destinations/{name}/ping",
    summary="Look whether a vendor can be reached: name, connection, certificate, one HEAD",
    params=NameParams,
    run=_ping,
    changes=True,
)
RESYNC = Operation(
    name="resync",
    method="POST",
    path="/destinations/{name}/resync",
    summary="Tell a vendor of everybody in one snapshot, or what would be told",
    params=ResyncParams,
    run=_resync,
    changes=True,
)
OPERATIONS = (PING, RESYNC)
