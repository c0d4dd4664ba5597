"""The sections `server`, `admin`, `store` and `agents`: YAML in, settings out."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.config.fields import (
    Host,
    NetworkField,
    NotYet,
    PathField,
    Size,
    Whole,
    attempt,
    list_of,
    one_of,
    unknown_key,
)
from gateway.config.tls import ServerTlsSchema
from gateway.mapping.checks.jwt_options import JwtSchema
from gateway.mapping.checks.options import Duration, Secrets
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

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ServerSettings:
        proxies = tuple(data.pop("proxies", ()))
        settings = ServerSettings(**data, proxies=proxies)
        if settings.max_inflight_bytes < settings.max_body_bytes:
            raise ValidationError(
                "Must be at least server.max_body_bytes.", field_name="max_inflight_bytes"
            )
        return settings


class AdminAuthSchema(Schema):
    """`admin.auth`; the keys of `jwt` are those of the sources' check."""

    type = one_of(("none", "token", "jwt"), load_default="none")
    token = Secrets()

    class Meta:
        """The keys of `jwt` are looked at after the type is known."""

        unknown = "include"

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AdminAuth:
        kind, tokens = data.pop("type"), data.pop("token", ())
        if kind == "jwt":
            if tokens:
                raise ValidationError("Not a key of the type jwt.", field_name="token")
            options, problems = attempt(JwtSchema(), data, ("type",))
            if problems:
                raise ValidationError(problems)
            return AdminAuth("jwt", jwt_options=options)
        if data:
            valid = ("type", "token") if kind == "token" else ("type",)
            raise ValidationError({key: [unknown_key(str(key), valid)] for key in data})
        if kind == "token" and not tokens:
            raise ValidationError("Must not be empty.", field_name="token")
        if kind == "none" and tokens:
            raise ValidationError("Not a key of the type none.", field_name="token")
        return AdminAuth(kind, tuple(tokens))


class AdminSchema(Schema):
    """`admin`."""

    host = Host()
    port = Whole(least=0, most=MOST_PORTS)
    auth = fields.Nested(AdminAuthSchema)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AdminSettings:
        settings = AdminSettings(**data)
        if settings.auth.type == "none" and not is_loopback(settings.host):
            raise ValidationError(
                "The type none is for loopback only; valid here: token, jwt.", field_name="auth"
            )
        return settings


class StoreSchema(Schema):
    """`store`."""

    engine = one_of(("sqlite",), later=("jetstream",))
    path = PathField()
    retention = Duration()
    max_untranslated = Whole()
    max_disk = NotYet()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> StoreSettings:
        return StoreSettings(**data)


class AgentsSchema(Schema):
    """`agents`."""

    files = list_of(PathField())
    unmapped = one_of(("forward", "hold", "drop"))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> AgentsSettings:
        return AgentsSettings(**{**data, "files": tuple(data.get("files", ()))})
