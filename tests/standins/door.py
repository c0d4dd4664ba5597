"""Where a stand-in of a vendor listens: a real server that misbehaves as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Self

from aiohttp import web

from tests.standins.asked import Asked, Refusal, Reply

LARGEST_BODY = 64 * 1024**2


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


@dataclass(kw_only=True)
class Door:
    """A vendor that takes everything. *mood_of* decides request by request; *timeout* is the
    client's patience in seconds; *now* is the vendor's clock. *answered*: what it had an answer
    to, in order; nothing that came in a bad mood.
    """

    timeout: float = 0.5
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tls: ssl.SSLContext | None = None
    mood_of: Callable[[Asked], Mood] = lambda _asked: Mood.FINE
    retry_after: str | None = None
    answered: list[tuple[Asked, Reply]] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    @property
    def root(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def refused(self) -> list[tuple[Asked, Reply]]:
        """What the facts do not allow."""
        return [each for each in self.answered if each[1].status >= HTTPStatus.BAD_REQUEST]

    async def __aenter__(self) -> Self:
        await self.open(self.tls)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on the same port as before."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{tail:.*}", self._hear)
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
        self.mood_of = lambda _asked: mood
        self.retry_after = retry_after

    async def wait_until(self, is_so: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until what the vendor has is so."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(is_so)

    def hear(self, asked: Asked, mood: Mood) -> Reply:
        """Take a request, unless the mood is bad; return what a good one lets it answer."""
        if mood not in TAKEN:
            return Reply()
        try:
            reply = self.take(asked, self.now())
        except Refusal as refusal:
            reply = self.refuse(refusal)
        self.answered.append((asked, reply))
        return reply

    def take(self, _asked: Asked, _now: datetime) -> Reply:
        """Take a request that came at *now*; raise `Refusal` where the facts do not allow it."""
        return Reply()

    def refuse(self, refusal: Refusal) -> Reply:
        """Say no, in the vendor's form."""
        return Reply(refusal.status, refusal.why.encode(), {"Content-Type": "text/plain"})

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self._runner is None or request.app is not self._runner.app:
            _cut(request)  # it was let in while the door was being shut
            return web.Response()
        asked = Asked(request.method, request.raw_path, request.headers, body)
        async with self._news:
            mood = self.mood_of(asked)
            reply = self.hear(asked, mood)
            self._news.notify_all()
        return await self._answer(request, mood, reply)

    async def _answer(self, request: web.Request, mood: Mood, reply: Reply) -> web.StreamResponse:
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
        headers = dict(reply.headers)
        if mood is Mood.REDIRECTING:
            headers["Location"] = "/elsewhere"
        if mood is Mood.LIMITING and self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        status = STATUSES.get(mood, reply.status)
        return web.Response(status=status, headers=headers, body=reply.body)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _half(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    await answer.prepare(request)
    await answer.write(b'{"half": ')
    _cut(request)
    return answer
