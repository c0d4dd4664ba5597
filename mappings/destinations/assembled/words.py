"""What the operator chooses, and what both forms of a status say: word, time and channel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.mapping import (
    EventType,
    States,
    StateTable,
    Status,
    reason_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.mapping import Told

TOLD = frozenset({EventType.LOGIN, EventType.LOGOUT, EventType.STATE})

BY_ID, LOOKED_UP = "agent_id", ("import_id", "email")
DATE_TIME, UNIX = "date-time", "unix"
CHANNELS = {"voice": "phone", "phone": "phone", "email": "email", "chat": "chat", "web": "chat"}
"""Assembled's channels of agents by ours; of any other the status says nothing."""


@dataclass(frozen=True, slots=True)
class AssembledOptions:
    """*agents_by*: what `identify_by` gives: Assembled's own id, or what it is looked up by.

    *unverified_…*: the bulk forms, how times of states are written there, and Assembled's queues
    by our ids or names.
    """

    agents_by: str = BY_ID
    login_status: str = "online"
    logout_status: str = "offline"
    states: StateTable = field(default_factory=StateTable)
    unverified_bulk: bool = False
    unverified_times: str = DATE_TIME
    unverified_queues: Mapping[str, str] = field(default_factory=dict)


class AssembledSchema(Schema):
    """The destination's `options`."""

    agents_by = fields.String(load_default=BY_ID, validate=validate.OneOf((BY_ID, *LOOKED_UP)))
    login_status = fields.String(load_default="online", validate=validate.Length(min=1))
    logout_status = fields.String(load_default="offline", validate=validate.Length(min=1))
    states = States(load_default=StateTable)
    unverified_bulk = fields.Boolean(load_default=False)
    unverified_times = fields.String(
        load_default=DATE_TIME, validate=validate.OneOf((DATE_TIME, UNIX))
    )
    unverified_queues = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(min=1)),
        load_default=dict,
    )

    @validates_schema
    def _only_of_bulk(self, data: dict[str, Any], **_: Any) -> None:
        chosen = {
            "unverified_times": data["unverified_times"] != DATE_TIME,
            "unverified_queues": bool(data["unverified_queues"]),
        }
        if any(chosen.values()) and not data["unverified_bulk"]:
            problem = ["Only with unverified_bulk: true."]
            raise ValidationError({name: problem for name, is_so in chosen.items() if is_so})

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> AssembledOptions:
        others = {Status.LOGGED_OUT.value: data["logout_status"]}
        table = replace(data["states"], others=others)
        return AssembledOptions(**data | {"states": table})


def status_and_reason(told: Told, options: AssembledOptions) -> tuple[str, str | None]:
    """Return Assembled's word for a status, and the reason where the word does not say it."""
    match told.type:
        case EventType.LOGIN:
            return options.login_status, None
        case EventType.LOGOUT:
            return options.logout_status, None
    mapped = options.states.code(told.data)
    if mapped is not None:
        return mapped, None
    status = str(told.data.get("status") or "unknown")
    words = reason_words(told.data)
    return status, words[0] if status == "not_ready" and words else None


def channel(told: Told) -> str | None:
    """Return the channel of the first contact, where Assembled's agents have such a one."""
    contacts = told.data.get("contacts")
    first = contacts[0] if isinstance(contacts, list) and contacts else None
    return CHANNELS.get(str(first.get("channel")).casefold()) if isinstance(first, dict) else None
