"""`sources`: the keys that every source has, those of its check, and those of its mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields

from gateway.config.feeds import FILL, PRIMARY
from gateway.config.fields import (
    NetworkField,
    Positive,
    attempt,
    attempt_options,
    list_of,
    one_of,
    unknown_key,
)
from gateway.config.reconcile import ReconcileSchema, reconcile_of
from gateway.config.sections import is_loopback
from gateway.settings import SourceAuth, SourceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping.registry import Registry

ALARMING = ("expect_every", "ghost_after", "wrap_up_limit")
"""Durations beyond which there is an alarm; off unless given."""

OWN_KEYS = frozenset({"type", "auth", "accounts", "agents_of", "states", "reconcile", *ALARMING})
AUTH_KEYS = ("type", "allow_from")
NO_CHECK = "none"


class AccountId(fields.Field[str]):
    """An account as the platform writes it: a text, or a number read as its digits."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
            raise ValidationError("Must be a text (what YAML reads otherwise needs quotes).")
        return str(value).strip()


def common_schema(registry: Registry) -> Schema:
    """Return the schema of the keys that every source has."""
    return Schema.from_dict(
        {
            "type": one_of(registry.sources, required=True),
            "auth": fields.Dict(required=True),
            "accounts": list_of(AccountId(), load_default=list),
            "agents_of": fields.String(load_default=None),
            "states": one_of([FILL, PRIMARY], load_default=None),
            "reconcile": fields.Nested(ReconcileSchema, load_default=None),
            **{key: Positive(load_default=None) for key in ALARMING},
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
) -> tuple[SourceSettings, list[str]]:
    """Read one source; return it with what should be warned of.

    Raises:
        ValidationError: with every problem, by key.
    """
    own = {key: value for key, value in raw.items() if key in OWN_KEYS}
    common, problems = attempt(common_schema(registry), own)
    mapping = registry.sources.get(common.get("type", ""))
    options = auth = None
    if mapping is not None:
        rest = {key: value for key, value in raw.items() if key not in OWN_KEYS}
        options, wrong = attempt_options(mapping.name, mapping.options, rest, OWN_KEYS)
        problems |= wrong
    if "auth" in common:
        auth, wrong = load_auth(common["auth"], registry, host)
        problems |= {"auth": wrong} if wrong else {}
    if common.get("states") is not None and common.get("agents_of") is None:
        problems["states"] = ["Goes with agents_of: whose word counts where two feeds tell."]
    if problems or mapping is None or auth is None:
        raise ValidationError(problems)
    reconcile = reconcile_of(mapping, options, common["reconcile"])
    alarming = {key: common[key] for key in ALARMING}
    agents_of = common["agents_of"]
    settings = SourceSettings(
        name,
        mapping,
        auth,
        options,
        frozenset(common["accounts"]),
        agents_of=agents_of,
        fills=None if agents_of is None else common["states"] != PRIMARY,
        reconcile=reconcile,
        **alarming,
    )
    return settings, _warnings(name, settings)


def load_auth(
    raw: Mapping[str, Any], registry: Registry, host: str
) -> tuple[SourceAuth | None, dict[str, Any]]:
    """Read a source's `auth`; return it, or what is wrong by key."""
    shared = {key: value for key, value in raw.items() if key in AUTH_KEYS}
    rest = {key: value for key, value in raw.items() if key not in shared}
    common, problems = attempt(auth_schema(registry), shared)
    kind = common.get("type")
    check = registry.checks.get(kind or "")
    options = None
    if kind == NO_CHECK:
        problems |= {key: [unknown_key(str(key), AUTH_KEYS)] for key in rest}
        if not is_loopback(host):
            valid = ", ".join(sorted(registry.checks))
            problems["type"] = [f"The type none needs a loopback server.host; valid: {valid}."]
    elif check is not None:
        options, wrong = attempt_options(check.name, check.options, rest, AUTH_KEYS)
        problems |= wrong
    if problems or kind is None:
        return None, problems
    usable = bool(getattr(options, "usable", True))
    return SourceAuth(kind, check, options, tuple(common["allow_from"]), usable), {}


def _warnings(name: str, source: SourceSettings) -> list[str]:
    found = []
    if not source.accounts:
        found.append(f"sources.{name}: no accounts: records of every account are accepted")
    if not source.auth.usable:
        found.append(f"sources.{name}.auth: every credential is empty: it answers 503")
    return found
