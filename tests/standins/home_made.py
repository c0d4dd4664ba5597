"""An endpoint that somebody made at home, so that nothing of it is usual.

`PUT /floor/{site}/people/{name}?at={milliseconds}` with a form `state=…&why=…`, a key in
`X-Floor-Key` and the sender's name in `X-Sent-By`. It answers 200 whatever happens, and says in
the body what did: `taken`, `who`, `later`, or `no` and why.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.standins.asked import Asked, Refusal, Reply, check_type
from tests.standins.door import Door

PATH = re.compile(r"/floor/([^/]+)/people/([^/]+)")
FORM = ["state", "why"]
MILLISECONDS = re.compile(r"[0-9]{13}")


@dataclass(kw_only=True)
class HomeMadeStandIn(Door):
    """*states*: (state, why) of each person by name. *is_busy*: it says `later`."""

    key: str
    site: str
    people: set[str]
    is_busy: bool = False
    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    told_at: dict[str, int] = field(default_factory=dict)
    verdicts: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.root

    def take(self, asked: Asked, _now: datetime) -> Reply:
        verdict = self._verdict(asked)
        self.verdicts.append(verdict)
        return Reply(200, json.dumps({"result": verdict}).encode())

    def refuse(self, refusal: Refusal) -> Reply:
        self.verdicts.append("no")
        return Reply(200, json.dumps({"result": "no", "why": refusal.why}).encode())

    def _verdict(self, asked: Asked) -> str:
        if asked.headers.get("X-Floor-Key") != self.key:
            raise Refusal(401, "key")
        if not asked.headers.get("X-Sent-By"):
            raise Refusal(400, "nobody sent it")
        name, at = self._target(asked)
        state, why = _form(asked)
        if self.is_busy:
            return "later"
        if name not in self.people:
            return "who"
        if at >= self.told_at.get(name, 0):
            self.told_at[name] = at
            self.states[name] = state, why
        return "taken"

    def _target(self, asked: Asked) -> tuple[str, int]:
        parts = urlsplit(asked.target)
        found = PATH.fullmatch(parts.path)
        if asked.method != "PUT" or not found or unquote(found[1]) != self.site:
            raise Refusal(404, f"{asked.method} {parts.path}")
        query = _pairs(parts.query)
        if [each for each, _ in query] != ["at"] or not MILLISECONDS.fullmatch(query[0][1]):
            raise Refusal(400, f"query {parts.query}")
        return unquote(found[2]), int(query[0][1])


def _form(asked: Asked) -> list[str]:
    check_type(asked, "application/x-www-form-urlencoded")
    form = _pairs(asked.body.decode("latin-1"))
    if sorted(each for each, _ in form) != FORM:
        raise Refusal(400, f"form {form}")
    values = dict(form)
    if not values["state"]:
        raise Refusal(400, "no state")
    return [values[name] for name in FORM]


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        text.encode("ascii")
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise Refusal(400, f"no form: {text}") from None
