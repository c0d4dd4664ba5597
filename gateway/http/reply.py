"""The answer 200 to a receipt, which nearly every request gets: its headers are written once a
second, and it leaves in one piece.
"""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, cast

from aiohttp import HttpVersion11
from aiohttp.web import Response

from gateway.http.problem import SERVER

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.web import BaseRequest, StreamResponse

JSON = {"Server": SERVER, "Content-Type": "application/json", "Cache-Control": "no-store"}


class Reply:
    """What aiohttp asks of an answer, for a body at hand on a connection that stays open."""

    __slots__ = ("_body", "_writer", "keep_alive")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.keep_alive = True
        self._writer: AbstractStreamWriter | None = None

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter:
        """Note where to write to."""
        self._writer = request.writer
        return request.writer

    async def write_eof(self) -> None:
        """Write all of it."""
        writer = cast("AbstractStreamWriter", self._writer)
        await writer.write(b"%b%d\r\n\r\n%b" % (_head(int(time())), len(self._body), self._body))
        await writer.write_eof()


def json_reply(request: BaseRequest, body: bytes) -> StreamResponse:
    """Return the answer 200 with JSON."""
    is_usual = request.keep_alive and request.version == HttpVersion11 and request.method != "HEAD"
    return cast("StreamResponse", Reply(body)) if is_usual else Response(body=body, headers=JSON)


@lru_cache(maxsize=1)
def _head(second: int) -> bytes:
    headers = JSON | {"Date": formatdate(second, usegmt=True)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: ".encode()
