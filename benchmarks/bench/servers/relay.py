"""Bare relay: the shortest way from an aiohttp server to an aiohttp client.

    python -m benchmarks.bench.servers.relay PORT URL…

It looks at no signature, keeps nothing, puts nothing in order, tries nothing twice: it answers
when the destinations have answered.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
import orjson
import uvloop
from aiohttp import web

SESSION = web.AppKey("session", aiohttp.ClientSession)
HEADERS = {"Content-Type": "application/json"}
URLS = sys.argv[2:]


async def take(request: web.Request) -> web.Response:
    body = orjson.loads(await request.read())
    session = request.app[SESSION]
    tellings = [tell(session, url, each) for each in body.get("records", [body]) for url in URLS]
    if len(tellings) == 1:
        await tellings[0]
    else:
        await asyncio.gather(*tellings)
    return web.Response()


async def tell(session: aiohttp.ClientSession, url: str, record: dict) -> None:
    async with session.post(url, data=orjson.dumps(record), headers=HEADERS) as answer:
        await answer.read()


async def client(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session:
        app[SESSION] = session
        yield


def main() -> None:
    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_post("/v1/ingest/{source}", take)
    app.router.add_get("/healthz", healthz)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


async def healthz(_request: web.Request) -> web.Response:
    return web.Response()


if __name__ == "__main__":
    main()
