"""The public listener: aiohttp's server, with everything a stranger can hold on to bounded."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from gateway.http.one_task import in_one_task
from gateway.http.problem import Problem, phrase, problem_body, problem_response
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from aiohttp.streams import StreamReader

    from gateway.settings import ServerTls

BACKLOG = 1024
PIPELINED = 4
"""Requests of one connection that wait while one is answered; then it is read no further."""

LEAVING = 256
"""Connections that were turned away and may still read their answer, all at once."""

READ_BUFFER = 32 * 1024
"""Half of what a connection buffers of a body that nobody reads yet."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a sender may take: to the end of the headers, between two pieces of a
    body, for a whole body, between two requests; and how long what a refused sender still sends
    is read and thrown away, so that the refusal reaches them.
    """

    headers: float = 10.0
    body_idle: float = 10.0
    body_total: float = 30.0
    keep_alive: float = 75.0
    linger: float = 3.0


class Connection(web.RequestHandler):
    """One connection; cut when its headers take too long, turned away when there are too many."""

    __slots__ = ("_header_seconds", "_header_timer", "_last_body", "_listener")

    def __init__(self, manager: Server, listener: Listener, **options: Any) -> None:
        super().__init__(manager, **options)
        self._listener = listener
        self._header_seconds = listener.patience.headers
        self._header_timer: asyncio.TimerHandle | None = None
        self._last_body: StreamReader | None = None
        # aiohttp's 32, each with a buffered body, would be megabytes for each connection.
        self._max_msg_queue_size = PIPELINED
        self._msg_queue_resume_size = PIPELINED // 2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve the connection if there is room for it."""
        if not self._listener.has_room():
            self._force_close = True  # from now on what comes is thrown away
            self._listener.turn_away(cast("asyncio.Transport", transport))
            return
        super().connection_made(transport)
        self._loop = in_one_task(self._loop, self._messages)
        self._start_header_timer()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; the clock runs while they are part of unfinished headers."""
        requests_before = self._request_count
        super().data_received(data)
        if self._request_count != requests_before:
            self._stop_header_timer()
            self._last_body = self._messages[-1][1]
        elif self._header_timer is None and self._waiter is not None:
            self._start_header_timer()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - aiohttp's
        """Read on, if reading was paused: aiohttp asks for it with each piece of a body, and would
        look through its parser every time.
        """
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def eof_received(self) -> bool | None:  # type: ignore[override]  # asyncio's own signature
        """Answer what was asked whole, although the sender will send no more."""
        is_whole = self._last_body is not None and self._last_body.is_eof()
        is_idle = self._waiter is not None and not self._waiter.done()
        if is_idle or not is_whole or self.ssl_context is not None:
            return None
        self._close = True
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._stop_header_timer()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP. aiohttp's own text and log line would quote the sender."""
        del message
        response = not_http(request, status, exc)
        self._listener.on_refused(response.status, "http")
        return response

    def _start_header_timer(self) -> None:
        self._header_timer = self._loop.call_later(self._header_seconds, self._cut)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _cut(self) -> None:
        self._header_timer = None
        if self.transport is not None:
            self._listener.on_refused(408, "slow_headers")
            self.transport.write(_raw(408, "The headers took too long."))
        self.force_close()


def not_http(
    request: web.BaseRequest, status: int, error: BaseException | None
) -> web.StreamResponse:
    """Return the answer to what is not HTTP.

    Raises:
        ConnectionError: another answer is already under way.
    """
    if request.writer.output_size > 0:
        raise ConnectionError("an answer is already under way")
    refused = 431 if isinstance(error, LineTooLong) else status
    response = problem_response(Problem(refused, "http", f"{phrase(refused)}."))
    response.force_close()
    return response


def _raw(status: int, detail: str) -> bytes:
    """Return a whole answer for a connection on which aiohttp has no request to answer."""
    body = problem_body(Problem(status, "http", detail), None)
    head = (
        f"HTTP/1.1 {status} {phrase(status)}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class Server(web.Server):
    """Makes our connections instead of aiohttp's."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        listener: Listener,
    ) -> None:
        super().__init__(handler)
        self._listener = listener

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def __call__(self) -> Connection:
        """Make the protocol of a new connection."""
        patience = self._listener.patience
        return Connection(
            self,
            self._listener,
            loop=self._loop,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=patience.keep_alive,
            lingering_time=patience.linger,
            read_bufsize=READ_BUFFER,
        )


class Listener:
    """A bounded TCP listener. *on_refused* is told the status and the check of whatever is
    refused before it is a request. Made inside a running loop.
    """

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        max_connections: int,
        on_refused: Callable[[int, str], None],
        patience: Patience | None = None,
    ) -> None:
        self.patience = patience or Patience()
        self.on_refused = on_refused
        self._max_connections = max_connections
        self._server = Server(handler, self)
        self._listening: list[asyncio.Server] = []
        self._leaving: set[asyncio.Transport] = set()

    def has_room(self) -> bool:
        """Whether one more connection may be served."""
        return self._server.open_connections < self._max_connections

    def turn_away(self, transport: asyncio.Transport) -> None:
        """Answer 503, and read on for a while: closed with something unread, the connection
        would be reset, and the answer lost with it.
        """
        self.on_refused(503, "connections")
        transport.write(_raw(503, "Too many connections."))
        self._leaving = {each for each in self._leaving if not each.is_closing()}
        if len(self._leaving) >= LEAVING:
            transport.close()
            return
        if transport.can_write_eof():
            transport.write_eof()
        self._leaving.add(transport)
        asyncio.get_running_loop().call_later(self.patience.linger, transport.close)

    async def start(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        handed: Sequence[socket.socket] = (),
    ) -> int:
        """Listen; return the port (that of the first address where *port* is 0).

        Where sockets were *handed* to us, it is these that are listened on.
        """
        places: list[dict[str, Any]] = [{"sock": each} for each in handed]
        for place in places or [{"host": host, "port": port}]:
            listening = await asyncio.get_running_loop().create_server(
                self._server,
                ssl=tls,
                backlog=BACKLOG,
                ssl_handshake_timeout=None if tls is None else self.patience.headers,
                **place,
            )
            self._listening.append(listening)
        bound: socket.socket = self._listening[0].sockets[0]
        return int(bound.getsockname()[1])

    async def stop(self, grace: timedelta) -> None:
        """Listen no more, let requests under way be answered, close every connection."""
        if not self._listening:
            return
        for each in self._listening:
            each.close()
        for leaving in self._leaving:
            leaving.close()
        self._server.pre_shutdown()
        # aiohttp waits that long twice: for the request, then for the connection's task.
        await self._server.shutdown(grace.total_seconds() / 2)
        self._listening.clear()


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return the TLS context of the public listener: TLS 1.2 or newer, HTTP/1.1.

    Raises:
        ConfigurationError: a file is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_certificate(context, tls)
    return context


def load_certificate(context: ssl.SSLContext, tls: ServerTls) -> None:
    """Have *context* show this certificate to whoever connects from now on.

    Raises:
        ConfigurationError: a file is missing or is not what it should be.
    """
    try:
        context.load_cert_chain(tls.certificate, tls.private_key)
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"server.tls: cannot be loaded: {error}"]) from error
