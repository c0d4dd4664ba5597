"""Assembled: the single agent status of the official client, with our times.

`POST /v0/agents/status` and `GET /v0/agents` from the official client (assembled-go, HEAD 5598862,
2020-05) and the documentation's pages on authentication and limits (read 2026-10) [verified].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, fields, post_load, validate

from gateway.mapping import (
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    MappingError,
    RateLimit,
    Request,
    Settlement,
    States,
    StateTable,
    Verdict,
    from_rfc3339,
    reason_words,
)
from mappings.destinations.assembled.agents import agent_id_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.mapping import Answer, Step, Told

TOLD = frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE})
VERSION = ("API-Version", "2019-06-20")
CHANNELS = {"voice": "phone", "phone": "phone", "email": "email", "chat": "chat", "web": "chat"}
"""Assembled's channels by ours; of any other the status says nothing."""

BY_ID, LOOKED_UP = "agent_id", ("import_id", "email")
FINE, INVALID = 200, 400
UNKNOWN = Judgement(Verdict.HOLD, "the vendor does not know the agent")
UNREADABLE = Judgement(Verdict.RETRY, "the vendor's list of agents cannot be read")
NO_WORDS = Judgement(Verdict.UNSUPPORTED, "the vendor has no words for it")


@dataclass(frozen=True, slots=True)
class AssembledOptions:
    """*agents_by*: what `identify_by` gives: Assembled's own id, or what it is looked up by."""

    agents_by: str = BY_ID
    login_status: str = "online"
    logout_status: str = "offline"
    states: StateTable = field(default_factory=StateTable)


class AssembledSchema(Schema):
    """The destination's `options`."""

    agents_by = fields.String(load_default=BY_ID, validate=validate.OneOf((BY_ID, *LOOKED_UP)))
    login_status = fields.String(load_default="online", validate=validate.Length(min=1))
    logout_status = fields.String(load_default="offline", validate=validate.Length(min=1))
    states = States(load_default=StateTable)

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> AssembledOptions:
        return AssembledOptions(**data)


def step(
    events: Sequence[Told],
    memory: Mapping[str, Any],
    answer: Answer | None,
    options: AssembledOptions,
) -> Step:
    """Look the agent up where that is to be done and was not, then tell the status.

    *memory* has Assembled's id of the agent (`agent_id`), and on the way `asked`.
    """
    (told,) = events
    if told.type not in TOLD:
        return Settlement((NO_WORDS,), memory)
    if not told.identity:
        raise MappingError("the agent has no identity that the vendor knows")
    if answer is None:
        known = told.identity if options.agents_by == BY_ID else memory.get("agent_id")
        return _look_up() if known is None else _status(told, known, options)
    if "asked" in memory:
        return _looked_up(told, answer, options)
    return _settled(answer, memory)


def _look_up() -> Request:
    return Request(
        b"", "", (None,), method="GET", path="/agents", headers=(VERSION,), memory={"asked": True}
    )


def _looked_up(told: Told, answer: Answer, options: AssembledOptions) -> Step:
    if answer.status != FINE:
        return Settlement(None, {})
    try:
        found = agent_id_in(answer.body, options.agents_by, told.identity or "")
    except ValueError:
        return Settlement((UNREADABLE,), {})
    return Settlement((UNKNOWN,), {}) if found is None else _status(told, found, options)


def _status(told: Told, agent_id: str, options: AssembledOptions) -> Request:
    body = {
        "agent_id": agent_id,
        "event_id": str(told.event["id"]),
        "status": _word(told, options),
        "start_time": _seconds(told),
    }
    channel = _channel(told)
    if channel is not None:
        body["channel"] = channel
    agent = told.data.get("agent")
    if isinstance(agent, dict) and isinstance(agent.get("name"), str):
        body["agent_name"] = agent["name"]
    return Request(
        orjson.dumps(body),
        "application/json",
        (None,),
        path="/agents/status",
        headers=(VERSION,),
        memory={"agent_id": agent_id},
    )


def _settled(answer: Answer, memory: Mapping[str, Any]) -> Settlement:
    if answer.status == FINE:
        return Settlement((Judgement(Verdict.DELIVERED),), memory)
    if answer.status == INVALID and b"agent" in answer.body.lower():
        # The id is none any more, or never was: it is looked up again when the agent is let go.
        return Settlement((UNKNOWN,), {})
    return Settlement(None, memory)


def _word(told: Told, options: AssembledOptions) -> str:
    match told.type:
        case EventType.LOGIN:
            return options.login_status
        case EventType.LOGOUT:
            return options.logout_status
    status = str(told.data.get("status") or "unknown")
    mapped = options.states.code(told.data)
    if mapped is not None:
        return mapped
    if status == "logged_out":
        return options.logout_status
    words = reason_words(told.data)
    return f"{status}:{words[0]}" if status == "not_ready" and words else status


def _channel(told: Told) -> str | None:
    contacts = told.data.get("contacts")
    first = contacts[0] if isinstance(contacts, list) and contacts else None
    return CHANNELS.get(str(first.get("channel")).casefold()) if isinstance(first, dict) else None


def _seconds(told: Told) -> int:
    at = told.data.get("since") if told.type == EventType.STATE else None
    try:
        return int(from_rfc3339(at or told.event["time"]).timestamp())
    except (TypeError, ValueError) as problem:
        raise MappingError("the time of the event cannot be read") from problem


MAPPING = DestinationMapping(
    name="assembled",
    version="1",
    clock=Clock.EVENT,
    events=TOLD,
    options=AssembledSchema,
    step=step,
    rate_limit=RateLimit(300, timedelta(minutes=1), burst=20),
    package=__name__,
)
