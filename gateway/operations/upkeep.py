"""The store looked through and copied while it works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.model.errors import OperationError, StoreError
from gateway.operations.params import FileParams, NothingParams
from gateway.operations.table import Bench, Operation


async def _check(bench: Bench, _params: dict[str, Any]) -> dict[str, Any]:
    problems = list(await bench.store.check())
    return {"store": str(bench.settings.store.path), "ok": not problems, "problems": problems}


async def _backup(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    target = Path(params["file"])
    try:
        return {"file": str(target), "bytes": await bench.store.backup(target)}
    except StoreError as problem:
        raise OperationError(str(problem)) from problem


CHECK = Operation(
    name="store check",
    method="GET",
    path="/store/check",
    summary="Look through the whole store; it works on meanwhile",
    params=NothingParams,
    run=_check,
)
BACKUP = Operation(
    name="store backup",
    method="POST",
    path="/store/backup",
    summary="Copy the store as it is now to a new file, by its absolute path on this machine",
    params=FileParams,
    run=_backup,
    changes=True,
)
OPERATIONS = (CHECK, BACKUP)
