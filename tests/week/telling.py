"""The truth as the two platforms tell it: the bytes that they post, one message for each fact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.week.truth import DESK, RING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.week.truth import Contact, Fact, Person, Truth

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
EVENTS = {
    "came": "task.created",
    "queued": "task-queue.entered",
    "offered": "reservation.created",
    "accepted": "reservation.accepted",
    "wrapping": "reservation.wrapup",
    "done": "reservation.completed",
    "sent_on": "task.transfer-initiated",
    "closed": "task.completed",
    "gone": "task.canceled",
    "activity": "worker.activity.update",
}
VERSIONS = {"offered": 0, "accepted": 1, "declined": 1, "wrapping": 2, "done": 3}
WHY = {"hangup": "hangup", "limit": "Task canceled on exceeding its time to live"}
EASTERN = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Message:
    """What one fact is told with: fields, as the platform has them."""

    fact: Fact
    fields: dict[str, str]

    def as_form(self) -> bytes:
        """Return it as an event callback."""
        words = {_camel(name): value for name, value in self.fields.items()}
        return urlencode(words).encode()

    def as_stream(self) -> dict:
        """Return it as an item of a stream, or as a record."""
        if self.fact.platform == RING:
            return self.fields
        payload = {k: v for k, v in self.fields.items() if k != "event_type"}
        return {
            "specversion": "1.0",
            "type": f"com.twilio.taskrouter.{self.fields['event_type']}",
            "source": "/v1/Workspaces/x",
            "id": self.fields["sid"],
            "data": {"payload_type": "DEFAULT", "payload": payload},
        }


def tell(truth: Truth) -> Iterator[Message]:
    """Yield the messages, in the order in which things happened."""
    activities: dict[int, str] = {}
    sessions: dict[int, int] = {}
    said: dict[int, tuple[str, str]] = {}
    came: dict[int, Fact] = {}
    accepted: dict[int, Fact] = {}
    for fact in truth.facts:
        if fact.platform == DESK:
            if fact.kind == "activity":
                activities[fact.agent] = fact.word
            yield Message(fact, _desk(truth, fact, activities.get(fact.agent, "Offline")))
        elif fact.kind == "came":
            came[fact.contact] = fact
        elif fact.kind == "accepted":
            accepted[fact.contact] = fact
        elif fact.kind == "record":
            times = came[fact.contact], accepted.get(fact.contact)
            yield Message(fact, _record(truth, fact, *times))
        else:
            if fact.kind == "login":
                sessions[fact.agent] = fact.number
            before = said.get(fact.agent, ("", ""))
            yield Message(fact, _state(truth, fact, sessions[fact.agent], before[0]))
            said[fact.agent] = (fact.word or fact.kind.upper(), "")


def agent_key(person: Person) -> str:
    """Return what the gateway calls an agent."""
    return f"{person.platform}:{agent_id(person)}"


def agent_id(person: Person) -> str:
    """Return the platform's id of an agent."""
    return _sid("WK", person.number) if person.platform == DESK else str(1_300_000 + person.number)


def queue_id(platform: str, queue: int) -> str:
    """Return the platform's id of a queue."""
    return _sid("WQ", queue) if platform == DESK else str(70_000 + queue)


def customer(contact: Contact) -> dict[str, str]:
    """Return what is known of who the customer is."""
    number = contact.customer
    return {
        "phone": f"+1555{number:07d}",
        "city": f"City {number % 5}",
        "country": ("US", "DE")[number % 2],
        "zip": f"{number % 7:05d}",
    }


def _desk(truth: Truth, fact: Fact, activity: str) -> dict[str, str]:
    fields = {
        "event_type": EVENTS.get(fact.kind) or f"reservation.{fact.word}",
        "sid": _sid("EV", fact.number),
        "account_sid": _sid("AC", 1),
        "workspace_sid": _sid("WS", 1),
        "timestamp": str(fact.at // 1000),
        "timestamp_ms": str(fact.at),
    }
    if fact.agent is not None:
        fields |= _worker(truth.people[fact.agent], activity)
    if fact.contact is not None:
        fields |= _task(truth.contacts[fact.contact])
    if fact.queue is not None:
        fields["task_queue_sid"] = queue_id(DESK, fact.queue)
        fields["task_queue_name"] = f"Queue {fact.queue}"
    if fact.offer is not None:
        fields["reservation_sid"] = _sid("WR", fact.offer)
        fields["reservation_version"] = str(VERSIONS[fact.kind])
    if fact.kind == "gone":
        fields["task_canceled_reason"] = WHY[fact.word]
    return fields


def _worker(person: Person, activity: str) -> dict[str, str]:
    told = {"agent_id": f"A{person.number}"}
    if person.team:
        told |= {"team_id": f"T-{person.team}", "team_name": person.team}
    return {
        "worker_sid": agent_id(person),
        "worker_name": f"agent-{person.number}",
        "worker_attributes": json.dumps(told),
        "worker_activity_sid": _sid("WA", len(activity)),
        "worker_activity_name": activity,
    }


def _task(contact: Contact) -> dict[str, str]:
    outbound = contact.direction == "outbound"
    who, side = customer(contact), "to" if outbound else "from"
    told = {side: who["phone"]} | {
        f"{side}_{name}": who[name] for name in ("city", "country", "zip")
    }
    if contact.direction:
        told["direction"] = contact.direction
    if contact.before:
        told["previous_task_sid"] = _sid("WT", contact.before)
    elif contact.channel == "voice":
        told["call_sid"] = _sid("CA", contact.number)
    return {
        "task_sid": _sid("WT", contact.number),
        "task_attributes": json.dumps(told),
        "task_channel_unique_name": contact.channel,
        "task_channel_sid": _sid("TC", len(contact.channel)),
        "workflow_sid": _sid("WW", 1),
        "workflow_name": "Main",
    }


def _state(truth: Truth, fact: Fact, session: int, before: str) -> dict[str, str]:
    fields = {
        "agent_id": agent_id(truth.people[fact.agent]),
        "agent_login_id": str(session),
        "account_id": "15300002",
        "date_time": _clock(fact.at),
        "event_type": fact.word or fact.kind.upper(),
    }
    if fact.kind == "state":
        fields |= {"prev_state": before, "prev_aux_state": "", "event_aux_type": ""}
        fields["pending_disp"] = "0"
    if fact.contact is not None:
        fields |= {"call_id": str(fact.contact), "call_type": _call_type(truth, fact)}
    return fields


def _record(truth: Truth, fact: Fact, came: Fact, accepted: Fact | None) -> dict[str, str]:
    contact = truth.contacts[fact.contact]
    phone = customer(contact)["phone"]
    waited_until = accepted.at if accepted else fact.at
    fields = {
        "event_type": f"{_call_type(truth, fact)}-CALL",
        "account_id": "15300002",
        "call_id": str(contact.number),
        "call_start": _clock(came.at),
        "call_duration": str((fact.at - came.at) // 1000),
        "queue_duration": str((waited_until - came.at) // 1000),
        "call_state": fact.word,
        "gate_id": queue_id(RING, fact.queue),
        "gate_name": f"Gate {fact.queue}",
        "ani" if contact.direction == "inbound" else "dnis": phone,
    }
    if fact.agent is not None:
        fields["agent_id"] = agent_id(truth.people[fact.agent])
    return fields


def _call_type(truth: Truth, fact: Fact) -> str:
    return "ACD" if truth.contacts[fact.contact].direction == "inbound" else "VPD"


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(EASTERN):%Y-%m-%d %H:%M:%S}"


def _sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
