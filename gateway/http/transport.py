"""The wire to one destination: one attempt, one answer, never an exception."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from gateway.http.at_once import REQUEST
from gateway.http.patience import Patience
from gateway.model.delivery import Answer
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import timedelta

    from gateway.model.outgoing import OutgoingRequest
    from gateway.settings import ClientTls, DestinationSettings

MAX_ANSWER_BYTES = 1024 * 1024
_IDENTITY = {"Accept-Encoding": "identity"}
_NOT_OURS = ("Content-Type", "User-Agent")
_CONTENT_TYPE = "Content-Type"
_TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "no answer in time"),
    (aiohttp.ClientConnectorCertificateError, "bad certificate"),
    (aiohttp.ClientConnectorDNSError, "the host's name is not known"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (aiohttp.ClientConnectorError, "cannot connect"),
    (aiohttp.ServerDisconnectedError, "connection closed without an answer"),
    (aiohttp.ClientPayloadError, "incomplete answer"),
    (aiohttp.ClientOSError, "connection lost"),
    (aiohttp.ClientResponseError, "not an HTTP answer"),
    (aiohttp.InvalidURL, "not a URL"),
    (ConnectionError, "connection lost"),
)


class HttpTransport:
    """At most so many *connections* to one place. Made inside a running loop. *named* is where
    its *tls* stands in the configuration.
    """

    def __init__(self, connections: int, *, tls: ClientTls | None = None, named: str = "") -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections, ssl=True if tls is None else client_context(tls, named)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_IDENTITY,
            timeout=aiohttp.ClientTimeout(),  # none: see `Patience`
            trust_env=False,
            auto_decompress=False,
            request_class=REQUEST,
        )
        self._patience: dict[timedelta, Patience] = {}

    @classmethod
    def to(cls, settings: DestinationSettings) -> HttpTransport:
        """Return the wire to a destination."""
        named = f"destinations.{settings.name}"
        return cls(settings.concurrency, tls=settings.tls, named=named)

    async def send(self, request: OutgoingRequest) -> Answer:
        """Make one attempt. Whatever goes wrong on the wire is an answer with status 0."""
        patience = self._patience.get(request.timeout) or self._new_patience(request.timeout)
        task, problem = patience.begin(), None
        try:
            response = await self._session.request(
                request.method,
                _address(request.url),
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
                skip_auto_headers=_skipped(request.headers),
            )
            return await _answer(response)
        except asyncio.CancelledError as cancelled:
            problem = cancelled
        except Exception as error:  # noqa: BLE001 - an attempt has an outcome, whatever happens
            return Answer(status=0, error=trouble(error))
        finally:
            is_late = patience.is_over(task, problem)
        if is_late:
            return Answer(status=0, error=trouble(TimeoutError()))
        raise problem

    async def close(self) -> None:
        """Close the connections."""
        for patience in self._patience.values():
            patience.close()
        await self._session.close()

    def _new_patience(self, limit: timedelta) -> Patience:
        made = self._patience[limit] = Patience(limit)
        return made


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    if response.connection is None:  # all of it has come, and the connection is free again
        body = response.content.read_nowait(MAX_ANSWER_BYTES)
    else:
        async with response:
            body = await _start_of(response)
    headers = response.headers
    return Answer(
        response.status,
        body,
        headers.get("Retry-After"),
        headers.get("Content-Type", ""),
    )


def _skipped(headers: tuple[tuple[str, str], ...]) -> tuple[str, ...] | None:
    """Return the headers that aiohttp would add and we do not mean. Having it leave some out costs
    a copy of all of them: those of a delivery begin with their content type, and name us too.
    """
    return None if headers and headers[0][0] == _CONTENT_TYPE else _NOT_OURS


@lru_cache(maxsize=1024)
def _address(url: str) -> URL:
    return URL(url, encoded=True)


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    """Return at most the first MiB; of a longer answer the rest is not waited for."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            response.close()
            break
    return bytes(body[:MAX_ANSWER_BYTES])


def trouble(error: Exception) -> str:
    """Say what went wrong on the wire. The error's own text may hold the URL and its secrets."""
    for kind, text in _TROUBLES:
        if isinstance(error, kind):
            reason = _system_reason(error)
            return f"{text}: {reason}" if reason else text
    return type(error).__name__


def _system_reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        return getattr(cause, "verify_message", "") or ""
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or ""
    return ""


def client_context(tls: ClientTls, named: str) -> ssl.SSLContext:
    """Return the TLS context towards a vendor; *named* is where it is configured.

    Raises:
        ConfigurationError: a file is missing or is not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.certificate is not None:
            context.load_cert_chain(tls.certificate, tls.private_key)
    except (OSError, ValueError) as error:
        problem = f"{named}.tls: cannot be loaded: {error}"
        raise ConfigurationError([problem]) from error
    return context
