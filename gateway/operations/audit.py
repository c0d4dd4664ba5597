"""What operators did, looked up."""

from __future__ import annotations

from typing import Any

from gateway.model.clock import rfc3339
from gateway.operations.params import SpanParams
from gateway.operations.table import Bench, Operation


async def _audit(bench: Bench, params: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "at": rfc3339(each.at),
            "who": each.who,
            "action": each.action,
            "asked": dict(each.asked),
            "why": each.why,
            "result": dict(each.result),
        }
        for each in await bench.store.audit(**params)
    ]


AUDIT = Operation(
    name="audit",
    method="GET",
    path="/audit",
    summary="What operators did: who, what, why, and what came of it",
    params=SpanParams,
    run=_audit,
)
OPERATIONS = (AUDIT,)
