"""ARGUS WFM CC: every change as two messages, the old state left, then the new one entered.

From the vendor's integration specification as a partner keeps it, translated (read 2026-10)
[partner]. What was entered last is remembered for each agent, so that the right state is left, also
after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, fields, post_load, validate

from gateway.mapping import (
    NO_WORDS,
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    Request,
    Settlement,
    States,
    StateTable,
    Status,
    Verdict,
    began,
    identity_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer, Step, Told

PATH = "/ccwfm/api/rest/status"
LEFT, ENTERED = 0, 1
TOLD = frozenset({EventType.STATE, EventType.LOGOUT})
FINE = range(200, 300)
NOTHING_TO_SAY = Judgement(Verdict.DELIVERED, "the vendor shows it already")
NEVER_TOLD = {Status.LOGGED_OUT.value: ""}
"""Who is logged out is in no state: the one before is left."""


State = dict[str, str]
"""``code`` and ``name``."""


@dataclass(frozen=True, slots=True)
class ArgusOptions:
    """*states* and *names* are the customer's own; else our words, joined by *separator*."""

    system_id: str
    separator: str = ":"
    states: StateTable = field(default_factory=StateTable)
    names: StateTable = field(default_factory=StateTable)


class ArgusSchema(Schema):
    """The destination's `options`."""

    system_id = fields.String(required=True, validate=validate.Length(min=1))
    separator = fields.String(load_default=":")
    states = States(load_default=StateTable)
    names = States(load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> ArgusOptions:
        separator = data["separator"]
        states = replace(data["states"], separator=separator, by="code", others=NEVER_TOLD)
        names = replace(data["names"], separator=separator)
        return ArgusOptions(**data | {"states": states, "names": names})


def step(
    events: Sequence[Told], memory: Mapping[str, Any], answer: Answer | None, options: ArgusOptions
) -> Step:
    """Leave what was entered last, then enter the new state.

    *memory* has the state entered last (`current`), and on the way the one to enter (`entering`).
    """
    (told,) = events
    if answer is None:
        return _begin(told, memory.get("current"), options)
    if answer.status not in FINE:
        # A state that was left is left again at the next try: to the vendor it is the same message.
        return Settlement(None, {"current": memory.get("current")})
    entering = memory.get("entering")
    if entering is not None and "left" in memory:
        return _message(told, entering, ENTERED, {"current": None, "entering": entering}, options)
    return Settlement((Judgement(Verdict.DELIVERED),), {"current": entering})


def _begin(told: Told, current: State | None, options: ArgusOptions) -> Step:
    if told.type not in TOLD:
        return Settlement((NO_WORDS,), {"current": current})
    entering = _entering(told, options)
    if entering == current:
        return Settlement((NOTHING_TO_SAY,), {"current": current})
    if current is None:
        assert entering is not None
        return _message(told, entering, ENTERED, {"current": None, "entering": entering}, options)
    on_the_way = {"current": current, "entering": entering, "left": True}
    return _message(told, current, LEFT, on_the_way, options)


def _entering(told: Told, options: ArgusOptions) -> State | None:
    """Return the state that the event tells, `None`: the agent is in none."""
    data = told.data
    if told.type == EventType.LOGOUT or data.get("status") == Status.LOGGED_OUT:
        return None
    return {"code": options.states.told(data), "name": options.names.told(data)}


def _message(
    told: Told, state: State, action: int, memory: Mapping[str, Any], options: ArgusOptions
) -> Request:
    body = {
        "workerId": identity_of(told),
        "stateName": state["name"],
        "stateCode": state["code"],
        "systemId": options.system_id,
        "actionTime": int(began(told).timestamp()),
        "action": action,
    }
    return Request(orjson.dumps(body), "application/json", (None,), path=PATH, memory=memory)


MAPPING = DestinationMapping(
    name="argus_wfmcc",
    version="1",
    clock=Clock.EVENT,
    amends=False,  # a state of the morning would be entered in place of the present one
    events=TOLD,
    options=ArgusSchema,
    step=step,
    package=__name__,
)
