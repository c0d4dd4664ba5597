"""A stand-in for a vendor: a real HTTP server that records what it is sent and answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HANGS_FOR = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came. *target* is path and query; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. *hangs*: nothing, until the sender has lost patience."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


class Recorder:
    """Listens on loopback at a free port; *answer* is asked for each request."""

    def __init__(self, answer: Callable[[Heard], Reply]) -> None:
        self._answer = answer
        self._closing = asyncio.Event()
        self._runner = web.ServerRunner(web.Server(self._take), shutdown_timeout=1.0)
        self.port = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `port` tells where."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Let go of the port and of whoever hangs."""
        self._closing.set()
        await self._runner.cleanup()

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = Heard(request.method, request.raw_path, headers, await request.read())
        reply = self._answer(heard)
        if reply.hangs:
            await self._hang()
        return web.Response(status=reply.status, headers=reply.headers)

    async def _hang(self) -> None:
        try:
            async with asyncio.timeout(HANGS_FOR.total_seconds()):
                await self._closing.wait()
        except TimeoutError:
            return
