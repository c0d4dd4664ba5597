"""The files of intervals: what was written for whom, what is withheld, and writing it once more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from gateway.folders import open_folder
from gateway.model.clock import from_millis, rfc3339, to_millis
from gateway.model.errors import FolderError, OperationError
from gateway.operations.health import without_secrets
from gateway.operations.params import LISTED, MOST_LISTED, NameParams, span_fields
from gateway.operations.table import Bench, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.ports import Filed
    from gateway.settings import FileDestinationSettings

EVER = 1 << 60


class FilesParams(NameParams):
    """Whose files: of which spans, and how many of the newest."""

    since, until = span_fields()
    withheld = fields.Boolean(load_default=False)
    limit = fields.Integer(load_default=LISTED, validate=validate.Range(1, MOST_LISTED))


class AgainParams(NameParams):
    """Whose files are written once more, and of which spans."""

    since, until = span_fields()


async def _list(bench: Bench, params: dict[str, Any]) -> list[dict[str, Any]]:
    name = known_filer(bench, params["name"]).name
    rows = await _rows(bench, name, params)
    chosen = [each for each in rows if each.problem is not None or not params["withheld"]]
    return [_json(each) for each in chosen[-params["limit"] :]]


async def _again(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    """Forget what the files of some spans hold: they are written with the next revision."""
    name = known_filer(bench, params["name"]).name
    if params["since"] is None:
        raise OperationError("say from when on (from)")
    rows = await _rows(bench, name, params)
    for each in rows:
        await bench.store.keep_filed(name, replace(each, figures=None, content=None, problem=None))
    if bench.live is not None and rows:
        bench.live.wake_filer(name)
    return {"name": name, "spans": len(rows)}


async def _rows(bench: Bench, name: str, params: dict[str, Any]) -> Sequence[Filed]:
    since, until = params["since"], params["until"]
    return await bench.store.filed(
        name, to_millis(since) if since else 0, to_millis(until) if until else EVER
    )


def _json(filed: Filed) -> dict[str, Any]:
    return {
        "start": rfc3339(from_millis(filed.start)),
        "until": rfc3339(from_millis(filed.until)),
        "revision": filed.revision,
        "files": list(filed.names),
        "coverage": round(filed.coverage, 4),
        "at": rfc3339(filed.at),
        "problem": filed.problem,
    }


def known_filer(bench: Bench, name: str) -> FileDestinationSettings:
    """Return the destination of that name that gets files.

    Raises:
        OperationError: there is none.
    """
    if name not in bench.settings.files:
        valid = ", ".join(bench.settings.files) or "there are none"
        raise OperationError(f"no destination {name!r} gets files ({valid})", missing=True)
    return bench.settings.files[name]


async def ping_folder(settings: FileDestinationSettings) -> dict[str, Any]:
    """Look whether files can be written: one is, and is removed."""
    folder = open_folder(settings.folder)
    seen: dict[str, Any] = {
        "name": settings.name,
        "url": without_secrets(settings.url),
        "reachable": True,
        "problem": None,
        "folder": None,
        **dict.fromkeys(("dns", "tcp", "tls", "http")),
    }
    try:
        seen["folder"] = await folder.probe()
    except FolderError as problem:
        seen |= {"reachable": False, "problem": str(problem)}
    finally:
        await folder.close()
    return seen


LIST = Operation(
    name="files list",
    method="GET",
    path="/destinations/{name}/files",
    summary="What was written for a destination that gets files, and what is withheld and why",
    params=FilesParams,
    run=_list,
)
AGAIN = Operation(
    name="files again",
    method="POST",
    path="/destinations/{name}/files/again",
    summary="Write the files of some spans once more, as corrections",
    params=AgainParams,
    run=_again,
    changes=True,
)
OPERATIONS = (LIST, AGAIN)
