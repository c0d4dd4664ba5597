"""`tls`, of the server and of a destination: files that hold what they should."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, post_load

from gateway.config.fields import ExistingFile
from gateway.mapping.checks.options import across
from gateway.settings import ClientTls, ServerTls

if TYPE_CHECKING:
    from pathlib import Path


class ServerTlsSchema(Schema):
    """`server.tls`."""

    certificate = ExistingFile(required=True)
    private_key = ExistingFile(required=True)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ServerTls:
        _load_pair(data["certificate"], data["private_key"])
        return ServerTls(**data)


class ClientTlsSchema(Schema):
    """`tls` of a destination."""

    ca = ExistingFile()
    certificate = ExistingFile()
    private_key = ExistingFile()

    @across
    def _key_of_something(self, _data: dict[str, Any], given: dict[str, Any]) -> None:
        if "private_key" in given and "certificate" not in given:
            raise ValidationError("Needs a certificate.", field_name="private_key")

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ClientTls:
        if "certificate" in data:
            _load_pair(data["certificate"], data.get("private_key"))
        if "ca" in data:
            _load_authority(data["ca"])
        return ClientTls(**data)


def _load_pair(certificate: Path, private_key: Path | None) -> None:
    try:
        # Without a password of ours OpenSSL would ask for one at the terminal.
        _context().load_cert_chain(certificate, private_key, password="")
    except (OSError, ValueError):
        wanted = "Must be a certificate in PEM with the private key that belongs to it, readable"
        raise ValidationError(
            f"{wanted} and without a password.", field_name="certificate"
        ) from None


def _load_authority(ca: Path) -> None:
    try:
        _context().load_verify_locations(ca)
    except (OSError, ValueError):
        raise ValidationError("Must hold certificates in PEM.", field_name="ca") from None


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
