"""A small reading of JSON Schema 2020-12: the words that the schema of the events uses."""

from __future__ import annotations

import re
from typing import Any

TYPES = {
    "string": str,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
NOTES = frozenset({"type", "$schema", "$id", "$defs", "title", "description", "format"})


def problems(value: Any, schema: dict, root: dict | None = None, path: str = "$") -> list[str]:
    """Return what of *value* the schema does not allow, each with its path."""
    root = root or schema
    if found := _type(value, schema.get("type", list(TYPES)), path):
        return found
    for word, rule in schema.items():
        if word in NOTES:
            continue
        found += WORDS[word](value, rule, schema, root, path)
    return found


def _is_of(value: Any, name: str) -> bool:
    is_kind = isinstance(value, TYPES[name])
    return is_kind and (name == "boolean" or not isinstance(value, bool))


def _type(value, rule, path):
    names = [rule] if isinstance(rule, str) else rule
    return [] if any(_is_of(value, each) for each in names) else [f"{path}: not {names}"]


def _ref(value, rule, _schema, root, path):
    return problems(value, root["$defs"][rule.removeprefix("#/$defs/")], root, path)


def _choice(value, rule, _schema, root, path):
    tried = [problems(value, each, root, path) for each in rule]
    return [] if [] in tried else [f"{path}: none of {len(rule)}: {min(tried, key=len)}"]


def _one(value, rule, _schema, root, path):
    fitting = [each for each in rule if not problems(value, each, root, path)]
    return [] if len(fitting) == 1 else _choice(value, rule, _schema, root, path) or [path]


def _properties(value, rule, _schema, root, path):
    members = value.items() if isinstance(value, dict) else ()
    return [
        each
        for name, member in members
        if name in rule
        for each in problems(member, rule[name], root, f"{path}.{name}")
    ]


def _required(value, rule, _schema, _root, path):
    return [f"{path}.{name}: missing" for name in rule if name not in value]


def _additional(value, rule, schema, _root, path):
    extra = set(value) - set(schema["properties"])
    return [] if rule else [f"{path}.{name}: not expected" for name in sorted(extra)]


def _items(value, rule, _schema, root, path):
    return [
        each
        for index, item in enumerate(value)
        for each in problems(item, rule, root, f"{path}[{index}]")
    ]


def _when(is_so, path):
    return [] if is_so else [path]


WORDS = {
    "$ref": _ref,
    "anyOf": _choice,
    "oneOf": _one,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "const": lambda value, rule, _s, _r, path: _when(value == rule, f"{path}: not {rule}"),
    "enum": lambda value, rule, _s, _r, path: _when(value in rule, f"{path}: not of {rule}"),
    "pattern": lambda value, rule, _s, _r, path: _when(re.search(rule, value), f"{path}: shape"),
    "minLength": lambda value, rule, _s, _r, path: _when(len(value) >= rule, f"{path}: short"),
}
