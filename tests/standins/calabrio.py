"""Calabrio WFM's JSON RTA as its facts say (wfm-vendors.md, 1.2: bodies verified).

It refuses what the facts do not allow: other paths, other members, a wrong key, a state code that
is missing or longer than 300 characters. The newest version finds out later whom it does not know,
and only logs it; an older one checks at the door. A snapshot is one request and closes itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.standins.asked import Asked, Refusal, Reply, check_call
from tests.standins.calabrio_floor import LOGGED_OUT, CalabrioFloor, check_code
from tests.standins.json_body import boolean, members, read_json, several, text

CHANGE, BATCH = "/Web/Rta/State/Change", "/Web/Rta/State/Batch"
STATE = {"UserCode": text, "StateCode": text}
HEAD = {"AuthenticationKey": text, "SourceId": text}

Body = dict[str, Any]


@dataclass(kw_only=True)
class CalabrioStandIn(CalabrioFloor):
    """The state of each user code; *requests*: what was accepted. *logged*: the sources found
    unknown after the answer. *flooded*: the overload guard holds; it holds too while at least
    *most_waiting* states wait, of which *a_second* are worked off.
    """

    is_older: bool = False
    flooded: bool = False
    most_waiting: int | None = None
    a_second: float = 100.0
    requests: list[tuple[str, Body]] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    _waiting: float = 0.0
    _worked_at: datetime | None = None

    @property
    def url(self) -> str:
        return f"{self.root}/Web"

    def take(self, asked: Asked, now: datetime) -> Reply:
        check_call(asked, "POST", CHANGE, BATCH)
        body = read_json(asked)
        if asked.target == BATCH:
            members(body, HEAD | {"IsSnapshot": boolean, "States": several})
            states = [
                members(each, {}, STATE, at=f"States[{index}]")
                for index, each in enumerate(body["States"])
            ]
        else:
            states = [members(body, HEAD, STATE)]
        self._check(body, states, now)
        self.requests.append((asked.target.rpartition("/")[2], body))
        self._show(body, states, now)
        return Reply(200)

    def _check(self, body: Body, states: list[Body], now: datetime) -> None:
        if self.flooded or self._is_full(len(states), now):
            raise Refusal(500, "State queue flooded")
        if body["AuthenticationKey"] != self.key:
            raise Refusal(400, "Invalid authentication key")
        if self.is_older and body["SourceId"] not in self.sources:
            raise Refusal(400, "Invalid source id")
        if not states:
            raise Refusal(400, "No states")
        for each in states:
            check_code(each.get("StateCode"))
            self._check_user(each.get("UserCode", "").strip())

    def _check_user(self, user: str) -> None:
        is_known = self.users is None or user in self.users or not self.is_older
        if not user or not is_known:
            raise Refusal(400, "Invalid user code")

    def _show(self, body: Body, states: list[Body], now: datetime) -> None:
        source = body["SourceId"]
        if source not in self.sources:
            self.logged.append(source)
            return
        for each in states:
            self.shows(source, each["UserCode"], each["StateCode"], now)
        if body.get("IsSnapshot"):
            told = {each["UserCode"].strip(): each["StateCode"] for each in states}
            self.closes(source, told, now)

    def _is_full(self, count: int, now: datetime) -> bool:
        passed = (now - (self._worked_at or now)).total_seconds()
        self._worked_at = now
        self._waiting = max(self._waiting - passed * self.a_second, 0.0)
        if self.most_waiting is not None and self._waiting >= self.most_waiting:
            return True
        self._waiting += count
        return False


__all__ = ["LOGGED_OUT", "CalabrioStandIn"]
