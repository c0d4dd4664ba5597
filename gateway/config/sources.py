"""`sources`: the keys that every source has, those of its check, and those of its mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields

from gateway.config.fields import NetworkField, list_of, messages_of, one_of, valid_of
from gateway.config.sections import is_loopback
from gateway.mapping.checks.options import Duration
from gateway.settings import SourceAuth, SourceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping.registry import Registry

OWN_KEYS = frozenset({"type", "auth", "accounts", "expect_every"})
NO_CHECK = "none"


class AccountId(fields.Field[str]):
    """An account as the platform writes it: a text, or a number read as its digits."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
            raise ValidationError("Must be a text.")
        return str(value).strip()


def common_schema(registry: Registry) -> Schema:
    """Return the schema of the keys that every source has."""
    return Schema.from_dict(
        {
            "type": one_of(registry.sources, required=True),
            "auth": fields.Dict(required=True),
            "accounts": list_of(AccountId(), load_default=list),
            "expect_every": Duration(load_default=None),
        },
        name="SourceSchema",
    )()


def auth_schema(registry: Registry) -> Schema:
    """Return the schema of the keys that every check has."""
    return Schema.from_dict(
        {
            "type": one_of([NO_CHECK, *registry.checks], required=True),
            "allow_from": list_of(NetworkField(), least=1, load_default=list),
        },
        name="SourceAuthSchema",
    )()


def load_source(
    name: str, raw: Mapping[str, Any], registry: Registry, host: str
) -> tuple[SourceSettings | None, list[str]]:
    """Read one source; return it with what should be warned of.

    Raises:
        ValidationError: with every problem, by key.
    """
    problems: dict[str, Any] = {}
    common: dict[str, Any] = {}
    own = {key: value for key, value in raw.items() if key in OWN_KEYS}
    try:
        common = common_schema(registry).load(own)
    except ValidationError as error:
        problems |= messages_of(error)
        common = valid_of(error)
    auth = _attempt("auth", problems, lambda: load_auth(common["auth"], registry, host), common)
    options = None
    if "type" in common:
        rest = {key: value for key, value in raw.items() if key not in OWN_KEYS}
        schema = registry.sources[common["type"]].options
        options = _attempt("", problems, lambda: schema().load(rest), common)
    if problems or auth is None:
        raise ValidationError(problems)
    settings = SourceSettings(
        name=name,
        mapping=registry.sources[common["type"]],
        auth=auth,
        options=options,
        accounts=frozenset(common["accounts"]),
    )
    return settings, _warnings(name, settings, common)


def _attempt(key: str, problems: dict[str, Any], load: Any, common: Mapping[str, Any]) -> Any:
    if key and key not in common:
        return None
    try:
        return load()
    except ValidationError as error:
        if key:
            problems[key] = messages_of(error)
        else:
            problems.update(messages_of(error))
        return None


def load_auth(raw: Mapping[str, Any], registry: Registry, host: str) -> SourceAuth:
    """Read a source's `auth`.

    Raises:
        ValidationError: with every problem, by key.
    """
    shared = {key: value for key, value in raw.items() if key in ("type", "allow_from")}
    rest = {key: value for key, value in raw.items() if key not in shared}
    problems: dict[str, Any] = {}
    try:
        common = auth_schema(registry).load(shared)
    except ValidationError as error:
        problems |= messages_of(error)
        common = valid_of(error)
    kind = common.get("type")
    options = None
    if kind == NO_CHECK:
        problems |= {key: ["Unknown key for the type none."] for key in rest}
        if not is_loopback(host):
            problems["type"] = [
                f"The type none needs a loopback server.host; valid: {', '.join(registry.checks)}."
            ]
    elif kind is not None:
        options = _attempt("", problems, lambda: registry.checks[kind].options().load(rest), common)
    if problems or kind is None:
        raise ValidationError(problems)
    return SourceAuth(
        type=kind,
        check=registry.checks.get(kind),
        options=options,
        allow_from=tuple(common["allow_from"]),
        usable=getattr(options, "usable", True),
    )


def _warnings(name: str, source: SourceSettings, common: Mapping[str, Any]) -> list[str]:
    found = []
    if not source.accounts:
        found.append(f"sources.{name}: no accounts: records of every account are accepted")
    if not source.auth.usable:
        found.append(f"sources.{name}.auth: every credential is empty: it answers 503")
    if common["expect_every"] is not None:
        found.append(f"sources.{name}.expect_every: has no effect in this version")
    return found
