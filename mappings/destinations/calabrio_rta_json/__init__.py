"""Calabrio WFM (formerly Teleopti), JSON RTA: states by agent, stamped on arrival.

Bodies from the vendor's published server sources (`StateController`, read 2026-10) [verified];
the public base path of the cloud is not published, so `url` is the application's web root, for
instance ``https://TENANT.teleopticloud.com/Web`` [inferred from relative references].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, fields, post_load, validate

from gateway.mapping import (
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    MappingError,
    Request,
    Secret,
    SecretField,
    SnapshotMapping,
    Standing,
    States,
    StateTable,
    Told,
    Verdict,
    one_request,
    reason_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping import Answer

CHANGE = "/Rta/State/Change"
BATCH = "/Rta/State/Batch"
JSON = "application/json"
MAX_BATCH = 500
"""No maximum is documented; the vendor's own performance tests send 50 and 1000."""

LONGEST_CODE = 300
OUR_FAULT = "state code"
"""A 500 that names it: it is missing or too long. A flooded queue of states is not our fault."""

WRONG_SETTINGS = ("authentication", "source")


@dataclass(frozen=True, slots=True)
class CalabrioOptions:
    """*states* are the customer's own codes; what they do not name falls back to our words."""

    authentication_key: Secret
    source_id: str
    login_state_code: str
    logout_state_code: str
    states: StateTable = field(default_factory=StateTable)


class CalabrioSchema(Schema):
    """The destination's `options`."""

    authentication_key = SecretField(required=True)
    source_id = fields.String(required=True, validate=validate.Length(min=1))
    login_state_code = fields.String(
        load_default="LOGGED ON", validate=validate.Length(min=1, max=LONGEST_CODE)
    )
    logout_state_code = fields.String(
        load_default="LOGGED-OFF", validate=validate.Length(min=1, max=LONGEST_CODE)
    )
    states = States(load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> CalabrioOptions:
        return CalabrioOptions(**data)


@dataclass(frozen=True, slots=True)
class _State:
    user_code: str
    state_code: str

    def json(self) -> dict[str, str]:
        return {"UserCode": self.user_code, "StateCode": self.state_code}


def _item(told: Told, options: CalabrioOptions) -> _State | None:
    code = _state_code(told, options)
    if code is None:
        return None
    user_code = (told.identity or "").strip()
    if not user_code:
        raise MappingError("the agent has no identity that the vendor knows")
    return _State(user_code, code[:LONGEST_CODE])


def _state_code(told: Told, options: CalabrioOptions) -> str | None:
    match told.type:
        case EventType.LOGIN:
            return options.login_state_code
        case EventType.LOGOUT:
            return options.logout_state_code
        case EventType.STATE:
            return options.states.code(told.data) or _fallback(told, options)
    return None


def _fallback(told: Told, options: CalabrioOptions) -> str:
    status = str(told.data.get("status") or "unknown")
    if status == "logged_out":
        return options.logout_state_code
    words = reason_words(told.data)
    return f"{status}:{words[0]}" if status == "not_ready" and words else status


def _head(options: CalabrioOptions) -> dict[str, str]:
    return {
        "AuthenticationKey": options.authentication_key.reveal(),
        "SourceId": options.source_id,
    }


def _request(states: Sequence[_State], options: CalabrioOptions) -> Request:
    head = _head(options)
    items = [state.json() for state in states]
    parts = tuple(orjson.dumps(item) for item in items)
    if len(items) == 1:
        return Request(orjson.dumps(head | items[0]), JSON, parts, path=CHANGE)
    body = {**head, "IsSnapshot": False, "States": items}
    return Request(orjson.dumps(body), JSON, parts, path=BATCH)


def _judge(answer: Answer, count: int, _options: CalabrioOptions) -> Judgement | None:
    text = answer.body.decode("utf-8", "replace").casefold()
    match answer.status:
        case 200:
            return Judgement(Verdict.DELIVERED)
        case 400 if any(word in text for word in WRONG_SETTINGS):
            return Judgement(Verdict.PARK, "the vendor names the authentication key or the source")
        case 400 if "user" in text and count == 1:
            return Judgement(Verdict.HOLD, "the vendor does not know the agent")
        case 500 if OUR_FAULT in text:
            return Judgement(Verdict.PERMANENT, "the vendor refuses the state code")
    return None


def _standing(told: Told, options: CalabrioOptions) -> Standing:
    state = _item(told, options)
    if state is None:
        raise MappingError("only states stand in a snapshot")
    is_in = told.data.get("status") != "logged_out"
    return Standing(state, orjson.dumps(state.json()), is_in)


def _snapshot(standings: Sequence[Standing], options: CalabrioOptions) -> Request:
    """Tell who is logged in: the vendor logs out who is absent.

    Nobody at all is told by the absence of all but one, logged out by its code: the vendor's own
    sample of an empty snapshot has one record too.
    """
    told = [each for each in standings if each.is_in] or standings[:1]
    states = [each.item.json() for each in told]
    body = {**_head(options), "IsSnapshot": True, "States": states}
    return Request(orjson.dumps(body), JSON, (), path=BATCH)


def _judge_snapshot(answer: Answer, options: CalabrioOptions) -> Judgement | None:
    judgement = _judge(answer, MAX_BATCH, options)
    if judgement is not None and judgement.verdict is Verdict.PERMANENT:
        return Judgement(Verdict.PERMANENT, "the vendor refuses a state code")
    return judgement


MAPPING = DestinationMapping(
    name="calabrio_rta_json",
    version="1",
    clock=Clock.RECEIPT,
    events=frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE}),
    options=CalabrioSchema,
    step=one_request(_item, _request, _judge),
    collapsing=frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE}),
    max_batch=MAX_BATCH,
    snapshot=SnapshotMapping(
        standing=_standing,
        request=_snapshot,
        judge=_judge_snapshot,
        floor=lambda options: options.source_id,
    ),
    package=__name__,
)
