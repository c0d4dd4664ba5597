"""One harmless look at a vendor: its name, a connection, its certificate, one `HEAD`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.http.transport import HttpTransport, client_context
from gateway.model.clock import rfc3339
from gateway.model.outgoing import OutgoingRequest
from gateway.pipeline.render import envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.settings import DestinationSettings

METHOD = "HEAD"
"""Servers check credentials for it as for any other, and it may change nothing (RFC 9110, 9.2.1);
`OPTIONS` is often answered before credentials are looked at."""

WORDS = (
    (range(200, 300), "it answers"),
    (range(300, 400), "it redirects, and redirects are never followed: correct the url"),
    (range(401, 402), "it refuses the credentials: none that it takes were shown (401)"),
    (range(403, 404), "it refuses the credentials, or this address (403)"),
    (range(404, 405), f"it has nothing there for {METHOD} (404): usual where only POST is taken"),
    (range(405, 406), f"it does not take {METHOD} (405): usual where only POST is taken"),
    (range(429, 430), "it asks for fewer requests (429)"),
    (range(500, 600), "it answers, and is in trouble"),
)


@dataclass(slots=True)
class Pinged:
    """What was seen, in the order of looking; what was not come to is `None`. Times are in
    milliseconds. *problem*: why it cannot be reached, or `None`.
    """

    dns: dict[str, Any] | None = None
    tcp: dict[str, Any] | None = None
    tls: dict[str, Any] | None = None
    http: dict[str, Any] | None = None
    problem: str | None = None


class _UnreachableError(Exception):
    """It cannot be reached, for a reason in plain words."""


async def ping(settings: DestinationSettings, now: datetime) -> Pinged:
    """Look at the vendor; send no event. Each step has the destination's `timeout`."""
    seen = Pinged()
    try:
        await _look(settings, seen, now)
        await _ask(settings, seen)
    except _UnreachableError as problem:
        seen.problem = str(problem)
    return seen


async def _look(settings: DestinationSettings, seen: Pinged, now: datetime) -> None:
    """Find, connect, and shake hands."""
    parts = urlsplit(settings.url)
    host, loop = parts.hostname or "", asyncio.get_running_loop()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    async with _step(settings, "its name is not found"):
        began = loop.time()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        seen.dns = {"host": host, "addresses": addresses, "ms": _since(began)}
    async with _step(settings, "no connection"):
        began = loop.time()
        _reader, writer = await asyncio.open_connection(host, port)
    try:
        peer = writer.get_extra_info("peername")
        seen.tcp = {"address": peer[0], "port": peer[1], "ms": _since(began)}
        if parts.scheme == "https":
            await _shake_hands(settings, seen, writer, now)
    finally:
        writer.transport.abort()


async def _shake_hands(
    settings: DestinationSettings, seen: Pinged, writer: asyncio.StreamWriter, now: datetime
) -> None:
    tls = settings.tls
    context = (
        ssl.create_default_context()
        if tls is None
        else client_context(tls, f"destinations.{settings.name}")
    )
    began = asyncio.get_running_loop().time()
    async with _step(settings, "TLS failed"):
        await writer.start_tls(context, server_hostname=urlsplit(settings.url).hostname)
    took = _since(began)
    shown = writer.get_extra_info("peercert") or {}
    expires_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    seen.tls = {
        "version": writer.get_extra_info("ssl_object").version(),
        "expires_at": rfc3339(expires_at),
        "days_left": (expires_at - now).days,
        "ms": took,
    }


async def _ask(settings: DestinationSettings, seen: Pinged) -> None:
    around = envelope(settings)
    request = OutgoingRequest(METHOD, around.url, around.headers, b"", around.timeout)
    transport = HttpTransport.to(settings)
    began = asyncio.get_running_loop().time()
    try:
        answer = await transport.send(request)
    finally:
        await transport.close()
    took = _since(began)
    if answer.status == 0:
        raise _UnreachableError(f"no answer to {METHOD}: {answer.error}")
    seen.http = {
        "method": METHOD,
        "status": answer.status,
        "says": said_by(answer.status),
        "ms": took,
    }


def said_by(status: int) -> str:
    """Say what an answer to `METHOD` means."""
    for statuses, words in WORDS:
        if status in statuses:
            return words
    return "it answers, though not to this"


@contextlib.asynccontextmanager
async def _step(settings: DestinationSettings, problem: str) -> AsyncIterator[None]:
    """Bound a step, and say what failed in it without what an error's text may hold."""
    try:
        async with asyncio.timeout(settings.timeout.total_seconds()):
            yield
    except TimeoutError:
        raise _UnreachableError(f"{problem}: no answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise _UnreachableError(f"{problem}: bad certificate: {error.verify_message}") from None
    except ssl.SSLError as error:
        raise _UnreachableError(f"{problem}: {error.reason or 'no handshake'}") from None
    except OSError as error:
        raise _UnreachableError(f"{problem}: {error.strerror or type(error).__name__}") from None


def _since(began: float) -> float:
    return round((asyncio.get_running_loop().time() - began) * 1000, 1)
