"""What Assembled's calls take: required and optional members (wfm-vendors.md, 4).

`STATUS` is verified. The others are a third party's; their times are RFC 3339 there, and Unix
seconds in the shapes that the vendor lets read.
"""

from __future__ import annotations

from typing import Any

from tests.standins.json_body import (
    Kind,
    boolean,
    date_time,
    filled_text,
    integer,
    one_of,
    text,
    unix_seconds,
)

MOST = 500
AGENT_CHANNELS = ("phone", "email", "chat")
CHANNELS = (*AGENT_CHANNELS, "sms", "social", "back_office")

Form = tuple[dict[str, Kind], dict[str, Kind]]


def unix_seconds_or_open(value: Any) -> bool:
    return unix_seconds(value) or (integer(value) and value == 0)


def count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def some_object(value: Any) -> bool:
    return isinstance(value, dict)


STATUS: Form = (
    {"agent_id": filled_text, "status": filled_text, "start_time": unix_seconds},
    {
        "agent_name": text,
        "channel": one_of(*AGENT_CHANNELS),
        "event_id": filled_text,
        "end_time": unix_seconds_or_open,
    },
)
CONVERSATION: Form = (
    {"external_id": filled_text, "channel": one_of(*CHANNELS), "started_at": date_time},
    {
        "platform": text,
        "queue_id": text,
        "assigned_agent_id": text,
        "customer_id": text,
        "subject": text,
        "status": text,
        "ended_at": date_time,
        "handle_time_seconds": count,
        "wait_time_seconds": count,
        "first_response_time_seconds": count,
        "resolved": boolean,
        "csat_score": count,
        "metadata": some_object,
    },
)


def state_form(times: str) -> Form:
    """Return the members of a state in bulk, with times as `date-time` or `unix`."""
    moment = {"date-time": date_time, "unix": unix_seconds}[times]
    return (
        {"agent_id": filled_text, "state": filled_text, "start_time": moment},
        {"sub_state": text, "end_time": moment, "source": text},
    )
