"""Calabrio WFM (formerly Teleopti), JSON RTA: states by agent, stamped on arrival.

Bodies from the vendor's published server sources (`StateController`, read 2026-10) [verified];
the public base path of the cloud is not published, so `url` is the application's web root, for
instance ``https://TENANT.teleopticloud.com/Web`` [inferred from relative references].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from gateway.mapping import (
    UNKNOWN_AGENT,
    Clock,
    DestinationMapping,
    Judgement,
    Request,
    SnapshotMapping,
    Standing,
    Told,
    Verdict,
    identity_of,
    one_request,
)
from mappings.calabrio.codes import (
    MAX_BATCH,
    STATES_AND_SHIFTS,
    CalabrioOptions,
    CalabrioSchema,
    standing,
    state_code,
    who_is_told,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Answer

CHANGE = "/Rta/State/Change"
BATCH = "/Rta/State/Batch"
JSON = "application/json"

OUR_FAULT = "state code"
"""A 500 that names it: it is missing or too long. A flooded queue of states is not our fault."""

WRONG_SETTINGS = ("authentication", "source")


@dataclass(frozen=True, slots=True)
class _State:
    user_code: str
    state_code: str

    def json(self) -> dict[str, str]:
        return {"UserCode": self.user_code, "StateCode": self.state_code}

    @property
    def part(self) -> bytes:
        return orjson.dumps(self.json())


def _item(told: Told, options: CalabrioOptions) -> _State | None:
    code = state_code(told, options)
    return None if code is None else _State(identity_of(told), code)


def _head(options: CalabrioOptions) -> dict[str, str]:
    return {
        "AuthenticationKey": options.authentication_key.reveal(),
        "SourceId": options.source_id,
    }


def _request(states: Sequence[_State], options: CalabrioOptions) -> Request:
    head = _head(options)
    items = [state.json() for state in states]
    parts = tuple(state.part for state in states)
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
            return UNKNOWN_AGENT
        case 500 if OUR_FAULT in text:
            return Judgement(Verdict.PERMANENT, "the vendor refuses the state code")
    return None


def _standing(told: Told, options: CalabrioOptions) -> Standing:
    return standing(_item(told, options), told)


def _snapshot(standings: Sequence[Standing], _at: datetime, options: CalabrioOptions) -> Request:
    states = [each.item.json() for each in who_is_told(standings)]
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
    events=STATES_AND_SHIFTS,
    options=CalabrioSchema,
    step=one_request(_item, _request, _judge),
    collapsing=STATES_AND_SHIFTS,
    max_batch=MAX_BATCH,
    snapshot=SnapshotMapping(
        standing=_standing,
        request=_snapshot,
        judge=_judge_snapshot,
        floor=lambda options: options.source_id,
    ),
    package=__name__,
)
