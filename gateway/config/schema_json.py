"""The configuration's JSON Schema (2020-12), made from the schemas that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.config.destinations import destination_schema
from gateway.config.figures import IntervalsSchema, LedgerSchema
from gateway.config.filing import file_destination_schema
from gateway.config.load import NAME
from gateway.config.sections import (
    AdminAuthSchema,
    AdminSchema,
    AgentsSchema,
    ServerSchema,
    StoreSchema,
)
from gateway.config.sources import auth_schema, common_schema
from gateway.mapping.checks.jwt_options import JwtSchema
from gateway.mapping.json_schema import object_schema

if TYPE_CHECKING:
    from gateway.mapping.registry import Registry

NAMES = {"pattern": f"^{NAME.pattern}$"}
FILLED_IN = "Any text may hold ${NAME}, ${NAME:-default} or ${file:PATH}."
REFERENCE = {"type": "string", "pattern": r"\$\{"}
"""A text that is something else once it is filled in."""


def config_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of the configuration with the plugins of *registry*."""
    sources = [_source(name, registry) for name in sorted(registry.sources)]
    destinations = [_destination(name, registry) for name in sorted(registry.destinations)]
    destinations += [_file_destination(name, registry) for name in sorted(registry.files)]
    sections = {
        "server": _or_absent(object_schema(ServerSchema())),
        "admin": _or_absent(_admin()),
        "store": _or_absent(object_schema(StoreSchema())),
        "ledger": _or_absent(object_schema(LedgerSchema())),
        "intervals": _or_absent(object_schema(IntervalsSchema())),
        "agents": _or_absent(object_schema(AgentsSchema())),
        "sources": _named(sources),
        "destinations": _or_absent(_named(destinations)),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wfm-gateway configuration",
        "description": FILLED_IN,
        "type": "object",
        "additionalProperties": False,
        "required": ["sources"],
        "properties": {name: _or_filled_in(each) for name, each in sections.items()},
    }


def _or_absent(described: dict[str, Any]) -> dict[str, Any]:
    return described | {"type": ["object", "null"]}


def _or_filled_in(described: dict[str, Any]) -> dict[str, Any]:
    """Let every single value of *described* be a reference as well."""
    if "anyOf" in described:
        return described | {"anyOf": [_or_filled_in(each) for each in described["anyOf"]]}
    if "items" in described:
        return described | {"items": _or_filled_in(described["items"])}
    if isinstance(inner := described.get("additionalProperties"), dict):
        return described | {"additionalProperties": _or_filled_in(inner)}
    if "properties" in described:
        inner = {name: _or_filled_in(each) for name, each in described["properties"].items()}
        return described | {"properties": inner}
    shape = {word: each for word, each in described.items() if word != "default"}
    if not shape or shape.get("type") in ("object", "array"):
        return described
    default = {"default": described["default"]} if "default" in described else {}
    return default | {"anyOf": [shape, REFERENCE]}


def _named(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": NAMES,
        "additionalProperties": {"anyOf": kinds},
    }


def _kind(described: dict[str, Any], name: str, own: dict[str, Any]) -> dict[str, Any]:
    """Return *described* as the type *name*, which has keys of its *own*."""
    required = [*described.get("required", ()), *own.get("required", ())]
    properties = described["properties"] | own["properties"] | {"type": {"const": name}}
    return described | {"properties": properties, "required": required}


def _admin() -> dict[str, Any]:
    described = object_schema(AdminSchema())
    auth = object_schema(AdminAuthSchema(only=("type",)))
    described["properties"]["auth"] = {
        "anyOf": [
            _kind(auth, "none", {"properties": {}}),
            _kind(auth, "token", object_schema(AdminAuthSchema(only=("token",)))),
            _kind(auth, "jwt", object_schema(JwtSchema())),
        ]
    }
    return described


def _source(name: str, registry: Registry) -> dict[str, Any]:
    described = _kind(
        object_schema(common_schema(registry)),
        name,
        object_schema(registry.sources[name].options()),
    )
    auth = object_schema(auth_schema(registry))
    checks = [
        _kind(auth, check, object_schema(registry.checks[check].options()))
        for check in sorted(registry.checks)
    ]
    described["properties"]["auth"] = {"anyOf": [_kind(auth, "none", {"properties": {}}), *checks]}
    return described


def _file_destination(name: str, registry: Registry) -> dict[str, Any]:
    described = object_schema(file_destination_schema(registry, ()))
    described["properties"]["mapping"] = {"const": name}
    described["properties"]["options"] = object_schema(registry.files[name].options())
    described["properties"]["sources"] = {"type": "array", "items": NAMES}
    return described


def _destination(name: str, registry: Registry) -> dict[str, Any]:
    described = object_schema(destination_schema(registry, ()))
    described["properties"]["mapping"] = {"const": name}
    described["properties"]["options"] = object_schema(registry.destinations[name].options())
    described["properties"]["sources"] = {"type": "array", "items": NAMES}
    return described
