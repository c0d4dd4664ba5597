"""The types of values in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate

from gateway.config.expand import Filled
from gateway.mapping.checks.options import Duration
from gateway.model.agent import ATTRIBUTES, IDENTIFYING
from gateway.model.errors import failure_of
from gateway.model.rate import RateLimit
from gateway.settings import Network

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_YET = "not yet supported"

UNKNOWN_FIELD = "Unknown field."
"""What marshmallow says of a key that a schema has not."""

MOST = 10**9
"""Above this a number in a configuration is a mishap, and some engines could not hold it."""

SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
PER = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_SIZE = re.compile(r"([0-9]{1,15})\s*(B|KiB|MiB|GiB|TiB)?")
_RATE = re.compile(r"([0-9]{1,7})/([smh])(?: burst ([0-9]{1,4}))?")


class Whole(fields.Integer):
    """A whole number; a text only where it was filled in."""

    def __init__(self, *, least: int = 1, most: int = MOST, **more: Any) -> None:
        wrong = f"Not a valid integer. Valid: {least} to {most}, without quotes."
        super().__init__(
            strict=True,
            validate=validate.Range(min=least, max=most, error=f"Must be {least} to {most}."),
            error_messages={"invalid": wrong},
            **more,
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> Any:
        if isinstance(value, bool) or (isinstance(value, str) and not isinstance(value, Filled)):
            raise self.make_error("invalid")
        if isinstance(value, Filled) and not re.fullmatch(r"[0-9]{1,15}", value):
            raise self.make_error("invalid")
        return super()._deserialize(int(value) if isinstance(value, Filled) else value, attr, data)


class Positive(Duration):
    """A duration that is not zero."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> timedelta:
        duration = super()._deserialize(value, *rest, **more)
        if not duration:
            raise ValidationError("Must be longer than nothing, such as 500ms or 10s.")
        return duration


class Text(fields.String):
    """A text that is not empty."""

    def __init__(self, **more: Any) -> None:
        checks = [validate.Length(min=1, error="Must not be empty."), *more.pop("checks", ())]
        super().__init__(validate=checks, **more)


class Host(Text):
    """An address or a name to listen on; an IPv6 address stands without brackets."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        host: str = super()._deserialize(value, *rest, **more)
        if not re.fullmatch(r"[0-9A-Za-z.:_%-]*", host):
            raise ValidationError("Not a host; valid: 127.0.0.1, ::1, localhost.")
        return host


class Size(fields.Field[int]):
    """A size in bytes: ``64KiB``, ``1MiB``, ``10GiB``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        size = int(found[1]) * SIZES[found[2] or "B"] if found else 0
        if size <= 0:
            raise ValidationError("Not a size; valid: 64KiB, 1MiB, 10GiB.")
        return size


class Rate(fields.Field[RateLimit]):
    """At most so many in a time: ``50/s``, ``300/m``, ``1000/h``; ``300/m burst 20``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> RateLimit:
        found = _RATE.fullmatch(value) if isinstance(value, str) else None
        if found is None or int(found[1]) == 0:
            raise ValidationError("Not a rate; valid: 50/s, 300/m, 1000/h, 300/m burst 20.")
        return RateLimit(int(found[1]), PER[found[2]], max(1, int(found[3] or 1)))


class NetworkField(fields.Field[Network]):
    """A network or an address: ``10.0.0.0/8``, ``192.0.2.7``, ``2001:db8::/32``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Network:
        try:
            return ip_network(str(value))
        except ValueError:
            raise ValidationError("Not a network; valid: 10.0.0.0/8, 192.0.2.7.") from None


class PathField(fields.Field[Path]):
    """A path, from the working directory."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Path:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValidationError("Not a path.")
        return Path(value)


class ExistingFile(PathField):
    """A path of a file that can be read."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Path:
        path = super()._deserialize(value, *rest, **more)
        if not path.is_file():
            raise ValidationError(f"There is no file {path}.")
        return path


