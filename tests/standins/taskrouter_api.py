"""A stand-in of the TaskRouter REST API, as its OpenAPI document and facts B5 say: basic auth,
pages, attributes only where one worker is fetched, whole seconds, 429.
"""

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

ACCOUNT, WORKSPACE = f"AC{1:032x}", f"WS{1:032x}"
PASSWORD = "made-up"
OPEN = ("pending", "accepted", "wrapping")


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Worker:
    """What the platform holds of one worker."""

    sid: str
    activity: str
    since: datetime
    name: str = ""
    attributes: dict = field(default_factory=dict)
    reservations: dict = field(default_factory=dict)

    def json(self, *, alone: bool) -> dict:
        return {
            "account_sid": ACCOUNT,
            "activity_name": self.activity,
            "activity_sid": None,
            "attributes": json.dumps(self.attributes) if alone else None,
            "available": self.activity == "Available",
            "date_created": written(self.since),
            "date_status_changed": written(self.since),
            "date_updated": written(self.since),
            "friendly_name": self.name or self.sid,
            "sid": self.sid,
            "workspace_sid": WORKSPACE,
            "url": None,
            "links": {},
        }


@dataclass
class TaskRouterApi:
    """The API of one workspace, answering by what *workers* and *tasks* hold now."""

    workers: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)
    statuses: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    most_page: int = 1000

    async def __aenter__(self) -> Self:
        app = web.Application()
        base = f"/v1/Workspaces/{WORKSPACE}"
        app.router.add_get(f"{base}/Workers", self._list_workers)
        app.router.add_get(f"{base}/Workers/{{sid}}", self._worker)
        app.router.add_get(f"{base}/Workers/{{sid}}/Reservations", self._list_reservations)
        app.router.add_get(f"{base}/Tasks/{{sid}}", self._task)
        app.middlewares.append(self._at_the_door)
        self._server = TestServer(app)
        await self._server.start_server()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("/")).rstrip("/")

    @property
    def option(self) -> str:
        """The source's key `api`, as YAML."""
        told = {"workspace": WORKSPACE, "username": ACCOUNT, "password": PASSWORD, "url": self.url}
        return json.dumps(told)

    def kinds(self) -> Counter:
        return Counter(path.rsplit("/", 1)[-1][:2] for path in self.asked)

    def put(self, number: int, activity: str, since: datetime, **more: object) -> Worker:
        sid = f"WK{number:032x}"
        self.workers[sid] = Worker(sid, activity, since, **more)
        return self.workers[sid]

    def reserve(self, worker: Worker, number: int, status: str, at: datetime, **task: str) -> None:
        task_sid = f"WT{number:032x}"
        worker.reservations[f"WR{number:032x}"] = {
            "account_sid": ACCOUNT,
            "date_created": written(at),
            "date_updated": written(at),
            "reservation_status": status,
            "sid": f"WR{number:032x}",
            "task_sid": task_sid,
            "worker_name": worker.name,
            "worker_sid": worker.sid,
            "workspace_sid": WORKSPACE,
            "url": None,
            "links": {},
        }
        self.tasks[task_sid] = {
            "sid": task_sid,
            "assignment_status": "assigned",
            "attributes": json.dumps({"direction": "inbound", "secret": "hush"}),
            "task_channel_unique_name": task.get("channel", "voice"),
            "task_queue_sid": f"WQ{1:032x}",
            "task_queue_friendly_name": "Support",
            "workflow_sid": f"WW{1:032x}",
        }

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler) -> web.StreamResponse:
        self.asked.append(request.path)
        expected = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return self._problem(401, 20003)
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            headers = {"Retry-After": "1"} if status == 429 else {}
            return web.json_response({"status": status}, status=status, headers=headers)
        return await handler(request)

    async def _list_workers(self, request: web.Request) -> web.Response:
        items = [each.json(alone=False) for each in self.workers.values()]
        return self._page(request, "workers", items)

    async def _worker(self, request: web.Request) -> web.Response:
        worker = self.workers.get(request.match_info["sid"])
        return self._problem(404, 20404) if worker is None else _json(worker.json(alone=True))

    async def _list_reservations(self, request: web.Request) -> web.Response:
        worker = self.workers.get(request.match_info["sid"])
        if worker is None:
            return self._problem(404, 20404)
        return self._page(request, "reservations", list(worker.reservations.values()))

    async def _task(self, request: web.Request) -> web.Response:
        task = self.tasks.get(request.match_info["sid"])
        return self._problem(404, 20404) if task is None else _json(task)

    def _page(self, request: web.Request, key: str, items: list) -> web.Response:
        size, page = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
        if not 1 <= size <= self.most_page or page != (
            int(request.query.get("PageToken", "PA0")[2:])
        ):
            return self._problem(400, 20001)
        after = None
        if (page + 1) * size < len(items):
            query = f"PageSize={size}&Page={page + 1}&PageToken=PA{page + 1}"
            after = f"https://taskrouter.twilio.com{request.path}?{query}"
        meta = {"page": page, "page_size": size, "next_page_url": after, "key": key}
        return _json({key: items[page * size : (page + 1) * size], "meta": meta})

    def _problem(self, status: int, code: int) -> web.Response:
        return web.json_response({"code": code, "status": status}, status=status)


def _json(value: object) -> web.Response:
    return web.json_response(value)
