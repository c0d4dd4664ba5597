"""The sections `server`, `admin`, `store` and `agents`: YAML in, settings out."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.config.fields import (
    Host,
    Identifying,
    NetworkField,
    PathField,
    Size,
    Whole,
    attempt,
    list_of,
    one_of,
    settled,
    unknown_key,
)
from gateway.config.tls import ServerTlsSchema
from gateway.mapping.checks.jwt_options import JwtSchema
from gateway.mapping.checks.options import Duration, Secrets, across
from gateway.settings import (
    AdminAuth,
    AdminSettings,
    AgentsSettings,
    ServerSettings,
    StoreSettings,
)

MOST_PORTS = 65535


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach *host*."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


class ServerSchema(Schema):
    """`server`."""

    host = Host()
    port = Whole(least=0, most=MOST_PORTS)
    max_body_bytes = Size()
    max_connections = Whole()
    max_inflight_bytes = Size()
    shutdown_grace = Duration()
    proxies = list_of(NetworkField())
    tls = fields.Nested(ServerTlsSchema)

    @across
    def _a_body_fits(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        names = ("max_inflight_bytes", "max_body_bytes")
        sizes = settled(data, given, ServerSettings(), *names)
        if sizes and sizes[0] < sizes[1]:
            raise ValidationError("Must be at least server.max_body_bytes.", names[0])

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ServerSettings:
        proxies = tuple(data.pop("proxies", ()))
        return ServerSettings(**data, proxies=proxies)


class AdminAuthSchema(Schema):
    """`admin.auth`; the keys of `jwt` are those of the sources' check."""

    type = one_of(("none", "token", "jwt"), load_default="none")
    token = Secrets()

    class Meta:
        """The keys of `jwt` are looked at after the type is known."""

        unknown = "include"

    @across
    def _keys_of_the_type(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        kind = data.get("type")
        rest = {key: value for key, value in given.items() if key not in ("type", "token")}
        problems: dict[str, Any] = {}
        if kind == "jwt":
            _, problems = attempt(JwtSchema(), rest, ("type",))
        elif kind is not None:
            valid = ("type", "token") if kind == "token" else ("type",)
            problems = {key: [unknown_key(str(key), valid)] for key in rest}
        if kind in ("jwt", "none") and "token" in given:
            problems["token"] = [f"Not a key of the type {kind}."]
        if kind == "token" and ("token" not in given or data.get("token") == ()):
            problems["token"] = ["Must not be empty."]
        if problems:
            raise ValidationError(problems)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AdminAuth:
        kind, tokens = data.pop("type"), data.pop("token", ())
        options = attempt(JwtSchema(), data)[0] if kind == "jwt" else None
        return AdminAuth(kind, tokens, options)


class AdminSchema(Schema):
    """`admin`."""

    host = Host()
    port = Whole(least=0, most=MOST_PORTS)
    auth = fields.Nested(AdminAuthSchema)

    @across
    def _strangers_show_something(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        host, auth = settled(data, given, AdminSettings(), "host", "auth") or ("localhost", None)
        if isinstance(auth, AdminAuth) and auth.type == "none" and not is_loopback(host):
            raise ValidationError(
                "The type none is for loopback only; valid here: token, jwt.", "auth"
            )

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AdminSettings:
        return AdminSettings(**data)


LEAST_DISK = 8 * 1024**2


class StoreSchema(Schema):
    """`store`."""

    engine = one_of(("sqlite",), later=("jetstream",))
    path = PathField()
    retention = Duration()
    max_untranslated = Whole()
    max_disk = Size()
    max_quarantine = Whole()
    max_dead_letters = Whole()
    max_held = Whole()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> StoreSettings:
        if data.get("max_disk", LEAST_DISK) < LEAST_DISK:
            raise ValidationError("Must be at least 8MiB.", "max_disk")
        return StoreSettings(**data)


class AgentsSchema(Schema):
    """`agents`."""

    files = list_of(PathField())
    wfm_id_from = list_of(Identifying())
    unmapped = one_of(("forward", "hold", "drop"))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AgentsSettings:
        lists = {name: tuple(data.get(name, ())) for name in ("files", "wfm_id_from")}
        return AgentsSettings(**data | lists)
