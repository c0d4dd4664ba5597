"""The JSON Schema (2020-12) of the neutral events, schema version 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.agent import Basis, Phase, Status, TimeSource
from gateway.model.alarm import AlarmName, Severity
from gateway.model.contact import Outcome
from gateway.model.event import DATA_SCHEMA, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

Schema = dict[str, Any]

AGENT_EVENTS = (EventType.LOGIN, EventType.LOGOUT, EventType.STATE)


def event_schema() -> Schema:
    """Return the schema; every member is required, what is not known is null."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        "title": "Neutral event of wfm-gateway, schema version 1",
        "oneOf": [
            _envelope(
                "An agent logged in, logged out, or changed state", AGENT_EVENTS, "agentData"
            ),
            _envelope("A contact came to its end", (EventType.CONTACT,), "contactData"),
            _envelope(
                "An alarm of the gateway was raised or cleared",
                (EventType.ALERT,),
                "alertData",
                source="^/(sources/.|gateway$)",
            ),
        ],
        "$defs": _definitions(),
    }


def _envelope(
    title: str, kinds: Iterable[EventType], data: str, source: str = "^/sources/."
) -> Schema:
    return {"title": title} | _object(
        specversion={"const": "1.0"},
        id={"type": "string", "minLength": 1},
        source={"type": "string", "pattern": source},
        type={"enum": [kind.qualified for kind in kinds]},
        subject={"type": "string", "minLength": 1},
        partitionkey={"type": "string", "minLength": 1},
        time=_ref("time"),
        recordedtime=_ref("time"),
        datacontenttype={"const": "application/json"},
        dataschema={"const": DATA_SCHEMA},
        data=_ref(data),
    )


def _definitions() -> dict[str, Schema]:
    return {
        "agentData": _agent_data(),
        "contactData": _contact_data(),
        "alertData": _alert_data(),
        "agent": _agent(),
        "heldContact": _held_contact(),
        "channel": _channel(),
        "completedContact": _completed_contact(),
        "customer": _customer(),
        "attributes": _object(text=_ref("values"), labels=_ref("values"), measures=_ref("values")),
        "values": {"type": ["object", "null"]},
        "named": _object(id=TEXT, name=TEXT),
        "reason": _object(code=TEXT, label=TEXT),
        "previous": _object(
            status=_one_of(Status), reason=_or_null("reason"), since=_or_null("time")
        ),
        "status": _one_of(Status),
        "timeSource": _one_of(TimeSource),
        "basis": {"enum": [*Basis, None]},
        "time": {
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        },
    }


def _agent_data() -> Schema:
    return _object(
        agent=_ref("agent"),
        status=_ref("status"),
        reason=_or_null("reason"),
        since=_or_null("time"),
        previous=_or_null("previous"),
        next=_or_null("status"),
        session_id=TEXT,
        session_seconds=NUMBER,
        contacts=_list_of("heldContact"),
        channels=_list_of("channel"),
        native_id=TEXT,
        inferred={"type": "boolean"},
        basis=_ref("basis"),
        time_source=_ref("timeSource"),
    )


def _contact_data() -> Schema:
    return _object(
        agent=_or_null("agent"),
        contact=_ref("completedContact"),
        customer=_or_null("customer"),
        attributes=_or_null("attributes"),
        inferred={"type": "boolean"},
        basis=_ref("basis"),
        time_source=_ref("timeSource"),
    )


def _alert_data() -> Schema:
    return _object(
        alarm=_one_of(AlarmName),
        state={"enum": ["raised", "cleared"]},
        severity=_one_of(Severity),
        about=_object(**_texts("source", "destination", "agent")),
        since=_ref("time"),
        detail={"type": "string"},
        runbook={"type": "string"},
    )


def _agent() -> Schema:
    return _object(
        key={"type": "string", "minLength": 1},
        id={"type": "string", "minLength": 1},
        platform={"type": "string", "minLength": 1},
        **_texts("account_id", "workspace_id", "external_id", "username", "name", "email"),
        **_texts("phone", "role"),
        team=_or_null("named"),
        department=_or_null("named"),
        **_texts("manager", "location"),
        attributes=_ref("values"),
        wfm_id=TEXT,
    )


def _held_contact() -> Schema:
    return _object(
        **_texts("id", "reservation_id", "channel", "direction"),
        phase=_one_of(Phase),
        queue=_or_null("named"),
        workflow_id=TEXT,
        offered_at=_or_null("time"),
        since=_or_null("time"),
        **_texts("native_status", "task_status"),
    )


def _channel() -> Schema:
    return _object(
        **_texts("id", "channel_id", "name"),
        available={"type": ["boolean", "null"]},
        capacity={"type": ["integer", "null"]},
        free_percent=NUMBER,
        capacity_since=_or_null("time"),
    )


def _completed_contact() -> Schema:
    seconds = ("duration", "queue", "ring", "talk", "hold", "wrap", "handle")
    told = _object(
        **_texts("id", "conversation_id"),
        revision={"type": ["integer", "null"]},
        **_texts("channel", "direction"),
        queue=_or_null("named"),
        workflow=_or_null("named"),
        team=_or_null("named"),
        outcome={"enum": [each.value for each in Outcome]},
        **_texts("disposition", "customer_address", "dialed_number"),
        started_at=_or_null("time"),
        answered_at=_or_null("time"),
        ended_at=_or_null("time"),
        **{f"{name}_seconds": NUMBER for name in seconds},
        recording_url=TEXT,
    )
    return told | {"properties": told["properties"] | {"journey": _journey()}}


def _journey() -> Schema:
    """Return what is told of contacts that come in pieces."""
    return _object(
        abandoned={"type": "boolean"},
        ivr_seconds=NUMBER,
        is_transfer={"type": "boolean"},
        is_sent_on={"type": "boolean"},
        queues={"type": "array", "items": _object(queue=_ref("named"), at=_ref("time"))},
        replaced={"type": ["object", "null"]},
    )


def _customer() -> Schema:
    return _object(
        **_texts("id", "name", "phone", "email", "city", "state", "country", "zip", "category"),
        attributes=_ref("values"),
        labels=_ref("values"),
        measures=_ref("values"),
    )


TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": ["number", "null"]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _texts(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, TEXT)


def _one_of(words: type[StrEnum]) -> Schema:
    return {"enum": [word.value for word in words]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _or_null(name: str) -> Schema:
    return {"anyOf": [_ref(name), {"type": "null"}]}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}
