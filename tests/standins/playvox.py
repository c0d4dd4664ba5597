"""An endpoint like Playvox WFM's inbound work activity, as far as the facts go (wfm-vendors.md, 9).

Known: REST with a bearer token, a resource "agent status" that is a timeline of changes, users
matched by e-mail or by a mapped identifier. Not known: addresses and names of fields. The path and
the names are therefore the test's, as they are the customer's document's to the operator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.standins.asked import Asked, Refusal, Reply, check_call
from tests.standins.door import Door
from tests.standins.json_body import date_time, filled_text, members, read_json


@dataclass(kw_only=True)
class PlayvoxLikeStandIn(Door):
    """*users*: e-mail or mapped identifier to the user. *names*: what the fields for the user,
    the status and its start are called. *timelines*: (start, status) of each user in the order of
    their starts.
    """

    path: str
    token: str
    users: dict[str, str]
    names: tuple[str, str, str]
    timelines: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.root

    @property
    def states(self) -> dict[str, str]:
        """The status of each user that began last."""
        return {user: told[-1][1] for user, told in self.timelines.items()}

    def take(self, asked: Asked, _now: datetime) -> Reply:
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "the bearer token is missing, wrong or expired")
        check_call(asked, "POST", self.path)
        user, status, start = self.names
        kinds = {user: filled_text, status: filled_text, start: date_time}
        record = members(read_json(asked), kinds)
        if record[user] not in self.users:
            raise Refusal(422, f"no user {record[user]}")
        self.records.append(record)
        told = self.timelines.setdefault(self.users[record[user]], [])
        change = datetime.fromisoformat(record[start]), record[status]
        if change not in told:
            told.append(change)
            told.sort(key=lambda each: each[0])
        return Reply(200)
