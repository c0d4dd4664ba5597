"""The wire to one destination: one attempt, one answer, never an exception."""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from gateway.model.delivery import Answer
from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import timedelta

    from gateway.model.outgoing import OutgoingRequest
    from gateway.settings import ClientTls, DestinationSettings

MAX_ANSWER_BYTES = 1024 * 1024
_NEVER_CEIL = 1e9  # aiohttp rounds timeouts above its threshold up to whole seconds
_NOT_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
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
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=_NOT_OURS,
        )

    @classmethod
    def to(cls, settings: DestinationSettings) -> HttpTransport:
        """Return the wire to a destination."""
        named = f"destinations.{settings.name}"
        return cls(settings.concurrency, tls=settings.tls, named=named)

    async def send(self, request: OutgoingRequest) -> Answer:
        """Make one attempt. Whatever goes wrong on the wire is an answer with status 0."""
        try:
            return await self._attempt(request)
        except Exception as error:  # noqa: BLE001 - an attempt has an outcome, whatever happens
            return Answer(status=0, error=trouble(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _attempt(self, request: OutgoingRequest) -> Answer:
        headers = CIMultiDict(request.headers)
        headers.setdefault("Accept-Encoding", "identity")
        async with self._session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=_patience(request.timeout),
        ) as response:
            return Answer(
                status=response.status,
                body=await _start_of(response),
                retry_after=response.headers.get("Retry-After"),
                content_type=response.headers.get("Content-Type", ""),
            )


@cache
def _patience(timeout: timedelta) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=timeout.total_seconds(), ceil_threshold=_NEVER_CEIL)


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
