"""Any JSON endpoint: path, query, headers and body from templates in YAML, no code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.mapping import (
    Clock,
    DestinationMapping,
    EventType,
    MappingError,
    Request,
    States,
    StateTable,
    Told,
    one_request,
)
from mappings.destinations.http_json.template import (
    fill,
    in_header,
    in_path,
    in_text,
    unknown_placeholders,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer

METHODS = ("POST", "PUT", "PATCH")
BODY = {
    "agent": "{identity}",
    "status": "{data.status}",
    "reason": "{data.reason.label}",
    "since": "{data.since}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpJsonOptions:
    """Templates, and the table behind ``{state_code}``."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    states: StateTable
    unchanged: bool


class HttpJsonSchema(Schema):
    """The destination's `options`."""

    method = fields.String(load_default="POST", validate=validate.OneOf(METHODS))
    path = fields.String(load_default="")
    query = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    body = fields.Raw(load_default=lambda: dict(BODY))
    states = States(load_default=StateTable)
    unchanged = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=False)
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        problems = {
            name: [f"There is no {{{each}}} to fill in." for each in unknown]
            for name in ("path", "query", "headers", "body")
            if (unknown := unknown_placeholders(data.get(name)))
        }
        path = data.get("path", "")
        if path and not path.startswith("/"):
            problems.setdefault("path", []).append("Must begin with /; the host is that of `url`.")
        if problems:
            raise ValidationError(problems)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> HttpJsonOptions:
        return HttpJsonOptions(**data)


@dataclass(frozen=True, slots=True)
class _Filled:
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


def _item(told: Told, options: HttpJsonOptions) -> _Filled:
    values = _values(told, options)
    try:
        body = orjson.dumps(fill(options.body, values))
    except TypeError as problem:
        raise MappingError("the body's template makes no JSON") from problem
    return _Filled(
        path=in_path(options.path, values),
        query=tuple((name, in_text(each, values)) for name, each in options.query.items()),
        headers=tuple((name, in_header(each, values)) for name, each in options.headers.items()),
        body=body,
    )


def _values(told: Told, options: HttpJsonOptions) -> dict[str, Any]:
    code = options.states.code(told.data) or told.data.get("status")
    return {**told.event, "identity": told.identity, "state_code": code, "kind": told.type}


def _request(items: Sequence[_Filled], options: HttpJsonOptions) -> Request:
    (filled,) = items
    part = orjson.dumps([filled.path, filled.query, filled.body.decode()])
    return Request(
        filled.body,
        "application/json",
        (part if options.unchanged else None,),
        method=options.method,
        path=filled.path,
        query=filled.query,
        headers=filled.headers,
    )


def _judge(_answer: Answer, _count: int, _options: HttpJsonOptions) -> None:
    """Leave every answer to the core: by its status."""


MAPPING = DestinationMapping(
    name="http_json",
    version="1",
    clock=Clock.EVENT,
    events=frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE}),
    options=HttpJsonSchema,
    step=one_request(_item, _request, _judge),
    package=__name__,
)
