"""aiohttp that checks Twilio's signature, answers, and keeps nothing: what accepting can cost.

python -m benchmarks.bench.servers.nothing PORT
"""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web

from benchmarks.bench.servers.neutral import is_authentic


async def take(request: web.Request) -> web.Response:
    body = await request.read()
    source = request.match_info["source"]
    if not is_authentic(source, request.query_string, request.headers, body):
        raise web.HTTPForbidden
    return web.json_response({"accepted": 1})


async def healthz(_request: web.Request) -> web.Response:
    return web.Response()


def main() -> None:
    app = web.Application()
    app.router.add_post("/v1/ingest/{source}", take)
    app.router.add_get("/healthz", healthz)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
