"""FastAPI and taskiq on Redis streams: what an engineer would write with today's parts.

    uvicorn benchmarks.bench.servers.fast_taskiq:app
    taskiq worker benchmarks.bench.servers.fast_taskiq:broker

A record is in the stream (append-only file, fsync always) before the answer; a worker
translates it, posts it, and acknowledges it then; what fails is queued again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from fastapi import FastAPI, HTTPException, Request
from taskiq import SimpleRetryMiddleware, TaskiqEvents, TaskiqState
from taskiq.serializers import ORJSONSerializer
from taskiq_redis import RedisStreamBroker

from benchmarks.bench.servers.neutral import event_of, is_authentic, records_of

URLS = os.environ["URLS"].split()
HEADERS = {"Content-Type": "application/cloudevents+json"}

broker = (
    RedisStreamBroker(os.environ["REDIS_URL"])
    .with_serializer(ORJSONSerializer())
    .with_middlewares(SimpleRetryMiddleware(default_retry_count=100))
)


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_session(state: TaskiqState) -> None:
    state.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_session(state: TaskiqState) -> None:
    await state.session.close()


@broker.task(retry_on_error=True)
async def tell(source: str, record: dict, url: str) -> None:
    event = event_of(source, record)
    async with broker.state.session.post(url, data=event, headers=HEADERS) as answer:
        await answer.read()
        answer.raise_for_status()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    await broker.startup()
    yield
    await broker.shutdown()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/ingest/{source}")
async def take(source: str, request: Request) -> dict[str, int]:
    body = await request.body()
    if not is_authentic(source, request.url.query, request.headers, body):
        raise HTTPException(403)
    records = records_of(body)
    await asyncio.gather(*(tell.kiq(source, each, url) for each in records for url in URLS))
    return {"accepted": len(records)}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {}
