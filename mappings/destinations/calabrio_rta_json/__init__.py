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
    Clock,
    DestinationMapping,
    Judgement,
    MappingError,
    Request,
    SnapshotMapping,
    Standing,
    Told,
    Verdict,
    one_request,
)
from mappings.calabrio.codes import (
    STATES_AND_SHIFTS,
    CalabrioOptions,
    CalabrioSchema,
    is_in,
    state_code,
    user_code,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Answer

CHANGE = "/Rta/State/Change"
BATCH = "/Rta/State/Batch"
JSON = "application/json"
MAX_BATCH = 500
"""No maximum is documented; the vendor's own performance tests send 50 and 1000."""

OUR_FAULT = "state code"
"""A 500 that names it: it is missing or too long. A flooded queue of states is not our fault."""

WRONG_SETTINGS = ("authentication", "source")


@dataclass(frozen=True, slots=True)
class _State:
    user_code: str
    state_code: str

    def json(self) -> dict[str, str]:
        return {"UserCode": self.user_code, "StateCode": self.state_code}


def _item(told: Told, options: CalabrioOptions) -> _State | None:
    code = state_code(told, options)
    return None if code is None else _State(user_code(told), code)


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
    return Standing(state, orjson.dumps(state.json()), is_in(told))


def _snapshot(standings: Sequence[Standing], _at: datetime, options: CalabrioOptions) -> Request:
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