class Identifying(fields.String):
    """What a platform may tell of an agent: ``email``, or an attribute, ``attributes.badge``."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        name = super()._deserialize(value, *rest, **more)
        is_attribute = name.startswith(ATTRIBUTES) and name != ATTRIBUTES
        if name not in IDENTIFYING and not is_attribute:
            raise ValidationError(f"Valid: {', '.join(IDENTIFYING)}, {ATTRIBUTES}NAME.")
        return name


class Url(fields.Field[str]):
    """The address of a vendor: http or https, a host, no user, no fragment, no template."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        try:
            parts = urlsplit(value)
            port_is_odd = parts.port == 0
        except ValueError:
            raise ValidationError("Not a URL; valid: https://wfm.example.com/path.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port_is_odd:
            raise ValidationError("Not a URL; valid: https://wfm.example.com/path.")
        if parts.username is not None or parts.fragment:
            raise ValidationError("A URL here has neither a user nor a fragment; use auth.")
        if re.search(r"[{}\s\x00-\x1f\x7f]", value):
            raise ValidationError("A URL here has no blanks, control characters or braces.")
        return value


class Off(Duration):
    """A duration, or ``off`` (which YAML may read as false)."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own name and form
        "invalid": "Not a duration such as 500ms, 10s, 5m, 24h or 7d, nor off.",
    }

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        if value is False or value == "off":
            return None
        return super()._deserialize(value, *rest, **more)


class Flag(fields.Field[bool]):
    """True or false."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if isinstance(value, Filled) and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class NotYet(fields.Field[Any]):
    """A key whose function comes with a later version: refused, never ignored."""

    def _deserialize(self, *_: Any, **__: Any) -> Any:
        raise ValidationError(NOT_YET)


def one_of(choices: Iterable[str], *, later: Iterable[str] = (), **more: Any) -> fields.String:
    """Return a field that takes one of *choices*; those of *later* come with a later version."""
    listed = sorted(str(each) for each in choices)
    error = f"Not one of them; valid: {', '.join(listed)}."
    missing = f"Missing data for required field; valid: {', '.join(listed)}."
    messages: dict[str, Any] = {"invalid": error, "null": error, "required": missing}
    among = validate.OneOf(listed, error=error)
    not_yet = validate.NoneOf(list(later), error=f"{NOT_YET}; valid: {', '.join(listed)}")

    def check(value: str) -> None:
        not_yet(value)
        among(value)

    return fields.String(validate=check, error_messages=messages, metadata=_enum(listed), **more)


def _enum(choices: list[str]) -> dict[str, Any]:
    return {"json_schema": {"enum": choices}}


def list_of(field: fields.Field[Any], *, least: int = 0, **more: Any) -> fields.List[Any]:
    """Return a field for a list with at least *least* of *field*."""
    checks = validate.Length(min=least, error="Must not be empty.") if least else None
    return fields.List(field, validate=checks, **more)


def settled(
    data: dict[str, Any], given: dict[str, Any], defaults: Any, *names: str
) -> tuple[Any, ...] | None:
    """Return what holds for *names*, as read or by default; `None` where one could not be read."""
    if any(name in given and name not in data for name in names):
        return None
    return tuple(data.get(name, getattr(defaults, name)) for name in names)


def attempt(schema: Schema, raw: Any, beside: Iterable[str] = ()) -> tuple[Any, dict[str, Any]]:
    """Load *raw*; return what was loaded, and what is wrong by key.

    *beside* are the valid keys that stand at the same place and that another schema reads.

    Where something is wrong, the first is a dict of what is right in spite of it.
    """
    try:
        return schema.load(raw), {}
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return dict(valid), _explained(messages_of(error), schema, beside)


def attempt_options(
    plugin: str, options: type[Schema], raw: Any, beside: Iterable[str] = ()
) -> tuple[Any, dict[str, Any]]:
    """Do the same with the options of a plugin, which may fail on them."""
    try:
        return attempt(options(), raw, beside)
    except Exception as problem:  # noqa: BLE001 - a stranger's code: told like any other problem
        return {}, {"_schema": [failure_of(plugin, problem)]}


def messages_of(error: ValidationError) -> dict[str, Any]:
    """Return what is wrong, by key."""
    messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return messages


def _explained(
    messages: dict[str, Any], schema: Schema, beside: Iterable[str] = ()
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, inner in messages.items():
        if inner == [UNKNOWN_FIELD]:
            told[key] = [unknown_key(str(key), (*schema.fields, *beside))]
        else:
            told[key] = _told(schema.fields.get(key), inner)
    return told


def _told(field: fields.Field[Any] | None, inner: Any) -> Any:
    if not isinstance(inner, dict):
        return inner
    if isinstance(field, fields.Nested):
        return _explained(inner, field.schema)
    if isinstance(field, fields.List):
        return {index: _told(field.inner, each) for index, each in inner.items()}
    if isinstance(field, fields.Dict):
        return {key: _of_entry(field, each) for key, each in inner.items()}
    return inner


def _of_entry(field: fields.Dict, inner: Any) -> Any:
    """Return what is wrong with an entry of a table where the file has it: under its key."""
    if not isinstance(inner, dict) or not inner.keys() <= {"key", "value"}:
        return inner
    of_key, of_value = inner.get("key", []), _told(field.value_field, inner.get("value", []))
    if isinstance(of_value, dict):
        return of_value | {"_schema": [*of_key, *of_value.get("_schema", [])]}
    return [*of_key, *of_value]


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Say that there is no such key, which one may be meant, and which there are."""
    names = sorted(str(each) for each in known)
    near = get_close_matches(key, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown key{hint}; valid: {', '.join(names) or 'none'}"
