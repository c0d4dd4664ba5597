"""As much of JSON Schema 2020-12 as our own schemas use, read strictly: another word fails."""

import re
from operator import gt, lt

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SILENT = {"title", "$schema", "$id", "$defs", "format", "description", "default"}


def flaws(schema, value):
    """Return where *value* is not what *schema* says."""
    return list(_flaws(schema, value, schema, "$"))


def _flaws(schema, value, root, path):
    for word, expected in schema.items():
        if word not in SILENT:
            yield from WORDS[word](expected, value, root, path, schema)


def _type(expected, value, _root, path, _schema):
    names = [expected] if isinstance(expected, str) else expected
    is_number = not isinstance(value, bool)
    fits = any(
        isinstance(value, TYPES[name]) and (is_number or name == "boolean") for name in names
    )
    if not fits:
        yield f"{path}: {value!r} is not of {names}"


def _ref(expected, value, root, path, _schema):
    yield from _flaws(root["$defs"][expected.removeprefix("#/$defs/")], value, root, path)


def _properties(expected, value, root, path, _schema):
    for name in expected.keys() & value.keys() if isinstance(value, dict) else ():
        yield from _flaws(expected[name], value[name], root, f"{path}.{name}")


def _required(expected, value, _root, path, _schema):
    if isinstance(value, dict):
        yield from (f"{path}.{name}: missing" for name in expected if name not in value)


def _additional(expected, value, root, path, schema):
    known = schema.get("properties", {})
    for name in value if isinstance(value, dict) else ():
        if name not in known and expected is False:
            yield f"{path}.{name}: too many"
        elif name not in known:
            yield from _flaws(expected, value[name], root, f"{path}.{name}")


def _names(expected, value, root, path, _schema):
    for name in value if isinstance(value, dict) else ():
        yield from _flaws(expected, name, root, f"{path}.{name}")


def _one_of(expected, value, root, path, _schema):
    fitting = [each for each in expected if not list(_flaws(each, value, root, path))]
    if len(fitting) != 1:
        reasons = [list(_flaws(each, value, root, path)) for each in expected]
        yield f"{path}: fits {len(fitting)} of {len(expected)}: {reasons}"


def _any_of(expected, value, root, path, _schema):
    tried = [list(_flaws(each, value, root, path)) for each in expected]
    if all(tried):
        yield from tried[0]


def _items(expected, value, root, path, _schema):
    for index, each in enumerate(value if isinstance(value, list) else ()):
        yield from _flaws(expected, each, root, f"{path}[{index}]")


def _enum(expected, value, _root, path, _schema):
    if value not in expected:
        yield f"{path}: {value!r} is not one of {expected}"


def _const(expected, value, _root, path, _schema):
    if value != expected:
        yield f"{path}: {value!r} is not {expected!r}"


def _pattern(expected, value, _root, path, _schema):
    if isinstance(value, str) and not re.search(expected, value):
        yield f"{path}: {value!r} does not match {expected}"


def _bound(exceeds, measure, kinds):
    def check(expected, value, _root, path, _schema):
        is_measured = isinstance(value, kinds) and not isinstance(value, bool)
        if is_measured and exceeds(measure(value), expected):
            yield f"{path}: {value!r} is beyond {expected}"

    return check


WORDS = {
    "minimum": _bound(lt, float, (int, float)),
    "maximum": _bound(gt, float, (int, float)),
    "minItems": _bound(lt, len, list),
    "maxItems": _bound(gt, len, list),
    "minLength": _bound(lt, len, str),
    "maxLength": _bound(gt, len, str),
    "propertyNames": _names,
    "type": _type,
    "$ref": _ref,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "items": _items,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
}
