"""What those that an engineer would write have in common: the check, and the neutral event."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import orjson

EASTERN = ZoneInfo("America/New_York")
PUBLIC_URL = "https://wfm.example.com/v1/ingest/flex"
TOKEN = b"made-up-token"
BASIC = "Basic " + b64encode(b"rc:made-up-password").decode()
STATUSES = {"Available": "ready", "Lunch": "not_ready", "AVAILABLE": "ready"}
PERSON = ("external_id", "username", "name", "email", "phone", "role", "team", "department",
          "manager", "location", "attributes", "wfm_id")  # fmt: skip


def is_authentic(source: str, query: str, headers: Any, body: bytes) -> bool:
    """Check Twilio's signature, or the password."""
    if source != "flex":
        return hmac.compare_digest(headers.get("authorization", ""), BASIC)
    signed = hmac.digest(TOKEN, f"{PUBLIC_URL}?{query}".encode(), "sha1")
    expected = b64encode(signed).decode()
    return query == f"bodySHA256={sha256(body).hexdigest()}" and hmac.compare_digest(
        headers.get("x-twilio-signature", ""), expected
    )


def records_of(body: bytes) -> list[dict]:
    found = orjson.loads(body)
    if isinstance(found, list):
        return found
    return found.get("records", [found])


def event_of(source: str, record: dict) -> bytes:
    """Translate a record to an event of the fields and size that the gateway's have."""
    if source == "flex":
        return _event(source, _flex(record), record["date_last_processed_event"])
    at = datetime.fromisoformat(record["date_time"]).replace(tzinfo=EASTERN).astimezone(UTC)
    return _event(source, _ringcentral(record), at.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def _event(source: str, data: dict, time: str) -> bytes:
    key = f"{source}:{data['agent']['id']}"
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": uuid5(NAMESPACE_URL, key + time + data["status"]).hex,
            "source": f"/sources/{source}",
            "type": "wfm.agent.state.v1",
            "subject": key,
            "partitionkey": key,
            "time": time,
            "recordedtime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "datacontenttype": "application/json",
            "dataschema": "urn:wfm-gateway:schema:v1",
            "data": data | {"inferred": False, "basis": None, "time_source": "platform"},
        }
    )


def _flex(record: dict) -> dict:
    worker = record["worker"]
    name = worker["activity_name"]
    channels = record["channels"] or []
    return {
        "agent": dict.fromkeys(PERSON)
        | {
            "id": worker["sid"],
            "platform": "flex",
            "account_id": record["account_sid"],
            "workspace_id": record["workspace_sid"],
        },
        "status": STATUSES.get(name, "unknown"),
        "reason": {"code": worker["activity_sid"], "label": name},
        "since": worker["date_activity_updated"],
        "previous": None,
        "contacts": [_contact(each, held) for each in channels for held in each["reservations"]],
        "channels": [_channel(each) for each in channels],
        "native_id": record["last_processed_event_sid"],
    }


def _contact(channel: dict, held: dict) -> dict:
    return {
        "id": held["task_sid"],
        "reservation_id": held["sid"],
        "channel": channel["task_channel_name"],
        "direction": held["direction"],
        "queue": {"id": held["task_queue_sid"], "name": None},
        "workflow_id": held["workflow_sid"],
        "offered_at": held["date_created"],
        "since": held["date_updated"],
        "native_status": held["status"],
        "task_status": held["task_assignment_status"],
    }


def _channel(channel: dict) -> dict:
    return {
        "id": channel["worker_channel_sid"],
        "channel_id": channel["task_channel_sid"],
        "name": channel["task_channel_name"],
        "available": bool(channel["available"]),
        "capacity": channel["capacity"],
        "free_percent": channel["available_capacity"],
        "capacity_since": channel["date_capacity_updated"],
    }


def _ringcentral(record: dict) -> dict:
    state, aux = record["event_type"], record["event_aux_type"]
    return {
        "agent": dict.fromkeys(PERSON)
        | {
            "id": record["agent_id"],
            "platform": "ringcentral",
            "account_id": record["account_id"],
            "username": record["username"],
            "phone": record["agent_phone"],
        },
        "status": STATUSES.get(aux) or STATUSES.get(state, "unknown"),
        "reason": {"code": state, "label": aux or None},
        "since": None,
        "previous": None,
        "session_id": record["agent_login_id"],
        "contacts": [],
        "channels": [],
    }
