"""ARGUS WFM CC's push of agent states, as its facts say (wfm-vendors.md, 2.1).

One message tells that a state was left (action 0) or entered (1), by the sender's time. The
vendor says nothing about what it makes of it, so that what is odd is flagged and answered 200;
what the format does not allow is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.standins.asked import Asked, Reply, check_call
from tests.standins.door import Door
from tests.standins.json_body import filled_text, members, one_of, read_json, unix_seconds

PATH = "/ccwfm/api/rest/status"
LEFT, ENTERED = 0, 1
FIELDS = {
    "workerId": filled_text,
    "stateName": filled_text,
    "stateCode": filled_text,
    "systemId": filled_text,
    "actionTime": unix_seconds,
    "action": one_of(LEFT, ENTERED),
}

Message = dict[str, Any]


@dataclass
class Stay:
    """A state of an agent from *entered_at* to *left_at*, in Unix seconds; `None`: still."""

    code: str
    name: str
    entered_at: int
    left_at: int | None = None


@dataclass(kw_only=True)
class ArgusStandIn(Door):
    """*timelines*: what each worker did, oldest first. *messages*: what was taken, duplicates
    included. *oddities*: (worker, what is odd).
    """

    timelines: dict[str, list[Stay]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    oddities: list[tuple[str, str]] = field(default_factory=list)
    duplicates: int = 0
    _told: dict[str, list[Message]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.root

    @property
    def states(self) -> dict[str, str | None]:
        """The code of each worker's current state; `None`: in no state."""
        current = {worker: self._current(worker) for worker in self.timelines}
        return {worker: stay.code if stay else None for worker, stay in current.items()}

    def take(self, asked: Asked, _now: datetime) -> Reply:
        check_call(asked, "POST", PATH)
        message = members(read_json(asked), FIELDS)
        self.messages.append(message)
        told = self._told.setdefault(message["workerId"], [])
        self._apply(message, told)
        told.append(message)
        return Reply(200)

    def _apply(self, message: Message, told: list[Message]) -> None:
        """Keep the timeline. Within a second, what fits is news before it is a duplicate."""
        is_late = bool(told) and message["actionTime"] < max(each["actionTime"] for each in told)
        oddity = "older than what was told" if is_late else self._oddity(message)
        if oddity and message in told:
            self.duplicates += 1
            return
        if oddity:
            self.oddities.append((message["workerId"], f"{oddity}: {message}"))
        if is_late or (oddity and message["action"] == LEFT):
            return
        self._move(message)

    def _oddity(self, message: Message) -> str | None:
        current = self._current(message["workerId"])
        if message["action"] == ENTERED:
            return f"entered without leaving {current.code}" if current else None
        if current is None:
            return "left while in no state"
        wanted = (current.code, current.name)
        is_that = (message["stateCode"], message["stateName"]) == wanted
        return None if is_that else f"left another than {current.code}"

    def _move(self, message: Message) -> None:
        timeline = self.timelines.setdefault(message["workerId"], [])
        current = self._current(message["workerId"])
        if current is not None:
            current.left_at = message["actionTime"]
        if message["action"] == ENTERED:
            timeline.append(Stay(message["stateCode"], message["stateName"], message["actionTime"]))

    def _current(self, worker: str) -> Stay | None:
        timeline = self.timelines.get(worker)
        return timeline[-1] if timeline and timeline[-1].left_at is None else None
