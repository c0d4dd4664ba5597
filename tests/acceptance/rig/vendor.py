"""A vendor's endpoint that writes down what it got, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Self

from aiohttp import web


class Mood(Enum):
    """How a request is answered."""

    FINE = auto()
    FAILING = auto()
    SLOW = auto()
    HANGING = auto()
    RESETTING = auto()
    HALF = auto()
    LATE = auto()
    LIMITING = auto()
    REDIRECTING = auto()
    REFUSING = auto()
    DENYING = auto()


STATUSES = {
    Mood.FAILING: 500,
    Mood.LIMITING: 429,
    Mood.REDIRECTING: 307,
    Mood.REFUSING: 422,
    Mood.DENYING: 401,
}
TAKEN = frozenset({Mood.FINE, Mood.SLOW, Mood.LATE})
"""The vendor has what it got in these moods, whether or not the answer arrives."""


@dataclass(frozen=True)
class Heard:
    """One request: its idempotency key, its mood, and what it told: (agent, event id or state
    code, digest of the item).
    """

    key: str
    mood: Mood
    told: tuple[tuple[str, str, bytes], ...]

    @property
    def is_taken(self) -> bool:
        return self.mood in TAKEN


@dataclass
class Vendor:
    """A real server. *mood_of* decides request by request; *timeout* is the gateway's for it."""

    timeout: float = 0.5
    tls: ssl.SSLContext | None = None
    mood_of: Callable[[Heard], Mood] = lambda _heard: Mood.FINE
    retry_after: str | None = None
    heard: list[Heard] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    @property
    def milliseconds(self) -> int:
        return round(self.timeout * 1000)

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://localhost:{self.port}/Web"

    async def __aenter__(self) -> Self:
        await self.open(self.tls)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on the same port as before."""
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_route("*", "/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=tls, reuse_address=True
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Refuse connections from now on."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def be(self, mood: Mood, *, retry_after: str | None = None) -> None:
        """Answer every request so from now on."""
        self.mood_of = lambda _heard: mood
        self.retry_after = retry_after

    async def wait_for(self, count: int, seconds: float = 30) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.heard) >= count)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self._runner is None or request.app is not self._runner.app:
            _cut(request)  # it was let in while the door was being shut
            return web.Response()
        key = request.headers.get("Idempotency-Key", "")
        heard = Heard(key, Mood.FINE, tuple(_items(key, json.loads(body))))
        heard = replace(heard, mood=self.mood_of(heard))
        async with self._news:
            self.heard.append(heard)
            self._news.notify_all()
        return await self._answer(request, heard.mood)

    async def _answer(self, request: web.Request, mood: Mood) -> web.StreamResponse:
        match mood:
            case Mood.SLOW:
                await asyncio.sleep(self.timeout / 3)
            case Mood.LATE:
                await asyncio.sleep(self.timeout * 1.5)
            case Mood.HANGING:
                await asyncio.sleep(self.timeout * 1.5)
                _cut(request)
            case Mood.RESETTING:
                _cut(request)
            case Mood.HALF:
                return await _half(request)
        headers = {"Location": "/elsewhere"} if mood is Mood.REDIRECTING else {}
        if mood is Mood.LIMITING and self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        return web.Response(status=STATUSES.get(mood, 200), headers=headers)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _half(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    await answer.prepare(request)
    await answer.write(b'{"half": ')
    _cut(request)
    return answer


def _items(key: str, body: object) -> list[tuple[str, str, bytes]]:
    if isinstance(body, dict) and ("UserCode" in body or "States" in body):
        states = body.get("States", [body])
        return [(each["UserCode"], each["StateCode"], _digest(each)) for each in states]
    events = body if isinstance(body, list) else [body]
    return [(each["subject"], each["id"], _digest(each)) for each in events]


def _digest(item: object) -> bytes:
    return hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16).digest()
