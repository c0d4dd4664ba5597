"""Assembled's API as its facts say (wfm-vendors.md, 4).

Verified: Basic authentication with the key as user name, 300 requests a minute in bursts of 20,
the single status. That `GET /v0/agents` answers a map of agents by id and filters by `channels`,
`queue`, `site` and `team` alone is from the official client's agents.go (HEAD 5598862). The bulk
forms are a third party's: they are refused unless *takes_unverified*.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins.asked import Asked, Refusal, Reply
from tests.standins.assembled_forms import AGENT_CHANNELS, CONVERSATION, MOST, STATUS, state_form
from tests.standins.bucket import Bucket
from tests.standins.door import Door
from tests.standins.json_body import members, read_json, several

API_VERSION = "2019-06-20"
RATE, BURST = 300 / 60, 20
FILTERS = {"channels", "queue", "site", "team"}
JSON = {"Content-Type": "application/json"}
UNVERIFIED = {"/v0/agents/state/bulk", "/v0/conversations/bulk"}

Item = dict[str, Any]


@dataclass(kw_only=True)
class AssembledStandIn(Door):
    """*agents*: the people by Assembled's id, each with `import_id` and `email`. *statuses* and
    *bulk*: what was told of each, as it came. *limited*: how many requests were too many.
    """

    key: str
    agents: dict[str, Item]
    takes_unverified: bool = False
    bulk_times: str = "date-time"
    """Or `unix`: what the third party's form says, or what the shapes that are read say."""

    statuses: dict[str, list[Item]] = field(default_factory=dict)
    bulk: dict[str, list[Item]] = field(default_factory=dict)
    conversations: dict[str, Item] = field(default_factory=dict)
    oddities: list[tuple[str, str]] = field(default_factory=list)
    duplicates: int = 0
    looked_up: int = 0
    limited: int = 0
    bucket: Bucket = field(default_factory=lambda: Bucket(RATE, BURST))

    @property
    def url(self) -> str:
        return f"{self.root}/v0"

    @property
    def states(self) -> dict[str, str]:
        """The status of each agent that began last, of those the one told last."""
        told = {agent: max(each, key=_began) for agent, each in self._reversed()}
        return {agent: each["status"] for agent, each in told.items()}

    def take(self, asked: Asked, now: datetime) -> Reply:
        self._check_key(asked)
        if not self.bucket.take(now):
            self.limited += 1
            seconds = {"Retry-After": str(self.bucket.seconds_left)}
            return Reply(429, _error(429, "Too many requests"), JSON | seconds)
        if asked.headers.get("API-Version", API_VERSION) != API_VERSION:
            raise Refusal(400, f"API-Version is not {API_VERSION}")
        return self._route(asked)

    def refuse(self, refusal: Refusal) -> Reply:
        return Reply(refusal.status, _error(refusal.status, refusal.why), JSON)

    def _check_key(self, asked: Asked) -> None:
        wanted = base64.b64encode(f"{self.key}:".encode()).decode()
        scheme, _, given = asked.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or given != wanted:
            raise Refusal(401, "Basic authentication: the key as user name, an empty password")

    def _route(self, asked: Asked) -> Reply:
        path = urlsplit(asked.target).path
        routes: dict[tuple[str, str], Callable[[Asked], Reply]] = {
            ("POST", "/v0/agents/status"): self._status,
            ("GET", "/v0/agents"): self._list,
        }
        if self.takes_unverified:
            routes |= {
                ("POST", "/v0/agents/state/bulk"): self._states,
                ("POST", "/v0/conversations/bulk"): self._conversations,
            }
        if (take := routes.get((asked.method, path))) is not None:
            return take(asked)
        if asked.method == "GET" and (found := re.fullmatch(r"/v0/agents/([^/]+)/status", path)):
            return self._shown(found[1])
        if path in UNVERIFIED:
            raise Refusal(404, f"{path}: its form is not verified")
        raise Refusal(404, f"no {asked.method} {path}")

    def _status(self, asked: Asked) -> Reply:
        status = members(read_json(asked), *STATUS)
        agent = self._agent(status["agent_id"])
        told = self.statuses.setdefault(agent, [])
        if status in told and "event_id" in status:
            self.duplicates += 1
        elif told and _began(status) < _began(told[-1]):
            self.oddities.append((agent, f"older than what was told: {status}"))
        told.append(status)
        return _well(status)

    def _list(self, asked: Asked) -> Reply:
        query = parse_qsl(urlsplit(asked.target).query, keep_blank_values=True)
        if unknown := {name for name, _ in query} - FILTERS:
            raise Refusal(400, f"no filter {', '.join(sorted(unknown))}")
        wanted = {value for name, value in query if name == "channels"}
        self.looked_up += 1
        agents = {
            agent: {"id": agent, **each}
            for agent, each in self.agents.items()
            if wanted <= set(each.get("channels", AGENT_CHANNELS))
        }
        return _well({"agents": agents})

    def _shown(self, agent: str) -> Reply:
        told = self.statuses.get(agent)
        if told is None:
            raise Refusal(404, f"no status of {agent}")
        return _well(max(reversed(told), key=_began))

    def _states(self, asked: Asked) -> Reply:
        states = members(read_json(asked), {"states": several})["states"]
        _check_count(states)
        for index, each in enumerate(states):
            members(each, *state_form(self.bulk_times), at=f"states[{index}]")
            self._agent(each["agent_id"])
        for each in states:
            self.bulk.setdefault(each["agent_id"], []).append(each)
        return Reply(202, b"{}", JSON)

    def _conversations(self, asked: Asked) -> Reply:
        told = members(read_json(asked), {"conversations": several})["conversations"]
        _check_count(told)
        for index, each in enumerate(told):
            members(each, *CONVERSATION, at=f"conversations[{index}]")
        self.conversations |= {each["external_id"]: each for each in told}
        return Reply(202, b"{}", JSON)

    def _agent(self, agent: str) -> str:
        if agent not in self.agents:
            raise Refusal(400, f"invalid agent_id {agent}")
        return agent

    def _reversed(self) -> list[tuple[str, list[Item]]]:
        return [(agent, told[::-1]) for agent, told in self.statuses.items()]


def _began(status: Item) -> int:
    return int(status["start_time"])


def _check_count(items: list[Any]) -> None:
    if not 0 < len(items) <= MOST:
        raise Refusal(400, f"{len(items)} items: at most {MOST} are recommended")


def _well(value: Any) -> Reply:
    return Reply(200, json.dumps(value).encode(), JSON)


def _error(status: int, why: str) -> bytes:
    return json.dumps({"message": why, "code": status}).encode()
