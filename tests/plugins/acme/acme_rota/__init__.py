"""Acme Rota, a vendor that is made up: an agent is looked up once, then told of by number.

The long form of a destination mapping: a step for each answer, and a memory for each agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, post_load

from gateway.mapping import (
    Clock,
    ContentError,
    DestinationMapping,
    EventType,
    Judgement,
    MappingError,
    Request,
    Secret,
    SecretField,
    Settlement,
    States,
    StateTable,
    Told,
    Verdict,
    read_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer, Step

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Options:
    """The destination's `options`, once they are loaded."""

    key: Secret
    states: StateTable


class OptionsSchema(Schema):
    """The destination's `options`, as the operator writes them."""

    key = SecretField(required=True)
    states = States(load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> Options:
        return Options(**data)


def _step(
    events: Sequence[Told], memory: Mapping[str, Any], answer: Answer | None, options: Options
) -> Step:
    (told,) = events
    number = memory.get("id")
    code = options.states.code(told.data)
    if answer is None and code is None:
        words = f"no code for the status {told.data.get('status')}"
        return Settlement((Judgement(Verdict.UNSUPPORTED, words),), memory)
    if answer is None:
        return _look_up(told, options) if number is None else _tell(told, number, code, options)
    if number is None:  # the answer to the look-up
        return _found(told, answer, code, options)
    if answer.status == HTTPStatus.GONE:
        return Settlement((Judgement(Verdict.RETRY, "the number is another's now"),), {})
    return Settlement(None, memory)


def _look_up(told: Told, options: Options) -> Request:
    if not told.identity:
        raise MappingError("the agent has no identity that the vendor knows")
    return Request(
        b"",
        JSON,
        parts=(None,),
        method="GET",
        path="/people",
        query=(("email", told.identity),),
        headers=_headers(options),
    )


def _found(told: Told, answer: Answer, code: str | None, options: Options) -> Step:
    """Go on with the number that was looked up; the lane remembers it with the outcome."""
    if answer.status != HTTPStatus.OK:
        return Settlement(None)
    number = _number(answer)
    if number is None:
        return Settlement((Judgement(Verdict.HOLD, "the vendor does not know the agent"),))
    return _tell(told, number, code, options)


def _number(answer: Answer) -> str | None:
    try:
        value = read_json(answer.body)
        return str(value["people"][0]["id"])
    except (ContentError, LookupError, TypeError):
        return None


def _tell(told: Told, number: str, code: str | None, options: Options) -> Request:
    body = orjson.dumps({"person": number, "code": code, "since": told.data.get("since")})
    return Request(
        body,
        JSON,
        parts=(body,),
        path="/states",
        headers=_headers(options),
        memory={"id": number},
    )


def _headers(options: Options) -> tuple[tuple[str, str], ...]:
    return (("X-Acme-Key", options.key.reveal()),)


MAPPING = DestinationMapping(
    name="acme_rota",
    version="1.2",
    api=1,
    clock=Clock.EVENT,
    events=frozenset({EventType.STATE}),
    options=OptionsSchema,
    step=_step,
    package=__name__,
)
