"""The listeners of a gateway, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.app.places import named
from gateway.http.access import Access
from gateway.http.admin import AdminListener
from gateway.http.jwks import jwt_checker
from gateway.http.unix import socket_path
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from socket import socket
    from typing import Any

    from gateway.http.admin import Admin
    from gateway.http.ingest import Ingest
    from gateway.http.server import Listener
    from gateway.mapping.authenticity import Presented
    from gateway.settings import ServerSettings, Settings

log = logger()


async def listen(
    ingest: Ingest, server: ServerSettings, tls: ssl.SSLContext | None, handed: Sequence[socket]
) -> Listener:
    """Open the public listener, on the sockets that were *handed* to us, where there are any."""
    listener = ingest.listener()
    with named("server", server.host, server.port):
        port = await listener.start(server.host, server.port, tls=tls, handed=handed)
    _say("listening", "https" if tls else "http", server.host, port)
    return listener


async def listen_admin(
    admin: Admin, settings: Settings, handed: Sequence[socket], now: Callable[[], datetime]
) -> list[AdminListener]:
    """Open the admin listener, and the socket beside the store."""
    place = settings.admin
    access = Access(place.host, place.auth, now, _claims_of(settings))
    trusted = AdminListener(admin.application(None))
    await trusted.start_unix(socket_path(settings.store.path))
    public = AdminListener(admin.application(access))
    with named("admin", place.host, place.port):
        port = await public.start_tcp(place.host, place.port, handed=handed)
    _say("admin", "http", place.host, port)
    return [public, trusted]


def _claims_of(
    settings: Settings,
) -> Callable[[Presented, datetime], Awaitable[Mapping[str, Any]]] | None:
    if settings.admin.auth.type != "jwt":
        return None
    checker = jwt_checker(settings.admin.auth.jwt_options)

    async def claims_of(presented: Presented, now: datetime) -> Mapping[str, Any]:
        await checker.prepare(presented, now)
        claims: Mapping[str, Any] = checker.claims(presented, now)
        return claims

    return claims_of


def _say(what: str, scheme: str, host: str, port: int) -> None:
    """Tell people and programs where we listen: port 0 has picked one."""
    shown = f"[{host}]" if ":" in host else host
    print(f"{what} on {scheme}://{shown}:{port}", flush=True)  # noqa: T201 - the answer to `serve`
    log.info("listener.started", listener=what, host=host, port=port)
