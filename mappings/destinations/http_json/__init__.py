"""Any JSON or form endpoint: path, query, headers and body from templates in YAML, no code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.mapping import (
    FORM,
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    MappingError,
    Request,
    States,
    StateTable,
    Told,
    one_request,
)
from mappings.destinations.http_json.refusals import (
    problems_in,
    problems_of_headers,
    problems_of_path,
)
from mappings.destinations.http_json.template import (
    KNOWN,
    WHEN,
    Values,
    fill,
    in_header,
    in_path,
    in_text,
    names_in,
    text_of,
)
from mappings.destinations.http_json.words import (
    DateFormat,
    DateFormatSchema,
    Rule,
    RuleSchema,
    as_word,
    judged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer

NAMED = validate.Regexp(r"^[A-Za-z_][A-Za-z0-9_]*$", error="Not a name for a filter.")
KNOWN_NAME = validate.OneOf(sorted(KNOWN), error="There is no {input}.")
STATE_CODE = "state_code"
METHODS = ("POST", "PUT", "PATCH")
BODY = {
    "agent": "{identity}",
    "status": "{data.status}",
    "reason": "{data.reason.label}",
    "since": "{data.since}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpJsonOptions:
    """Templates, the table behind ``{state_code}``, what filters name, and what answers mean."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    states: StateTable
    unchanged: bool
    form: bool = False
    clock: Clock = Clock.EVENT
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dates: Mapping[str, DateFormat] = field(default_factory=dict)
    answers: tuple[Rule, ...] = ()
    skip: tuple[Mapping[str, frozenset[str]], ...] = ()


class HttpJsonSchema(Schema):
    """The destination's `options`."""

    method = fields.String(load_default="POST", validate=validate.OneOf(METHODS))
    path = fields.String(load_default="")
    query = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    body = fields.Raw(load_default=lambda: dict(BODY))
    states = States(load_default=StateTable)
    unchanged = fields.Boolean(load_default=False)
    form = fields.Boolean(load_default=False)
    clock = fields.Enum(Clock, by_value=True, load_default=Clock.EVENT)
    tables = fields.Dict(
        keys=fields.String(validate=NAMED),
        values=fields.Dict(keys=fields.String(), values=fields.Raw()),
        load_default=dict,
    )
    dates = fields.Dict(
        keys=fields.String(validate=NAMED),
        values=fields.Nested(DateFormatSchema),
        load_default=dict,
    )
    answers = fields.List(fields.Nested(RuleSchema), load_default=list)
    skip = fields.List(
        fields.Dict(
            keys=fields.String(
                validate=validate.OneOf(sorted(KNOWN), error="There is no {input}.")
            ),
            values=fields.List(fields.Raw(), validate=validate.Length(min=1)),
            validate=validate.Length(min=1),
        ),
        load_default=list,
    )

    @validates_schema(skip_on_field_errors=False)
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        filters = sorted({*data.get("tables", ()), *data.get("dates", ())})
        problems = {
            "path": problems_of_path(data.get("path", ""), filters),
            "query": problems_in(data.get("query", {}), filters, is_plain=True),
            "headers": problems_of_headers(data.get("headers", {}), filters),
            "body": problems_in(data.get("body"), filters, is_plain=bool(data.get("form"))),
        }
        problems = {name: found for name, found in problems.items() if found}
        if data.get("form") and not _is_flat(data.get("body")):
            problems.setdefault("body", ["Of a form it must be one object of plain values."])
        if problems:
            raise ValidationError(problems)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> HttpJsonOptions:
        skip = tuple(
            {name: frozenset(map(as_word, each)) for name, each in one.items()}
            for one in data["skip"]
        )
        states = replace(data["states"], by=None)
        made = {"answers": tuple(data["answers"]), "skip": skip, "states": states}
        return HttpJsonOptions(**data | made)


def _is_flat(body: Any) -> bool:
    return isinstance(body, dict) and not any(
        isinstance(each, list | dict) and WHEN not in each for each in body.values()
    )


@dataclass(frozen=True, slots=True)
class _Filled:
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


def _item(told: Told, options: HttpJsonOptions) -> _Filled | None:
    values = Values(_told(told, options), options.tables, options.dates)
    if any(_fits(one, values) for one in options.skip):
        return None
    try:
        body = _body(fill(options.body, values), options)
    except TypeError as problem:
        raise MappingError("the body's template makes no JSON") from problem
    return _Filled(
        path=in_path(options.path, values),
        query=tuple((name, in_text(each, values)) for name, each in options.query.items()),
        headers=tuple((name, in_header(each, values)) for name, each in options.headers.items()),
        body=body,
    )


def _fits(one: Mapping[str, frozenset[str]], values: Values) -> bool:
    return all(as_word(values.of(name)) in words for name, words in one.items())


def _body(filled: Any, options: HttpJsonOptions) -> bytes:
    if not options.form:
        return orjson.dumps(filled)
    return urlencode([(name, text_of(each)) for name, each in filled.items()]).encode()


def _told(told: Told, options: HttpJsonOptions) -> dict[str, Any]:
    code = options.states.code(told.data) or told.data.get("status")
    return {**told.event, "identity": told.identity, STATE_CODE: code, "kind": told.type}


def _table(options: HttpJsonOptions) -> StateTable | None:
    """Return the table behind ``{state_code}``, where a template makes use of that."""
    templates = [options.path, options.query, options.headers, options.body]
    used = names_in(templates) | {name for one in options.skip for name in one}
    return options.states if STATE_CODE in used else None


def _request(items: Sequence[_Filled], options: HttpJsonOptions) -> Request:
    (filled,) = items
    part = orjson.dumps([filled.path, filled.query, filled.body.decode()])
    return Request(
        filled.body,
        FORM if options.form else "application/json",
        (part if options.unchanged else None,),
        method=options.method,
        path=filled.path,
        query=filled.query,
        headers=filled.headers,
    )


def _judge(answer: Answer, _count: int, options: HttpJsonOptions) -> Judgement | None:
    return judged(answer, options.answers)


MAPPING = DestinationMapping(
    name="http_json",
    version="1",
    clock=Clock.EVENT,
    clock_of=lambda options: options.clock,
    events=frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE}),
    options=HttpJsonSchema,
    step=one_request(_item, _request, _judge),
    states=_table,
    package=__name__,
)
