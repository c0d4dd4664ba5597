"""The configuration's JSON Schema (2020-12), made from the schemas that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.config.destinations import destination_schema
from gateway.config.load import NAME
from gateway.config.sections import AdminSchema, AgentsSchema, ServerSchema, StoreSchema
from gateway.config.sources import auth_schema, common_schema
from gateway.mapping.json_schema import object_schema

if TYPE_CHECKING:
    from marshmallow import Schema

    from gateway.mapping.registry import Registry

NAMES = {"pattern": f"^{NAME.pattern}$"}
FILLED_IN = "Any text may hold ${NAME}, ${NAME:-default} or ${file:PATH}."


def config_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of the configuration with the plugins of *registry*."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wfm-gateway configuration",
        "description": FILLED_IN,
        "type": "object",
        "additionalProperties": False,
        "required": ["sources"],
        "properties": {
            "server": object_schema(ServerSchema()),
            "admin": object_schema(AdminSchema()),
            "store": object_schema(StoreSchema()),
            "agents": object_schema(AgentsSchema()),
            "sources": _named([_source(name, registry) for name in sorted(registry.sources)]),
            "destinations": _named(
                [_destination(name, registry) for name in sorted(registry.destinations)]
            ),
        },
    }


def _named(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": NAMES,
        "additionalProperties": {"oneOf": kinds},
    }


def _source(name: str, registry: Registry) -> dict[str, Any]:
    described = object_schema(common_schema(registry))
    own = object_schema(registry.sources[name].options())
    described["properties"] |= own["properties"] | {"type": {"const": name}}
    described["properties"]["auth"] = {"oneOf": [_none(registry), *_checks(registry)]}
    return described


def _checks(registry: Registry) -> list[dict[str, Any]]:
    return [
        _auth(name, check.options(), registry) for name, check in sorted(registry.checks.items())
    ]


def _none(registry: Registry) -> dict[str, Any]:
    described = object_schema(auth_schema(registry))
    described["properties"]["type"] = {"const": "none"}
    return described


def _auth(name: str, options: Schema, registry: Registry) -> dict[str, Any]:
    described = object_schema(auth_schema(registry))
    own = object_schema(options)
    described["properties"] |= own["properties"] | {"type": {"const": name}}
    described["required"] = [*described["required"], *own.get("required", ())]
    return described


def _destination(name: str, registry: Registry) -> dict[str, Any]:
    described = object_schema(destination_schema(registry, ()))
    described["properties"]["mapping"] = {"const": name}
    described["properties"]["options"] = object_schema(registry.destinations[name].options())
    described["properties"]["sources"] = {"type": "array", "items": NAMES}
    return described
