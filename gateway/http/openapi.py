"""The admin API's OpenAPI 3.1 document, made from the operations and their schemas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gateway.mapping.json_schema import by_key, field_schema, object_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marshmallow import Schema

    from gateway.http.operation import Operation

PREFIX = "/api/v1"
_IN_BRACES = re.compile(r"\{(\w+)\}")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error_count": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSALS = {
    "401": "credentials missing",
    "403": "credentials wrong, or not enough",
    "404": "what is named is not there",
    "409": "it cannot be done now",
    "422": "the parameters are wrong",
    "503": "the store cannot be used now",
}


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = paths.setdefault(PREFIX + operation.path, {})
        path[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "wfm-gateway admin API", "version": version},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"bearer": []}],
    }


WHY = {"type": ["string", "null"], "description": "kept in the audit", "maxLength": 500}


def names_in_path(path: str) -> list[str]:
    """Return the names in braces."""
    return _IN_BRACES.findall(path)


def _described(operation: Operation) -> dict[str, Any]:
    schema = operation.params()
    named = names_in_path(operation.path)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [_parameter(name, schema, "path") for name in named],
        "responses": {"200": {"description": "done", "content": {"application/json": {}}}}
        | {status: _refusal(text) for status, text in _REFUSALS.items()},
    }
    if operation.method == "GET":
        rest = [name for name in by_key(schema) if name not in named]
        described["parameters"] += [_parameter(name, schema, "query") for name in rest]
    else:
        asked = object_schema(schema, without=named)
        if operation.changes:
            asked["properties"] = asked.get("properties", {}) | {"why": WHY}
            described["security"] = [{"bearer": []}]
        described["requestBody"] = {"content": {"application/json": {"schema": asked}}}
    return described


def _parameter(name: str, schema: Schema, place: str) -> dict[str, Any]:
    field = by_key(schema).get(name)
    return {
        "name": name,
        "in": place,
        "required": place == "path" or (field is not None and field.required),
        "schema": {"type": "string"} if field is None else field_schema(field),
    }


def _refusal(text: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": text, "content": {"application/problem+json": reference}}
