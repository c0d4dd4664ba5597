"""What operators do towards a vendor: look whether it is there."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gateway.http.ping import ping
from gateway.operations.health import known_destination, without_secrets
from gateway.operations.params import NameParams
from gateway.operations.table import Operation
from gateway.pipeline.mask import mask_of

if TYPE_CHECKING:
    from gateway.operations.table import Bench


async def _ping(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    settings = bench.settings.destinations[known_destination(bench, params["name"])]
    seen = await ping(settings, bench.now())
    return {
        "name": settings.name,
        "url": mask_of(settings).text(without_secrets(settings.url)),
        "reachable": seen.problem is None,
        **asdict(seen),
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
OPERATIONS = (PING,)
