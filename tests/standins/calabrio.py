"""Calabrio WFM's JSON RTA as its facts describe it (facts of 2020 and later, verified bodies).

It refuses what the facts do not allow: other paths, other members, a wrong key or source, a state
code that is missing or longer than 300 characters. A snapshot logs out everybody of its source
who is absent from it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

LONGEST_CODE = 300
LOGGED_OUT = "CCC Logged out"
"""What stands for somebody whom a snapshot has logged out: no code that we ever send."""

CHANGE = {"AuthenticationKey", "SourceId", "UserCode", "StateCode"}
BATCH = {"AuthenticationKey", "SourceId", "IsSnapshot", "States"}


@dataclass
class CalabrioStandIn:
    """The state of each user code as the vendor shows it."""

    key: str
    sources: set[str]
    states: dict[str, str] = field(default_factory=dict)
    history: list[tuple[str, str]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""
    flooded: bool = False
    people: dict[str, set[str]] = field(default_factory=dict)
    """The user codes that each source has told of."""

    snapshots: list[dict[str, str]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/Web/Rta/State/Change", self._change)
        app.router.add_post("/Web/Rta/State/Batch", self._batch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/Web"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()

    async def wait_until(self, is_so: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until what the vendor shows is so."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(is_so)

    async def _change(self, request: web.Request) -> web.Response:
        body = await self._read(request, CHANGE)
        return await self._settle("Change", body, [body])

    async def _batch(self, request: web.Request) -> web.Response:
        body = await self._read(request, BATCH)
        if not isinstance(body["IsSnapshot"], bool) or not isinstance(body["States"], list):
            raise web.HTTPBadRequest(text="Invalid body")
        return await self._settle("Batch", body, body["States"])

    async def _read(self, request: web.Request, members: set[str]) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise web.HTTPBadRequest(text="Invalid content type")
        body = json.loads(await request.read())
        if set(body) != members:
            raise web.HTTPBadRequest(text="Invalid body")
        return body

    async def _settle(
        self, call: str, body: dict[str, Any], states: list[dict[str, Any]]
    ) -> web.Response:
        if (refusal := self._refusal(body, states)) is not None:
            return web.Response(status=refusal[0], text=refusal[1])
        async with self._news:
            self.requests.append((call, body))
            told = {state["UserCode"].strip(): state["StateCode"] for state in states}
            people = self.people.setdefault(body["SourceId"], set())
            if body.get("IsSnapshot"):
                self.snapshots.append(told)
                self._show(dict.fromkeys(sorted(people - set(told)), LOGGED_OUT))
            people |= set(told)
            self._show(told)
            self._news.notify_all()
        return web.Response(status=200)

    def _show(self, told: dict[str, str]) -> None:
        self.states |= told
        self.history += told.items()

    def _refusal(
        self, body: dict[str, Any], states: list[dict[str, Any]]
    ) -> tuple[int, str] | None:
        if self.flooded:
            return 500, "State queue flooded"
        if body["AuthenticationKey"] != self.key:
            return 400, "Invalid authentication key"
        if body["SourceId"] not in self.sources:
            return 400, "Invalid source id"
        if not states:
            return 400, "No states"
        return next((found for each in states if (found := refused_state(each))), None)


def refused_state(state: dict[str, Any]) -> tuple[int, str] | None:
    """Say what the vendor answers to a state that it cannot take."""
    if not state.get("StateCode"):
        return 500, "State code is required"
    if len(state["StateCode"]) > LONGEST_CODE:
        return 500, "State code is longer than 300"
    return None if state.get("UserCode") else (400, "Invalid user code")
