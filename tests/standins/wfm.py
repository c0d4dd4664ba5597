"""A WFM vendor's endpoint as a test wants it: it records, and answers what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Received:
    """One request, and the status it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class WfmStandIn:
    """A real server on a free port."""

    received: list[Received] = field(default_factory=list)
    url: str = ""
    _status_of: Callable[[int], int] = lambda _number: 200
    _status_of_path: Callable[[str], int] | None = None
    _headers: dict[str, str] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_route("*", "/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/events"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()

    def answer(self, status: int, **headers: str) -> None:
        """Answer every request so from now on; underscores in header names stand for hyphens."""
        self._status_of = lambda _number: status
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer_by_number(self, status_of: Callable[[int], int]) -> None:
        """Answer by the request's number, counted from 0."""
        self._status_of = status_of

    def answer_by_path(self, status_of: Callable[[str], int]) -> None:
        """Answer by the request's path."""
        self._status_of_path = status_of

    async def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.received) >= count)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        status = self._status_of(len(self.received))
        if self._status_of_path is not None:
            status = self._status_of_path(request.path_qs)
        async with self._news:
            self.received.append(
                Received(request.method, request.path_qs, dict(request.headers), body, status)
            )
            self._news.notify_all()
        return web.Response(status=status, headers=self._headers)
