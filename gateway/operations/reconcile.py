"""What operators do towards a platform: have it asked how everybody stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.errors import OperationError
from gateway.operations.params import NameParams
from gateway.operations.table import Operation

if TYPE_CHECKING:
    from gateway.operations.table import Bench


async def _reconcile(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    source = bench.settings.sources.get(params["name"])
    if source is None:
        valid = ", ".join(bench.settings.sources)
        raise OperationError(f"no source {params['name']!r} is configured ({valid})", missing=True)
    if source.reconcile is None:
        raise OperationError(f"source {source.name} ({source.mapping.name}) has no api to ask")
    if bench.live is None:
        raise OperationError("no gateway runs: nothing can be asked")
    tally = await bench.live.reconcile(source.name)
    if tally.problem is not None:
        raise OperationError(f"{tally.problem}, after {tally.asked} questions")
    return {"name": source.name, **tally.json()}


RECONCILE = Operation(
    name="reconcile",
    method="POST",
    path="/sources/{name}/reconcile",
    summary="Ask a source's platform how everybody stands, and tell what differs",
    params=NameParams,
    run=_reconcile,
    changes=True,
)
OPERATIONS = (RECONCILE,)
