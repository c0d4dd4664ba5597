"""A plain relay with retries, as an engineer would write it first: nothing kept, no order.

It reads and translates exactly as the gateway does (its own parts, in memory), answers at once,
and posts each state in a task of its own, again and again until the vendor takes it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import orjson
from aiohttp import web
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from gateway.config.load import load
from gateway.config.roster import RosterFiles
from gateway.flow import Known, Routing, fan_out
from gateway.mapping.registry import installed
from gateway.model.event import EventType
from gateway.model.receipt import JournaledReceipt, Receipt, VerifiedReceipt

if TYPE_CHECKING:
    from gateway.model.event import Event
    from gateway.pipeline.track import KnownAgent
    from gateway.settings import Settings


class Relay:
    """The relay of one configuration: its first destination is told the states of all sources."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._sources = settings.sources
        self._destination = next(iter(settings.destinations.values()))
        self._routing = Routing((), "forward", RosterFiles(()))
        self._agents: dict[str, KnownAgent] = {}
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request; tell the vendor later."""
        name = request.match_info["source"]
        receipt = Receipt(name, datetime.now(UTC), "POST", (), "", await request.read())
        verified = VerifiedReceipt(receipt, signed=False, query_trusted=False)
        journaled = JournaledReceipt("relay", 0, verified, frozenset())
        fanned = fan_out(journaled, None, self._sources[name], self._routing, Known(self._agents))
        for routed in fanned.finished.events:
            if routed.event.type is EventType.STATE:
                task = asyncio.ensure_future(self._tell(routed.event))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return web.Response()

    async def _tell(self, event: Event) -> None:
        waits = AsyncRetrying(
            retry=retry_if_exception_type((aiohttp.ClientError, TimeoutError)),
            wait=wait_random_exponential(multiplier=0.5, max=60),
        )
        await waits(self._post, orjson.dumps(event.envelope()))

    async def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/cloudevents+json"}
        async with self._session.post(self._destination.url, data=body, headers=headers) as answer:
            answer.raise_for_status()


async def serve(config: Path) -> None:
    """Run until the process is ended."""
    settings = load(config, installed(), os.environ)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        app = web.Application()
        app.router.add_post("/v1/ingest/{source}", Relay(settings, session).take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, settings.server.host, settings.server.port).start()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
