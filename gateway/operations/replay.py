"""Replay: what was received translated again by today's mappings, and what differs told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.engine.replay import Replay, Wanted
from gateway.model.errors import OperationError
from gateway.operations.params import PerSecond, span_fields
from gateway.operations.table import Bench, Operation

RATE = 50.0
SLOWEST, FASTEST = 0.1, 10_000.0


class ReplayParams(Schema):
    """Which receipts are told again, and to whom."""

    since, until = span_fields()
    source = fields.String(load_default=None)
    destination = fields.String(load_default=None)
    receipt = fields.String(load_default=None)
    reason = fields.String(load_default=None)
    dry_run = fields.Boolean(load_default=False)
    rate = PerSecond(load_default=RATE, validate=validate.Range(SLOWEST, FASTEST))


async def _replay(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    asked = dict(params)
    if asked.pop("dry_run"):
        asked["rate"] = None
    _check(bench, asked)
    assert bench.roster is not None
    wanted = await _narrowed(bench, Wanted(**asked))
    replay = Replay(
        bench.store,
        bench.settings,
        bench.roster,
        bench.badges or await bench.store.badges(),
        wanted,
        offer=None if bench.live is None else bench.live.offer,
        is_awaited=bench.is_awaited,
    )
    differences = await replay.run()
    return {"dry_run": wanted.rate is None, **differences.json()}


async def _narrowed(bench: Bench, wanted: Wanted) -> Wanted:
    """Narrow to the span in which everything that is wanted was received."""
    until = wanted.until or bench.now()
    if wanted.receipt is None:
        return replace(wanted, until=until)
    receipt = await bench.store.receipt(wanted.receipt)
    if receipt is None:
        raise OperationError(f"no receipt {wanted.receipt!r} is kept", missing=True)
    at = receipt.verified.receipt.received_at
    return replace(wanted, since=max(wanted.since or at, at), until=min(until, at))


def _check(bench: Bench, asked: dict[str, Any]) -> None:
    for kind, known in (
        ("source", bench.settings.sources),
        ("destination", bench.settings.destinations),
    ):
        if asked[kind] is not None and asked[kind] not in known:
            valid = ", ".join(known) or "there are none"
            raise OperationError(f"no {kind} {asked[kind]!r} is configured ({valid})", missing=True)


REPLAY = Operation(
    name="replay",
    method="POST",
    path="/replay",
    summary="Translate stored receipts again with today's mappings; tell what differs",
    params=ReplayParams,
    run=_replay,
    changes=True,
)
OPERATIONS = (REPLAY,)
