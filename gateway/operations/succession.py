"""What a renamed or removed destination leaves behind: adopted under a new name, or dropped."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.model.errors import OperationError
from gateway.operations.health import known_destination
from gateway.operations.params import AdoptParams, NameParams
from gateway.operations.table import Bench, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

Params = dict[str, Any]


async def orphans(bench: Bench) -> Mapping[str, int]:
    """Return what destinations that are not configured have, by name."""
    left = await bench.store.left_behind()
    return {name: count for name, count in left.items() if name not in bench.settings.destinations}


async def _adopt(bench: Bench, params: Params) -> dict[str, Any]:
    old, new = params["name"], known_destination(bench, params["by"])
    await _check_orphan(bench, old)
    skips = bench.settings.destinations[new].superseded == "skip"
    move = partial(bench.store.adopt, old, new, skip_superseded=skips)
    adopted = await move() if bench.live is None else await bench.live.without(new, move)
    return {"name": old, "by": new, **asdict(adopted)}


async def _discard(bench: Bench, params: Params) -> dict[str, Any]:
    name = params["name"]
    await _check_orphan(bench, name)
    return {"name": name, "dropped": await bench.store.disown(name)}


async def _check_orphan(bench: Bench, name: str) -> None:
    if name in bench.settings.destinations:
        raise OperationError(f"destination {name} is configured: what it is owed is its own")
    left = await orphans(bench)
    if name not in left:
        valid = ", ".join(left) or "there are none"
        raise OperationError(f"no destination {name!r} has left anything ({valid})", missing=True)


ADOPT = Operation(
    name="destinations adopt",
    method="POST",
    path="/destinations/{name}/adopt",
    summary="Owe what a destination left behind to another one: it was renamed",
    params=AdoptParams,
    run=_adopt,
    changes=True,
)
DISCARD = Operation(
    name="destinations discard",
    method="POST",
    path="/destinations/{name}/discard",
    summary="Drop what a destination that is configured no longer is owed",
    params=NameParams,
    run=_discard,
    changes=True,
)
OPERATIONS = (ADOPT, DISCARD)
