"""A destination whose mapping makes files: where they go, and which intervals are in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.config.fields import ExistingFile, Flag, Positive, attempt, list_of, one_of
from gateway.config.figures import Minutes, Zone
from gateway.mapping.checks.options import Duration, SecretField, across
from gateway.settings import (
    IDENTIFIERS,
    FileDestinationSettings,
    FolderSettings,
    IntervalSettings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gateway.mapping.files import FileMapping
    from gateway.mapping.registry import Registry
    from gateway.model.secret import Secret

IDENTIFY_BY = ("wfm_id", "external_id", "id")
VALID = "Not a folder; valid: file:///srv/wfm, sftp://user@sftp.example.com:22/incoming."
SFTP_PORT = 22
AUTH_KEYS = {
    "none": frozenset[str](),
    "password": frozenset({"password"}),
    "key": frozenset({"private_key", "passphrase"}),
}
HOST_KEYS = frozenset({"known_hosts", "any_host"})
"""What says which host is believed; they go with any type but `none`."""

NEEDED = {"none": (), "password": ("password",), "key": ("private_key",)}


@dataclass(frozen=True, slots=True)
class Admission:
    """What `auth` says."""

    type: str = "none"
    password: Secret | None = None
    private_key: Path | None = None
    passphrase: Secret | None = None
    known_hosts: Path | None = None
    any_host: bool = False


class FolderAuthSchema(Schema):
    """`auth` of a folder."""

    type = one_of(AUTH_KEYS, load_default="none")
    password = SecretField()
    private_key = ExistingFile()
    passphrase = SecretField()
    known_hosts = ExistingFile()
    any_host = Flag(load_default=False)

    @across
    def _keys_of_the_type(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        kind = data.get("type", "")
        allowed = AUTH_KEYS.get(kind, frozenset(given)) | (HOST_KEYS if kind != "none" else set())
        problems = {
            key: ["Missing data for required field."]
            for key in NEEDED.get(kind, ())
            if key not in given
        }
        problems |= {
            key: [f"Not a key of the type {kind}."] for key in set(given) - {"type"} - allowed
        }
        if kind != "none" and ("known_hosts" in given) == bool(data.get("any_host")):
            problems["known_hosts"] = ["Either a file of the hosts believed, or any_host: true."]
        if problems:
            raise ValidationError(problems)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> Admission:
        return Admission(**data)


class FolderUrl(fields.Field[str]):
    """The address of a folder: ``file:///dir`` or ``sftp://user@host:port/dir``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not value.isprintable() or set(value) & set(" {}?#"):
            raise ValidationError(VALID)
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            raise ValidationError(VALID) from None
        is_local = parts.scheme == "file" and parts.netloc in ("", "localhost")
        is_there = parts.scheme == "sftp" and parts.hostname and port != 0
        if not (is_local or is_there) or not parts.path.startswith("/") or "\0" in unquote(value):
            raise ValidationError(VALID)
        if is_there and not parts.username:
            raise ValidationError(f"Whose folder is it? {VALID}")
        if parts.password is not None:
            raise ValidationError("A password stands in auth, not in the URL.")
        return value


def file_destination_schema(registry: Registry, sources: Iterable[str]) -> Schema:
    """Return the schema of one destination that gets files."""
    return Schema.from_dict(
        {
            "mapping": one_of({*registry.destinations, *registry.files}, required=True),
            "url": FolderUrl(required=True),
            "auth": fields.Nested(FolderAuthSchema, load_default=Admission),
            "options": fields.Dict(load_default=dict),
            "sources": list_of(one_of(sources), least=1),
            "include": list_of(one_of(("agent_contact",)), load_default=list),
            "identify_by": list_of(one_of(IDENTIFIERS), least=1, load_default=lambda: IDENTIFY_BY),
            "timeout": Positive(load_default=timedelta(seconds=30)),
            "minutes": Minutes(),
            "timezone": Zone(),
            "booked_by": one_of(("arrival", "end")),
            "grace": Duration(),
            "incomplete": one_of(("mark", "withhold"), load_default="mark"),
        },
        name="FileDestinationSchema",
    )()


def load_file_destination(
    name: str,
    raw: Mapping[str, Any],
    registry: Registry,
    sources: Iterable[str],
    cut: IntervalSettings,
) -> tuple[FileDestinationSettings, list[str]]:
    """Read one destination that gets files; what it does not say of intervals is as *cut*.

    Raises:
        ValidationError: with every problem, by key.
    """
    data, problems = attempt(file_destination_schema(registry, sources), raw)
    mapping = registry.files[raw["mapping"]]
    options, wrong = attempt(mapping.options(), data.get("options", {}))
    problems |= {"options": wrong} if wrong else {}
    problems |= _disagreements(mapping, data)
    if problems:
        raise ValidationError(problems)
    warnings = []
    if data["auth"].any_host:
        warnings.append(f"destinations.{name}.auth.any_host: anybody may claim to be the host")
    return _settings(name, mapping, options, data, cut), warnings


def _disagreements(mapping: FileMapping, data: Mapping[str, Any]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if "minutes" in data and data["minutes"] not in mapping.minutes:
        valid = ", ".join(map(str, sorted(mapping.minutes)))
        problems["minutes"] = [f"The mapping {mapping.name} has intervals of {valid} minutes."]
    if "timezone" in data and mapping.zone is not None:
        problems["timezone"] = [f"The mapping {mapping.name} tells all times in {mapping.zone}."]
    admission = data.get("auth")
    if isinstance(admission, Admission) and "url" in data:
        is_local = urlsplit(data["url"]).scheme == "file"
        if is_local and admission.type != "none":
            problems["auth"] = ["A folder of this machine needs none."]
        if not is_local and admission.type == "none":
            problems["auth"] = ["SFTP needs type password or key, and known_hosts."]
    return problems


def _settings(
    name: str, mapping: FileMapping, options: Any, data: dict[str, Any], cut: IntervalSettings
) -> FileDestinationSettings:
    minutes = data.get("minutes")
    if minutes is None:
        minutes = cut.minutes if cut.minutes in mapping.minutes else min(mapping.minutes)
    zone = ZoneInfo(data["timezone"]) if "timezone" in data else cut.zone
    return FileDestinationSettings(
        name=name,
        mapping=mapping,
        url=data["url"],
        folder=_folder(data["url"], data["auth"], data["timeout"]),
        options=options,
        sources=frozenset(data["sources"]) if "sources" in data else None,
        include=frozenset(data["include"]),
        identify_by=tuple(data["identify_by"]),
        minutes=minutes,
        zone=mapping.zone or zone,
        booked_by=data.get("booked_by", cut.booked_by),
        grace=data.get("grace", cut.grace),
        incomplete=data["incomplete"],
        service_level=cut.service_level,
        short_abandon=cut.short_abandon,
    )


def _folder(url: str, admission: Admission, timeout: timedelta) -> FolderSettings:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme == "file":
        return FolderSettings(path, timeout=timeout)
    return FolderSettings(
        path=path.removeprefix("/~/") or "." if path.startswith("/~/") else path,
        host=parts.hostname,
        port=parts.port or SFTP_PORT,
        username=unquote(parts.username or ""),
        password=admission.password,
        private_key=admission.private_key,
        passphrase=admission.passphrase,
        known_hosts=admission.known_hosts,
        timeout=timeout,
    )
