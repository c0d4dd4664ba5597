"""An endpoint for the ten event fields that are published of Verint's feed (wfm-vendors.md, 5).

The fields and their values are published by a partner; how they travel is not. Here: one JSON
object a request, `timeStamp` in ISO 8601 with UTC, a header that the operator was given. Any path
is taken, as it is the operator's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.standins.asked import Asked, Refusal, Reply
from tests.standins.door import Door
from tests.standins.json_body import date_time, members, one_of, read_json

LOGIN, LOGOUT, CHANGE = 26, 27, 28
READY, BUSY, AFTER_CALL_WORK, SUPERVISING, NOT_READY, GONE = 1, 2, 3, 4, 5, 27
STATE_CHANGE, FEED_NORMAL, FEED_UNAVAILABLE, SHUTDOWN = 0, 1, 3, 4
LONGEST_AGENT, LONGEST = 128, 24


def agent_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_AGENT


def short_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def utc_moment(value: Any) -> bool:
    return date_time(value) and value.endswith(("Z", "+00:00"))


FIELDS = {
    "eventType": one_of(LOGIN, LOGOUT, CHANGE),
    "agentId": agent_id,
    "monitorParty": one_of(""),
    "timeStamp": utc_moment,
    "agentMode": one_of(READY, BUSY, AFTER_CALL_WORK, SUPERVISING, NOT_READY, GONE),
    "agentGroup": short_text,
    "agentData": one_of(""),
    "badDevType": one_of(""),
    "reasonCode": short_text,
    "extErrorCode": one_of(STATE_CHANGE, FEED_NORMAL, FEED_UNAVAILABLE, SHUTDOWN),
}

Event = dict[str, Any]


@dataclass(kw_only=True)
class VerintStandIn(Door):
    """*states*: (mode, reason) of each agent who is logged in. *events*: as they came. *header*:
    the name and value that the operator was given. *oddities*: (agent, what does not fit).
    """

    header: tuple[str, str]
    states: dict[str, tuple[int, str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    oddities: list[tuple[str, str]] = field(default_factory=list)
    feed: int = FEED_NORMAL

    @property
    def url(self) -> str:
        return self.root

    def take(self, asked: Asked, _now: datetime) -> Reply:
        name, value = self.header
        if asked.headers.get(name) != value:
            raise Refusal(401, f"{name} is not what was given")
        if asked.method != "POST":
            raise Refusal(405, "POST alone")
        event = members(read_json(asked), FIELDS)
        _check(event)
        self._show(event)
        self.events.append(event)
        return Reply(200)

    def _show(self, event: Event) -> None:
        agent = event["agentId"]
        if event["extErrorCode"] != STATE_CHANGE:
            self.feed = event["extErrorCode"]
            return
        if event in self.events:
            return
        latest = [each["timeStamp"] for each in self.events if each["agentId"] == agent]
        if latest and _at(event["timeStamp"]) < max(map(_at, latest)):
            self.oddities.append((agent, f"older than what was told: {event}"))
            return
        if (event["eventType"] == LOGIN) == (agent in self.states):
            self.oddities.append((agent, f"logged in: {agent in self.states}; {event}"))
        if event["eventType"] == LOGOUT:
            self.states.pop(agent, None)
        else:
            self.states[agent] = event["agentMode"], event["reasonCode"]


def _check(event: Event) -> None:
    """Refuse values that the table of fields does not allow together."""
    if (event["eventType"] == LOGOUT) != (event["agentMode"] == GONE):
        raise Refusal(400, "body.agentMode: 27 goes with eventType 27, and with it alone")
    if event["reasonCode"] and event["agentMode"] != NOT_READY:
        raise Refusal(400, "body.reasonCode: only with agentMode 5")
    is_change = event["extErrorCode"] == STATE_CHANGE
    if not is_change and event["eventType"] != CHANGE:
        raise Refusal(400, "body.extErrorCode: the feed is told of with eventType 28")
    if is_change and not event["agentId"]:
        raise Refusal(400, "body.agentId: empty")


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
