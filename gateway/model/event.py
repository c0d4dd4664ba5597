"""The neutral event, schema version 1: a CloudEvents 1.0 JSON object with a stable id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.clock import from_rfc3339, rfc3339
from gateway.model.values import Word, quick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DATA_SCHEMA = "urn:wfm-gateway:schema:v1"
THE_GATEWAY = "/gateway"
"""The source of what the gateway tells of itself; no configured source can have this name."""


class EventType(Word):
    """The types of events, as `events:` in the configuration names them."""

    LOGIN = "agent.login"
    LOGOUT = "agent.logout"
    STATE = "agent.state"
    PROFILE = "agent.profile"
    CONTACT = "contact.completed"
    ALERT = "gateway.alert"

    qualified: str

    def __init__(self, word: str) -> None:
        """*qualified* is the CloudEvents `type`: ``wfm.agent.state.v1``."""
        super().__init__(word)
        self.qualified = f"wfm.{word}.v1"


BY_QUALIFIED_TYPE = {kind.qualified: kind for kind in EventType}


@quick
@dataclass(frozen=True, slots=True)
class Event:
    """One vendor-neutral fact.

    *source* is the source's name (or `THE_GATEWAY`), *subject* the agent key (or
    ``{source}:queue:{queue id}``, or ``alarm:…``), *time* when it happened by the platform's
    clock, *recorded_at* when the gateway received it.
    *data* is a JSON object whose members the contract names; nothing changes it afterwards.
    """

    id: str
    source: str
    type: EventType
    subject: str
    time: datetime
    recorded_at: datetime
    data: Mapping[str, Any]

    def envelope(self) -> dict[str, Any]:
        """Return the event as the CloudEvents JSON object that is stored and sent."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": THE_GATEWAY if self.source == THE_GATEWAY else f"/sources/{self.source}",
            "type": self.type.qualified,
            "subject": self.subject,
            "partitionkey": self.subject,
            "time": rfc3339(self.time),
            "recordedtime": rfc3339(self.recorded_at),
            "datacontenttype": "application/json",
            "dataschema": DATA_SCHEMA,
            "data": self.data,
        }


def event_from_envelope(envelope: Mapping[str, Any]) -> Event:
    """Read back an event that `Event.envelope` wrote."""
    return Event(
        id=envelope["id"],
        source=envelope["source"].removeprefix("/sources/"),
        type=BY_QUALIFIED_TYPE[envelope["type"]],
        subject=envelope["subject"],
        time=from_rfc3339(envelope["time"]),
        recorded_at=from_rfc3339(envelope["recordedtime"]),
        data=envelope["data"],
    )


def stable_id(*parts: str | bytes) -> str:
    """Return 32 hexadecimal digits that depend on *parts* alone, in order."""
    framed = b""
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += len(raw).to_bytes(4, "big") + raw
    return blake2b(framed, digest_size=16).hexdigest()


def content_digest(fields: object) -> bytes:
    """Return 16 bytes that depend on the JSON value alone, not on the order of its keys."""
    try:
        text = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a character, or an integer of more than 64 bits
        text = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return blake2b(text, digest_size=16).digest()
