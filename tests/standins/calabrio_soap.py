"""Calabrio WFM's SOAP RTA, `TeleoptiRtaService.svc`, as its facts say (wfm-vendors.md, 1.1).

What the facts leave open is refused with 400 and a reason; what they tell of is answered as they
tell: a result code, or a fault with HTTP 500.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from tests.standins.asked import Asked, Refusal, Reply, check_call, check_type
from tests.standins.calabrio_floor import CalabrioFloor, check_code
from tests.standins.calabrio_schema import BATCH, OPERATION, SINGLE, SOAP, read_envelope

ON_PREMISES = "/TeleoptiWFM/RTA/TeleoptiRtaService.svc"
CLOUD = "/RTA/TeleoptiRtaService.svc"
ACCEPTED, UNKNOWN_USERS, NO_PLATFORM, NO_SOURCE = 1, -100, -200, -300
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NOBODY = "00000000-0000-0000-0000-000000000000"
LOGGED_OFF = "LOGGED-OFF"
WRONG_KEY = "You supplied an invalid authentication key. Please verify the key and try again."
TEXT_XML = {"Content-Type": "text/xml; charset=utf-8"}

Members = dict[str, Any]


@dataclass(kw_only=True)
class CalabrioSoapStandIn(CalabrioFloor):
    """The state of each user code; *calls*: what was accepted; *open_snapshots*: what the batches
    of a snapshot told, by source and batch id, until its closing call.
    """

    calls: list[tuple[str, Members]] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    open_snapshots: dict[tuple[str, datetime], dict[str, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The service as it is in the cloud."""
        return self.root + CLOUD

    def take(self, asked: Asked, now: datetime) -> Reply:
        check_call(asked, "POST", CLOUD, ON_PREMISES)
        check_type(asked, "text/xml")
        call, members = read_envelope(asked.body)
        wanted = f'"{OPERATION}ITeleoptiRtaService/{call}"'
        if asked.headers.get("SOAPAction") != wanted:
            raise Refusal(400, f"SOAPAction is not {wanted}")
        if members.get("authenticationKey") != self.key:
            raise Refusal(500, WRONG_KEY)
        result = self._save(call, members, now)
        self.results.append(result)
        return _envelope(
            200,
            f'<{call}Response xmlns="{OPERATION}"><{call}Result>{result}</{call}Result>'
            f"</{call}Response>",
        )

    def refuse(self, refusal: Refusal) -> Reply:
        """Answer with a fault."""
        return _envelope(
            refusal.status,
            "<s:Fault><faultcode>s:Client</faultcode>"
            f"<faultstring>{escape(refusal.why)}</faultstring></s:Fault>",
        )

    def _save(self, call: str, members: Members, now: datetime) -> int:
        if not GUID.fullmatch(members.get("platformTypeId") or ""):
            return NO_PLATFORM
        if members.get("sourceId") not in self.sources:
            return NO_SOURCE
        states = [_as_state(members)] if call == SINGLE else members["externalUserStateBatch"]
        if call == SINGLE and states[0].get("IsSnapshot"):
            self._close_snapshot(members["sourceId"], states[0], now)
            self.calls.append((call, members))
            return ACCEPTED
        for state in states:
            _check_state(state)
        told = self._told_by(members["sourceId"], states)
        self.calls.append((call, members))
        is_known = True
        for state in states:
            code = _code(state, members["platformTypeId"])
            told[state["UserCode"].strip()] = code
            is_known &= self.shows(members["sourceId"], state["UserCode"], code, now)
        return ACCEPTED if is_known else UNKNOWN_USERS

    def _told_by(self, source: str, states: list[Members]) -> dict[str, str]:
        """Return where to write down what these states tell: the open snapshot, or nowhere."""
        batches = {(state.get("IsSnapshot", False), state.get("BatchId")) for state in states}
        if not any(is_snapshot for is_snapshot, _ in batches):
            return {}
        if len(batches) > 1:
            raise Refusal(400, "a snapshot has one BatchId, and IsSnapshot on every state")
        ((_, batch_id),) = batches
        if batch_id is None:
            raise Refusal(400, "a snapshot has a BatchId")
        return self.open_snapshots.setdefault((source, batch_id), {})

    def _close_snapshot(self, source: str, state: Members, now: datetime) -> None:
        if state.get("UserCode"):
            raise Refusal(400, "a snapshot is told in a batch and closed with an empty userCode")
        told = self.open_snapshots.pop((source, state.get("BatchId")), None)
        if told is None:
            raise Refusal(400, f"no snapshot {state.get('BatchId')} to close")
        self.closes(source, told, now)


def _check_state(state: Members) -> None:
    if not (state.get("UserCode") or "").strip():
        raise Refusal(400, "UserCode is needed, except to close a snapshot")
    check_code(state.get("StateCode"))


def _as_state(members: Members) -> Members:
    return {name[0].upper() + name[1:]: value for name, value in members.items()}


def _code(state: Members, platform: str) -> str:
    """Return the code that the server makes of a state; a missing boolean is false to it."""
    code = state["StateCode"] if state.get("IsLoggedOn") else LOGGED_OFF
    return code if platform == NOBODY else f"{code} ({platform})"


def _envelope(status: int, content: str) -> Reply:
    text = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'
    return Reply(status, text.encode(), TEXT_XML)


__all__ = ["BATCH", "CLOUD", "ON_PREMISES", "SINGLE", "CalabrioSoapStandIn"]
