"""JSON Schema (2020-12) of what a marshmallow schema loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.Number, {"type": "number"}),
    (fields.String, {"type": "string"}),
    (fields.Mapping, {"type": "object"}),
)


def object_schema(schema: Schema, *, without: Iterable[str] = ()) -> dict[str, Any]:
    """Return the JSON Schema of what *schema* loads, *without* some of its keys."""
    left_out = set(without)
    shown = {name: field for name, field in by_key(schema).items() if name not in left_out}
    described: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: field_schema(field) for name, field in shown.items()},
    }
    required = [name for name, field in shown.items() if field.required]
    return described | ({"required": required} if required else {})


def by_key(schema: Schema) -> dict[str, fields.Field[Any]]:
    """Return the fields by the key under which each is given."""
    return {field.data_key or name: field for name, field in schema.load_fields.items()}


def field_schema(field: fields.Field[Any]) -> dict[str, Any]:
    """Return the JSON Schema of one field."""
    described: dict[str, Any] = _type_of(field) | field.metadata.get("json_schema", {})
    for validator in field.validators:
        described |= _bounds(validator, described.get("type"))
    if field.allow_none and isinstance(described.get("type"), str):
        described["type"] = [described["type"], "null"]
    default = field.load_default
    if default is None or isinstance(default, str | int | float):
        described["default"] = default
    return described


def _type_of(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.List):
        return {"type": "array", "items": field_schema(field.inner)}
    if isinstance(field, fields.Nested):
        return object_schema(field.schema)
    return next((dict(shape) for kind, shape in _TYPES if isinstance(field, kind)), {})


def _bounds(validator: Any, kind: Any) -> dict[str, Any]:
    if isinstance(validator, validate.OneOf):
        return {"enum": list(validator.choices)}
    if isinstance(validator, validate.Range):
        return _known({"minimum": validator.min, "maximum": validator.max})
    if isinstance(validator, validate.Length):
        least, most = ("minItems", "maxItems") if kind == "array" else ("minLength", "maxLength")
        return _known({least: validator.min, most: validator.max})
    return {}


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
