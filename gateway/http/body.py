"""Bodies, bounded three ways: in size, in time, and in what all requests hold together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from gateway.http.problem import Problem, RefusedError

if TYPE_CHECKING:
    from types import TracebackType

    from aiohttp.streams import StreamReader
    from aiohttp.web import BaseRequest

    from gateway.http.server import Patience

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Inflight:
    """The bytes of all requests whose answer is not yet given, at most *limit*."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0


class Share:
    """One request's part of the bytes in flight, given back at the end of the `with` block."""

    __slots__ = ("_inflight", "_size")

    def __init__(self, inflight: Inflight) -> None:
        self._inflight = inflight
        self._size = 0

    def grow_to(self, size: int) -> None:
        """Hold at least *size* bytes, or refuse the request with 503."""
        more = size - self._size
        if more <= 0:
            return
        if self._inflight.held + more > self._inflight.limit:
            raise RefusedError(
                Problem(
                    503,
                    "busy",
                    "Too many bytes are under way; send again.",
                    headers={"Retry-After": "1"},
                ),
                check="inflight",
            )
        self._inflight.held += more
        self._size = size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        self._inflight.held -= self._size


def check_size(request: BaseRequest, max_bytes: int) -> int:
    """Return how long the body says it is (0 where it does not say), before any of it is read.

    Raises:
        RefusedError: 413 for a longer one than *max_bytes*, 415 for a `Content-Encoding`.
    """
    length = request.content_length or 0
    if length > max_bytes:
        raise _too_large(max_bytes)
    encodings = request.headers.getall("Content-Encoding", ())
    if encodings and any(each.strip().lower() not in {"", "identity"} for each in encodings):
        raise RefusedError(
            Problem(
                415,
                "encoding",
                "The body must come without a Content-Encoding.",
                headers={"Accept-Encoding": "identity"},
            ),
            check="encoding",
        )
    return length


async def read_body(
    request: BaseRequest, max_bytes: int, share: Share, patience: Patience
) -> bytes:
    """Return the whole body.

    Raises:
        RefusedError: 413 too long, 408 too slow, 503 no room for it, 400 broken framing.
        ConnectionError: the sender went away.
    """
    content = request.content
    try:
        if content.is_eof():
            body = content.read_nowait()
            _hold(len(body), max_bytes, share)
            return body
        await _say_continue(request)
        return await _read_slowly(content, max_bytes, share, patience)
    except TimeoutError:
        problem = Problem(408, "slow_body", "The body took too long.")
        raise RefusedError(problem, check="slow_body", close=True) from None
    except (RequestPayloadError, HttpProcessingError) as error:
        problem = Problem(400, "http", "The body's framing is broken.")
        raise RefusedError(problem, check="http", close=True) from error


async def _read_slowly(
    content: StreamReader, max_bytes: int, share: Share, patience: Patience
) -> bytes:
    clock = asyncio.get_running_loop().time
    end = clock() + patience.body_total
    body = bytearray()
    async with asyncio.timeout_at(min(end, clock() + patience.body_idle)) as limit:
        while chunk := await content.readany():
            body += chunk
            _hold(len(body), max_bytes, share)
            limit.reschedule(min(end, clock() + patience.body_idle))
    return bytes(body)


def _hold(size: int, max_bytes: int, share: Share) -> None:
    if size > max_bytes:
        raise _too_large(max_bytes)
    share.grow_to(size)


async def _say_continue(request: BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(CONTINUE)
        # What is sent ahead of the answer is no part of it.
        request.writer.output_size = 0


def _too_large(max_bytes: int) -> RefusedError:
    problem = Problem(413, "too_large", f"The body is longer than {max_bytes} bytes.")
    return RefusedError(problem, check="size")
