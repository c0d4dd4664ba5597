"""A public listener with one source for each kind of check, and what it handed on."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import structlog
from marshmallow import Schema

from gateway.http.ingest import Ingest
from gateway.http.server import Patience
from gateway.mapping.checks import basic, hmac, token
from gateway.mapping.source import SourceMapping
from gateway.model.errors import ContentError
from gateway.model.secret import Secret
from gateway.pipeline.verify import checker_for
from gateway.ports import Accepted
from gateway.settings import ServerSettings, SourceAuth, SourceSettings
from gateway.telemetry.logs import configure
from gateway.telemetry.metrics import Metrics, SourceHealth

NOW = datetime(2026, 11, 20, 22, 46, tzinfo=UTC)
QUICK = Patience(headers=0.3, body_idle=0.3, body_total=0.6, keep_alive=5, linger=0.2)


def mapping(**given):
    return SourceMapping(
        name="made_up",
        version="1",
        platform="made_up",
        options=Schema,
        split=lambda _content, _options: [],
        translate=lambda _record, _options, _now: [],
        **given,
    )


PLAIN = mapping()
EITHER = mapping(
    methods=frozenset({"GET", "POST"}),
    echo_header="validation-token",
    query_names=frozenset({"agent"}),
    kept_headers=("x-platform-id",),
)


def source(name, of=PLAIN, check=None, options=None, **given):
    found = (
        SourceAuth("none", **given)
        if check is None
        else SourceAuth(check.NAME, check.CHECK, options, **given)
    )
    return SourceSettings(name, of, found, options=None)


TWO_TOKENS = token.TokenOptions(token=(Secret("old"), Secret("new")), header="X-Key")


def sources():
    secret = (Secret("s3cret"),)
    far = (ip_network("192.0.2.0/24"),)
    by_header = token.TokenOptions(token=secret, header="X-Key")
    every = [
        source("open"),
        source("either", EITHER),
        source("token", PLAIN, token, by_header),
        source("far", PLAIN, token, by_header, allow_from=far),
        source("query", EITHER, token, token.TokenOptions(token=secret, query="key")),
        source("basic", EITHER, basic, basic.BasicOptions(username="rc", password=secret)),
        source("hmac", EITHER, hmac, hmac.HmacOptions(header="X-Signature", secret=secret)),
        source("changing", PLAIN, token, TWO_TOKENS),
        source("empty", PLAIN, token, token.TokenOptions(token=(), header="X-Key"), usable=False),
    ]
    return {each.name: each for each in every}


@dataclass
class RecordingIntake:
    """Accepts everything, as *answer* says, unless there is something to *raise*."""

    answer: Accepted = field(default_factory=lambda: Accepted("0123456789abcdef", accepted=1))
    error: Exception | None = None
    seen: list = field(default_factory=list)
    tasks: list = field(default_factory=list)
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, verified):
        self.seen.append(verified)
        self.tasks.append(asyncio.current_task())
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if not verified.receipt.body and not verified.receipt.query:
            raise ContentError("The body is empty.")
        return self.answer


@dataclass
class Running:
    """A listener, and what it says and does."""

    port: int
    intake: RecordingIntake
    metrics: Metrics
    health: dict

    def refusals(self, name, status, check):
        labels = {"source": name, "status": str(status), "check": check}
        return self.metrics.registry.get_sample_value("gateway_refusals_total", labels) or 0

    async def connect(self, **given):
        return await asyncio.open_connection("127.0.0.1", self.port, **given)

    async def send(self, raw):
        """Send bytes on a connection of their own; return the first answer."""
        reader, writer = await self.connect()
        writer.write(raw)
        try:
            return await read_answer(reader, has_body=not raw.startswith(b"HEAD"))
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def post(self, path, body=b"{}", *headers, method="POST"):
        return await self.send(request(path, body, *headers, method=method))


@dataclass
class RawAnswer:
    """An answer as it came over the wire. *size* counts every byte of it."""

    status: int
    headers: dict
    body: bytes
    size: int

    @property
    def json(self):
        return json.loads(self.body)


def request(path, body=b"{}", *headers, method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def read_answer(reader, *, has_body=True):
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    length = int(headers.get("content-length", 0)) if has_body else 0
    body = await reader.readexactly(length)
    return RawAnswer(int(first.split()[1]), headers, body, len(head) + len(body))


@asynccontextmanager
async def running(patience=QUICK, tls=None, **settings):
    intake, metrics, found = RecordingIntake(), Metrics(), sources()
    health = {name: SourceHealth() for name in found}
    ingest = Ingest(
        sources=found,
        checkers={name: checker_for(each.auth, None) for name, each in found.items()},
        settings=ServerSettings(**settings),
        intake=intake,
        metrics=metrics,
        health=health,
        now=lambda: NOW + timedelta(microseconds=1743),
        patience=patience,
    )
    listener = ingest.listener()
    port = await listener.start("127.0.0.1", 0, tls=tls)
    try:
        yield Running(port, intake, metrics, health)
    finally:
        await listener.stop(timedelta(seconds=1))


@pytest.fixture(autouse=True)
def _logs():
    """Log as the gateway does: JSON lines on stderr."""
    configure(json=True)
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture
def listening():
    """Start a listener with the settings of the test: ``async with listening(…) as server``."""
    return running


@pytest.fixture
async def server():
    async with running(max_body_bytes=1000) as started:
        yield started


@pytest.fixture
def compose():
    """Write a request by hand."""
    return request


@pytest.fixture
def answer_of():
    """Read an answer by hand."""
    return read_answer
