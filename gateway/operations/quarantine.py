"""Quarantine: what came in authentic and could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.clock import rfc3339
from gateway.operations.params import IdParams, QuarantineChoice, QuarantineList
from gateway.operations.shown import bytes_json, require
from gateway.operations.table import Bench, Operation
from gateway.ports import Selection

if TYPE_CHECKING:
    from gateway.ports import QuarantineEntry

Params = dict[str, Any]


async def _list(bench: Bench, params: Params) -> list[dict[str, Any]]:
    entries = await bench.store.quarantine_entries(params["selection"], limit=params["limit"])
    return [_entry_json(entry) for entry in entries]


async def _show(bench: Bench, params: Params) -> dict[str, Any]:
    entries = await bench.store.quarantine_entries(Selection(ids=(params["id"],)))
    require([params["id"]], (entry.id for entry in entries), "quarantine entry")
    return _entry_json(entries[0]) | {"body": bytes_json(entries[0].body)}


async def _retry(bench: Bench, params: Params) -> dict[str, int]:
    await _require(bench, params["selection"])
    retried = await bench.store.retry_quarantine(params["selection"])
    if retried and bench.live is not None:
        bench.live.wake_translator()
    return {"retried": retried}


async def _discard(bench: Bench, params: Params) -> dict[str, int]:
    await _require(bench, params["selection"])
    return {"discarded": await bench.store.discard_quarantine(params["selection"])}


async def _require(bench: Bench, selection: Selection) -> None:
    if selection.ids:
        entries = await bench.store.quarantine_entries(selection, limit=len(selection.ids))
        require(selection.ids, (entry.id for entry in entries), "quarantine entry")


def _entry_json(entry: QuarantineEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "source": entry.source,
        "receipt": entry.receipt_id,
        "received_at": rfc3339(entry.received_at),
        "reason": entry.entry.reason,
        "detail": entry.entry.detail,
        "index": entry.entry.index,
    }


LIST = Operation(
    name="quarantine list",
    method="GET",
    path="/quarantine",
    summary="The newest entries that could not be read",
    params=QuarantineList,
    run=_list,
)
SHOW = Operation(
    name="quarantine show",
    method="GET",
    path="/quarantine/{id}",
    summary="One entry with its bytes",
    params=IdParams,
    run=_show,
)
RETRY = Operation(
    name="quarantine retry",
    method="POST",
    path="/quarantine/retry",
    summary="Translate entries again with today's mappings and configuration",
    params=QuarantineChoice,
    run=_retry,
    changes=True,
)
DISCARD = Operation(
    name="quarantine discard",
    method="POST",
    path="/quarantine/discard",
    summary="Remove entries for good",
    params=QuarantineChoice,
    run=_discard,
    changes=True,
)
OPERATIONS = (LIST, SHOW, RETRY, DISCARD)
