"""The work that is sent: what a platform posts, signed, each record one change of one agent.

A record is known by its agent and its time, which everything that forwards it has to keep. The
record *number* of an agent is a unit of time later than the one before: a millisecond in a Flex
picture, a second in a RingCentral event, whose times have no fractions.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import orjson

TOKEN = "made-up-token"
PASSWORD = "made-up-password"
PUBLIC_URL = "https://wfm.example.com/v1/ingest/flex"
STATUSES = {"Available": "ready", "Lunch": "not_ready"}
NAMES = tuple(STATUSES)
EASTERN = ZoneInfo("America/New_York")
MICROSECOND = timedelta(microseconds=1)
CHANNELS = ("voice", "chat", "sms")


@dataclass(frozen=True, slots=True)
class Signed:
    """One request: what follows the address, its headers, its body."""

    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of records: how one is written, and how several become a request."""

    source: str
    step: timedelta
    """How much later an agent's next record is."""
    reach: timedelta
    """How far back the first record lies, so that none lies in the future."""
    record: Callable[[int, int, datetime], dict]
    request: Callable[[Sequence[dict]], Signed]

    agent: Callable[[int], str]
    """How the platform calls an agent."""

    def at(self, began: datetime, number: int) -> datetime:
        """Return the time of the record *number* of any agent, as exact as the platform's."""
        at = began - self.reach + self.step * number
        return at - timedelta(microseconds=at.microsecond % (self.step // MICROSECOND))


def written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def worker_sid(agent: int) -> str:
    return f"WK{agent:032x}"


def picture(agent: int, number: int, at: datetime) -> dict:
    """Return a Flex RTA record of 1.5 KB: another activity than before, and one chat."""
    text, name = written(at), NAMES[number % 2]
    return {
        "worker": {
            "sid": worker_sid(agent),
            "activity_sid": f"WA{number % 2:032x}",
            "activity_name": name,
            "date_activity_updated": text,
        },
        "channels": [_channel(agent, name) for name in CHANNELS],
        "account_sid": f"AC{1:032x}",
        "workspace_sid": f"WS{1:032x}",
        "last_processed_event_sid": f"EV{agent:016x}{round(1000 * at.timestamp()):016x}",
        "date_last_processed_event": text,
    }


def _channel(agent: int, name: str) -> dict:
    return {
        "reservations": [_reservation(agent)] if name == "chat" else [],
        "worker_channel_sid": None,
        "task_channel_sid": f"TC{CHANNELS.index(name):032x}",
        "task_channel_name": name,
        "available": 1,
        "available_capacity": 50,
        "capacity": 2,
        "date_capacity_updated": None,
    }


def _reservation(agent: int) -> dict:
    began = "2026-01-05T09:00:00.000Z"
    return {
        "sid": f"WR{agent:032x}",
        "status": "accepted",
        "workflow_sid": f"WW{1:032x}",
        "task_sid": f"WT{agent:032x}",
        "task_queue_sid": f"WQ{1:032x}",
        "task_assignment_status": "assigned",
        "date_created": began,
        "date_updated": began,
        "date_reservation_status_updated": began,
        "direction": "inbound",
    }


def twilio_request(records: Sequence[dict]) -> Signed:
    """Write and sign a request as Twilio signs a JSON body: by its hash in the query."""
    body = orjson.dumps(
        {"product": "Flex", "object": "WFMWorkerChange", "version": 1, "records": records}
    )
    query = f"?bodySHA256={sha256(body).hexdigest()}"
    signature = signature_of(PUBLIC_URL + query)
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
    return Signed(query, headers, body)


def signature_of(called: str) -> str:
    return b64encode(hmac.digest(TOKEN.encode(), called.encode(), "sha1")).decode()


STATES = (("AVAILABLE", ""), ("ON-BREAK", "Lunch"))


def agent_id(agent: int) -> str:
    return str(1_000_000 + agent)


def notification(agent: int, number: int, at: datetime) -> dict:
    """Return a RingCentral agent event: to a break and back."""
    (state, aux), (before, aux_before) = STATES[number % 2], STATES[1 - number % 2]
    return {
        "agent_id": agent_id(agent),
        "prev_state": before,
        "prev_aux_state": aux_before,
        "agent_phone": "16505550100*1212@RC_SOFTPHONE",
        "source_ip": "192.0.2.1",
        "external_agent_id": None,
        "duration": "17",
        "agent_login_id": str(2_000_000 + agent),
        "account_id": "15300002",
        "event_type": state,
        "event_aux_type": aux,
        "date_time": f"{at.astimezone(EASTERN):%Y-%m-%d %H:%M:%S}",
        "pending_disp": "0",
        "username": f"agent.{agent}@example.com",
    }


BASIC = {
    "Content-Type": "application/json",
    "Authorization": "Basic " + b64encode(f"rc:{PASSWORD}".encode()).decode(),
}


def basic_request(records: Sequence[dict]) -> Signed:
    """Write a request with a password; several events are a JSON array."""
    return Signed("", BASIC, orjson.dumps(records[0] if len(records) == 1 else list(records)))


FLEX = Work(
    "flex", timedelta(milliseconds=1), timedelta(minutes=5), picture, twilio_request, worker_sid
)
ENGAGE = Work(
    "engage", timedelta(seconds=1), timedelta(hours=12), notification, basic_request, agent_id
)
WORKS = {"flex": FLEX, "ringcentral": ENGAGE}


def key_of(told: dict) -> tuple[str, str]:
    """Return agent and time of what a destination was told: a neutral event, or a record as is."""
    if "data" in told:
        return told["data"]["agent"]["id"], told["time"]
    if "worker" in told:
        return told["worker"]["sid"], told["date_last_processed_event"]
    return told["agent_id"], told["date_time"]


def moment(text: str) -> datetime:
    """Read the time of a key: without an offset it is the platform's wall clock."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=EASTERN).astimezone(UTC) if at.tzinfo is None else at
