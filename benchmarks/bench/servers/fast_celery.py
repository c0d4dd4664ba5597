"""FastAPI and Celery on Redis: what an engineer would write with the parts that all know.

    uvicorn benchmarks.bench.servers.fast_celery:app
    celery -A benchmarks.bench.servers.fast_celery:queue worker

A record is in Redis (append-only file, fsync always) before the answer; a worker translates
it, posts it, and acknowledges it then; what fails is tried again later.
"""

from __future__ import annotations

import os

import requests
from celery import Celery, Task
from fastapi import FastAPI, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from benchmarks.bench.servers.neutral import event_of, is_authentic, records_of

URLS = os.environ["URLS"].split()
HEADERS = {"Content-Type": "application/cloudevents+json"}

queue = Celery(broker=os.environ["REDIS_URL"])
queue.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)
session = requests.Session()
app = FastAPI()


@queue.task(bind=True, max_retries=None)
def tell(task: Task, source: str, record: dict, url: str) -> None:
    try:
        event = event_of(source, record)
        session.post(url, data=event, headers=HEADERS, timeout=10).raise_for_status()
    except requests.RequestException as problem:
        raise task.retry(exc=problem, countdown=2 ** min(task.request.retries, 6)) from None


def enqueue(source: str, records: list[dict]) -> None:
    for each in records:
        for url in URLS:
            tell.delay(source, each, url)


@app.post("/v1/ingest/{source}")
async def take(source: str, request: Request) -> dict[str, int]:
    body = await request.body()
    if not is_authentic(source, request.url.query, request.headers, body):
        raise HTTPException(403)
    records = records_of(body)
    await run_in_threadpool(enqueue, source, records)
    return {"accepted": len(records)}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {}
