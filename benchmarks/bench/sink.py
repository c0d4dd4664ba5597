"""The destination: an aiohttp server in a process of its own that notes what arrives, and when.

    python -m benchmarks.bench.sink

It prints its port. `POST /hook/{n}` is what contenders tell; `POST /reset?refuse=33` forgets
everything and answers each 33rd request with 503; `GET /count` says how many events arrived;
`GET /arrivals` gives all: destination, agent, time, monotonic nanoseconds.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import orjson
import uvloop
from aiohttp import web

from benchmarks.bench.work import key_of

HOOK = "/hook/"


@dataclass
class Notes:
    """What arrived since the last reset."""

    refuse: int = 0
    requests: int = 0
    arrivals: list[tuple[str, str, str, int]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path.startswith(HOOK):
            return await self._take(request)
        if request.path == "/count":
            return web.Response(text=str(len(self.arrivals)))
        if request.path == "/arrivals":
            return web.Response(body=orjson.dumps(self.arrivals))
        self.arrivals, self.requests = [], 0
        self.refuse = int(request.query.get("refuse", "0"))
        return web.Response()

    async def _take(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        now = time.monotonic_ns()
        self.requests += 1
        if self.refuse and self.requests % self.refuse == 0:
            return web.Response(status=503)
        told = orjson.loads(body)
        for each in told if isinstance(told, list) else [told]:
            self.arrivals.append((request.path[len(HOOK) :], *key_of(each), now))
        return web.Response()


async def serve() -> None:
    runner = web.ServerRunner(web.Server(Notes().answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
