"""`destinations`: the keys that every destination has, and its mapping's `options`."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate

from gateway.config.expand import pieces_in
from gateway.config.fields import (
    Flag,
    Off,
    Positive,
    Rate,
    Url,
    Whole,
    attempt,
    attempt_options,
    list_of,
    one_of,
    settled,
)
from gateway.config.sections import is_loopback
from gateway.config.snapshots import SnapshotSchema, snapshot_problem
from gateway.config.tls import ClientTlsSchema
from gateway.mapping.checks.options import Duration, SecretField, across
from gateway.mapping.destination import Clock, clock_of, max_batch_of
from gateway.model.errors import failure_of
from gateway.model.event import EventType
from gateway.model.secret import Secret, holds_secret, texts_in
from gateway.settings import (
    IDENTIFIERS,
    INCLUDABLE,
    BatchSettings,
    CircuitSettings,
    ClientTls,
    DestinationAuth,
    DestinationSettings,
    RetrySettings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.mapping.destination import DestinationMapping
    from gateway.mapping.registry import Registry

STALE_AFTER = timedelta(minutes=15)
SHORTEST_FILLED_IN = 4
"""Characters of what was filled in and is taken for a secret: `1` is not one."""

IDENTIFY_BY = ("wfm_id", "external_id", "id")
EVENTS = tuple(kind.value for kind in EventType)
HEADER_NAME = validate.Regexp(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", error="Not the name of a header.")
NOT_OURS = validate.Regexp(
    r"(?!(?:host|connection|content-length|transfer-encoding)\Z)",
    re.IGNORECASE,
    error="A header that the request itself needs.",
)

AUTH_KEYS = {
    "none": frozenset[str](),
    "header": frozenset({"name", "value"}),
    "basic": frozenset({"username", "password"}),
    "bearer": frozenset({"token"}),
}


@dataclass(frozen=True, slots=True)
class Admission:
    """What `auth` says: credentials, TLS, and whether a secret may travel unencrypted."""

    auth: DestinationAuth = field(default_factory=DestinationAuth)
    tls: ClientTls | None = None
    plaintext: bool = False


class AuthSchema(Schema):
    """`auth` of a destination."""

    type = one_of(AUTH_KEYS, later=("oauth2", "jwt", "hmac"), load_default="none")
    name = fields.String(validate=[HEADER_NAME, NOT_OURS])
    value = SecretField()
    username = fields.String(validate=validate.ContainsNoneOf(":", error="May not hold a colon."))
    password = SecretField(may_be_empty=True)
    token = SecretField()
    tls = fields.Nested(ClientTlsSchema, load_default=None)
    plaintext = Flag(load_default=False)

    @across
    def _keys_of_the_type(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        kind = data.get("type", "")
        wanted = AUTH_KEYS.get(kind, frozenset(given))
        keys = frozenset[str]().union(*AUTH_KEYS.values()) & set(given)
        problems = {key: ["Missing data for required field."] for key in wanted - set(given)}
        problems |= {key: [f"Not a key of the type {kind}."] for key in keys - wanted}
        problems |= {
            key: ["May not hold control characters."]
            for key, value in data.items()
            if isinstance(value, Secret) and not value.reveal().isprintable()
        }
        if problems:
            raise ValidationError(problems)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> Admission:
        kind, tls, plaintext = (data.pop(key) for key in ("type", "tls", "plaintext"))
        return Admission(DestinationAuth(kind, _headers(kind, data)), tls, plaintext)


def _headers(kind: str, data: dict[str, Any]) -> tuple[tuple[str, Secret], ...]:
    match kind:
        case "header":
            return ((data["name"], data["value"]),)
        case "basic":
            pair = f"{data['username']}:{data['password'].reveal()}".encode()
            return (("Authorization", Secret(f"Basic {b64encode(pair).decode()}")),)
        case "bearer":
            return (("Authorization", Secret(f"Bearer {data['token'].reveal()}")),)
    return ()


class RetrySchema(Schema):
    """`retry`."""

    first = Positive()
    max = Positive()
    give_up_after = Duration()
    suspect_after = Whole(least=2)

    @across
    def _grows(self, data: dict[str, Any], given: dict[str, Any]) -> None:
        waits = settled(data, given, RetrySettings(), "max", "first")
        if waits and waits[0] < waits[1]:
            raise ValidationError("Must be at least retry.first.", "max")

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> RetrySettings:
        return RetrySettings(**data)


class CircuitSchema(Schema):
    """`circuit`."""

    failures = Whole()
    probe_after = Positive()

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> CircuitSettings:
        return CircuitSettings(**data)


class BatchSchema(Schema):
    """`batch`."""

    max_events = Whole(required=True)
    max_wait = Duration(load_default=timedelta(milliseconds=250))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> BatchSettings:
        return BatchSettings(**data)


def destination_schema(registry: Registry, sources: Iterable[str]) -> Schema:
    """Return the schema of one destination."""
    return Schema.from_dict(
        {
            "mapping": one_of({*registry.destinations, *registry.files}, required=True),
            "url": Url(required=True),
            "auth": fields.Nested(AuthSchema, load_default=Admission),
            "tls": fields.Nested(ClientTlsSchema),
            "options": fields.Dict(load_default=dict),
            "events": list_of(one_of(EVENTS), least=1),
            "sources": list_of(one_of(sources), least=1),
            "include": list_of(one_of(INCLUDABLE), load_default=list),
            "identify_by": list_of(one_of(IDENTIFIERS), least=1, load_default=lambda: IDENTIFY_BY),
            "timeout": Positive(),
            "concurrency": Whole(most=10_000),
            "rate_limit": Rate(),
            "batch": fields.Nested(BatchSchema),
            "retry": fields.Nested(RetrySchema),
            "circuit": fields.Nested(CircuitSchema),
            "order": one_of(("agent", "none")),
            "settle": Duration(),
            "superseded": one_of(("skip", "send")),
            "stale_after": Off(),
            "max_backlog": Whole(),
            "snapshot": fields.Nested(SnapshotSchema),
        },
        name="DestinationSchema",
    )()


def load_destination(
    name: str, raw: Mapping[str, Any], registry: Registry, sources: Iterable[str]
) -> tuple[DestinationSettings, list[str]]:
    """Read one destination; return it with what should be warned of.

    Raises:
        ValidationError: with every problem, by key.
    """
    data, problems = attempt(destination_schema(registry, sources), raw)
    mapping = registry.destinations.get(data.get("mapping", ""))
    options = None
    if mapping is not None:
        given = data.get("options", {})
        options, wrong = attempt_options(mapping.name, mapping.options, given)
        wrong = wrong or _undecided(mapping, options)
        problems |= {"options": wrong} if wrong else {}
        data["filled_in"] = _filled_in(raw, options)
        data["most"] = mapping.max_batch if wrong else max_batch_of(mapping, options)
        problems |= _disagreements(mapping, data, options)
    if problems or mapping is None:
        raise ValidationError(problems)
    return _settings(name, mapping, options, data), _warnings(
        name, clock_of(mapping, options), data
    )


def _undecided(mapping: DestinationMapping, options: Any) -> dict[str, Any]:
    """Return what is wrong with what the mapping lets its options decide."""
    try:
        clock: Any = clock_of(mapping, options)
        most: Any = max_batch_of(mapping, options)
    except Exception as problem:  # noqa: BLE001 - a stranger's code
        return {"_schema": [failure_of(mapping.name, problem)]}
    if isinstance(clock, Clock) and type(most) is int and most > 0:
        return {}
    return {"_schema": [f"mapping {mapping.name} failed: no clock, or no size of batches"]}


def _filled_in(raw: Mapping[str, Any], options: Any) -> tuple[Secret, ...]:
    """Return what was filled in into the options, as far as it is a text in them still."""
    texts = tuple(texts_in(options))
    pieces = dict.fromkeys(pieces_in(raw.get("options")))
    return tuple(
        Secret(piece)
        for piece in pieces
        if len(piece) >= SHORTEST_FILLED_IN and any(piece in text for text in texts)
    )


def _disagreements(
    mapping: DestinationMapping, data: Mapping[str, Any], options: Any
) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    batch = data.get("batch")
    most = data["most"]
    if isinstance(batch, BatchSettings) and batch.max_events > most:
        words = f"at most {most} events" if most > 1 else _no_batches(mapping)
        problems["batch"] = [f"The mapping {mapping.name} takes {words}."]
    no_snapshot = snapshot_problem(mapping, data)
    if no_snapshot is not None:
        problems["snapshot"] = [no_snapshot]
    admission = data.get("auth")
    if isinstance(admission, Admission) and "url" in data:
        parts = urlsplit(data["url"])
        is_open = parts.scheme == "http" and not is_loopback(parts.hostname or "")
        has_secret = admission.auth.headers or holds_secret(options) or data["filled_in"]
        if has_secret and is_open and not admission.plaintext:
            problems["url"] = [
                "Plain http would show the secret; use https, or auth.plaintext: true."
            ]
        if admission.tls is not None and "tls" in data:
            problems["tls"] = ["Stands in auth already."]
    return problems


def _no_batches(mapping: DestinationMapping) -> str:
    return "no batches" if mapping.max_batch == 1 else "no batches with these options"


def _settings(
    name: str, mapping: DestinationMapping, options: Any, data: dict[str, Any]
) -> DestinationSettings:
    keeps_time = clock_of(mapping, options) is Clock.EVENT
    plain = {
        key: data[key]
        for key in (
            *("timeout", "concurrency", "rate_limit", "batch", "retry", "circuit", "order"),
            *("settle", "max_backlog", "snapshot", "filled_in"),
        )
        if key in data
    }
    plain.setdefault("rate_limit", mapping.rate_limit)
    return DestinationSettings(
        name=name,
        mapping=mapping,
        url=data["url"],
        auth=data["auth"].auth,
        tls=data.get("tls") or data["auth"].tls,
        options=options,
        states=mapping.states(options),
        events=frozenset(EventType(each) for each in data.get("events", ())) or mapping.events,
        sources=frozenset(data["sources"]) if "sources" in data else None,
        include=frozenset(data["include"]),
        identify_by=tuple(data["identify_by"]),
        superseded=data.get("superseded", "send" if keeps_time else "skip"),
        stale_after=data.get("stale_after", None if keeps_time else STALE_AFTER),
        **plain,
    )


def _warnings(name: str, clock: Clock, data: Mapping[str, Any]) -> list[str]:
    found = []
    at = f"destinations.{name}"
    if clock is Clock.RECEIPT and data.get("superseded") == "send":
        found.append(f"{at}.superseded: send shows this vendor, who stamps on arrival, old states")
    if clock is Clock.EVENT and data.get("superseded") == "skip":
        found.append(f"{at}.superseded: skip leaves gaps in the history that this vendor keeps")
    if clock is Clock.EVENT and data.get("stale_after") is not None:
        found.append(f"{at}.stale_after: leaves gaps in the history that this vendor keeps")
    return found
