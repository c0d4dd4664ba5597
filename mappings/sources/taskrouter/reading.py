"""How everybody stands, read from the TaskRouter REST API (version 1).

`GET /v1/Workspaces/{WS}/Workers` lists the workers with their activity, page by page; attributes
are null there and filled only where one worker is fetched (facts, B5; the API's OpenAPI document,
read 2026-11). A worker's reservations, current and past ones, are another list; what a
reservation is about stands in its task. Times are ISO 8601, of whole seconds.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from gateway.mapping import Ask, Endpoint, Found, MappingError, Secret, Status, rfc3339
from mappings.sources.taskrouter.attributes import TASK, WORKER, read_attributes
from mappings.sources.taskrouter.options import Keep
from mappings.twilio.activities import activity_of
from mappings.twilio.reservations import PHASES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.mapping import Answer
    from mappings.sources.taskrouter.options import TaskRouterOptions

PAGE_SIZE = 50
"""Of a list: a page of workers stays well below 64 KiB."""

LATER = 1
"""The rank of who somebody is, behind how everybody stands."""

MISSING = 404
OF_WORKER = (
    "account_sid",
    "activity_name",
    "activity_sid",
    "date_status_changed",
    "friendly_name",
    "sid",
    "workspace_sid",
)
OF_RESERVATION = ("date_created", "date_updated", "reservation_status", "sid", "task_sid")
OF_TASK = (
    "assignment_status",
    "task_channel_unique_name",
    "task_queue_friendly_name",
    "task_queue_sid",
    "workflow_sid",
)

Json = dict[str, Any]


def endpoint(options: TaskRouterOptions) -> Endpoint | None:
    """Return where and as whom is asked."""
    api = options.api
    if api is None:
        return None
    pair = f"{api.username}:{api.password.reveal()}".encode()
    basic = Secret(f"Basic {base64.b64encode(pair).decode()}")
    return Endpoint(api.url, (("Authorization", basic),))


def everybody(holding: frozenset[str], options: TaskRouterOptions) -> Sequence[Ask]:
    """Ask for the first page of the workers."""
    query = (("PageSize", str(PAGE_SIZE)),)
    return (Ask(_path(options, "Workers"), query, {"kind": "workers", "holding": holding}),)


def agent(sid: str, options: TaskRouterOptions) -> Sequence[Ask]:
    """Ask for one worker."""
    return (Ask(_path(options, "Workers", sid), about={"kind": "worker"}),)


def found(ask: Ask, answer: Answer, asked_at: datetime, options: TaskRouterOptions) -> Found:
    """Return what an answer holds, and what is to be asked because of it.

    Raises:
        MappingError: it is not what the API answers.
    """
    if answer.status == MISSING:
        return _missing(ask, options)
    page = _object(answer.body)
    match ask.about["kind"]:
        case "workers":
            return _workers(ask, page, asked_at, options)
        case "worker":
            return Found((_told(asked_at, _kept_worker(page, options), None),))
        case "reservations":
            return _reservations(ask, page, asked_at, options)
        case _:
            return _task(ask, page, options)


def _workers(ask: Ask, page: Json, asked_at: datetime, options: TaskRouterOptions) -> Found:
    told: list[bytes] = []
    asks = list(_next_page(ask, page))
    for raw in _items(page, "workers"):
        worker = _kept_worker(raw, options)
        if not worker.get("sid"):
            continue
        if _is_off(worker, options) and worker["sid"] not in ask.about["holding"]:
            told.append(_told(asked_at, worker, None))
            continue
        path = _path(options, "Workers", worker["sid"])
        about = {"kind": "reservations", "worker": worker, "reservations": []}
        query = (("PageSize", str(PAGE_SIZE)),)
        asks.append(Ask(f"{path}/Reservations", query, about))
        asks.append(Ask(path, about={"kind": "worker"}, rank=LATER))
    return Found(tuple(told), tuple(asks))


def _is_off(worker: Mapping[str, Any], options: TaskRouterOptions) -> bool:
    """Whether the worker is logged out."""
    activity = activity_of(worker.get("activity_sid"), worker.get("activity_name"), None, options)
    return activity is not None and activity.status is Status.LOGGED_OUT


def _reservations(ask: Ask, page: Json, asked_at: datetime, options: TaskRouterOptions) -> Found:
    listed = [_only(OF_RESERVATION, each) for each in _items(page, "reservations")]
    about = {
        "asked_at": rfc3339(asked_at),
        **ask.about,
        "reservations": [*ask.about["reservations"], *listed],
    }
    more = tuple(_next_page(Ask(ask.path, ask.query, about), page))
    return Found((), more) if more else _next_task(about, 0, options)


def _task(ask: Ask, page: Json, options: TaskRouterOptions) -> Found:
    about, place = ask.about["about"], ask.about["place"]
    task = _only(OF_TASK, page)
    if not options.is_private:
        task["attributes"] = _allowed(page.get("attributes"), TASK)
    reservations = [
        each | {"task": task} if index == place else each
        for index, each in enumerate(about["reservations"])
    ]
    return _next_task({**about, "reservations": reservations}, place + 1, options)


def _next_task(about: Json, place: int, options: TaskRouterOptions) -> Found:
    """Ask for the task of the next reservation that is held, or tell of the worker."""
    for index in range(place, len(about["reservations"])):
        each = about["reservations"][index]
        if each.get("reservation_status") in PHASES and each.get("task_sid"):
            path = _path(options, "Tasks", each["task_sid"])
            return Found(asks=(Ask(path, about={"kind": "task", "about": about, "place": index}),))
    body = {name: about[name] for name in ("asked_at", "worker", "reservations")}
    return Found((json.dumps(body).encode(),))


def _missing(ask: Ask, options: TaskRouterOptions) -> Found:
    """Go on without what is not there any more."""
    if ask.about["kind"] != "task":
        return Found()
    return _next_task(ask.about["about"], ask.about["place"] + 1, options)


def _told(asked_at: datetime, worker: Json, reservations: Sequence[Json] | None) -> bytes:
    body = {"asked_at": rfc3339(asked_at), "worker": worker, "reservations": reservations}
    return json.dumps(body).encode()


def _kept_worker(raw: Any, options: TaskRouterOptions) -> Json:
    """Return what may be kept of a worker: attributes by name, as in the events."""
    worker = _only(OF_WORKER, raw)
    if options.is_private:
        worker.pop("friendly_name", None)
        return worker
    names = WORKER.union(options.attributes, {"phone"} if options.keep is Keep.BYTES else ())
    if isinstance(raw, dict) and raw.get("attributes") is not None:
        worker["attributes"] = _allowed(raw["attributes"], names)
    return worker


def _allowed(attributes: Any, names: frozenset[str]) -> str:
    told = read_attributes(attributes)
    return json.dumps({name: told[name] for name in told if name in names})


def _only(names: Sequence[str], raw: Any) -> Json:
    """Return the members named, where they are texts."""
    if not isinstance(raw, dict):
        raise MappingError("An item of the answer is not an object.")
    return {name: raw[name] for name in names if isinstance(raw.get(name), str)}


def _items(page: Json, name: str) -> list[Any]:
    items = page.get(name)
    if not isinstance(items, list):
        raise MappingError(f"The answer has no list of {name}.")
    return items


def _next_page(ask: Ask, page: Json) -> Sequence[Ask]:
    """Ask for the page after this one: its query alone is taken from the answer."""
    meta = page.get("meta")
    url = meta.get("next_page_url") if isinstance(meta, dict) else None
    if not isinstance(url, str):
        return ()
    return (Ask(ask.path, tuple(parse_qsl(urlsplit(url).query)), ask.about),)


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise MappingError("The answer is not a JSON object.")
    return value


def _path(options: TaskRouterOptions, *parts: str) -> str:
    assert options.api is not None
    named = "/".join(quote(each, safe="") for each in parts)
    return f"/v1/Workspaces/{quote(options.api.workspace, safe='')}/{named}"
