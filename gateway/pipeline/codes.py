"""Which state a destination's table of codes does not name, and the line that would name it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.mapping.states import SEPARATOR
from gateway.model.agent import Status
from gateway.model.event import EventType
from gateway.ports import ToldState

if TYPE_CHECKING:
    from gateway.model.event import Event
    from gateway.settings import DestinationSettings

OF_CONTACTS = frozenset({Status.RESERVED, Status.BUSY, Status.AFTER_CALL_WORK})
"""What an agent's contacts decide: the activity beside them is not the reason."""

LONGEST_REASON = 500
"""In characters, of code and label together."""

NO_REASON = {"code": None, "label": None}


@dataclass(frozen=True, slots=True)
class Uncoded:
    """A state without a code: *key* is the one to add to the table, *code* what is told now."""

    destination: str
    key: str
    code: str

    @property
    def line(self) -> str:
        """The line of configuration that names it, quoted as YAML and JSON do."""
        key, code = (json.dumps(each, ensure_ascii=False) for each in (self.key, self.code))
        return f"destinations.{self.destination}.options.states: {{{key}: {code}}}"


def told_state(event: Event) -> ToldState | None:
    """Return the state that an event tells, unless its reason is too long to be listed."""
    if event.type is not EventType.STATE:
        return None
    data = event.data
    reason = data["reason"] or NO_REASON
    code, label = reason["code"], reason["label"]
    if len(code or "") + len(label or "") > LONGEST_REASON:
        return None
    return ToldState(event.source, data["status"], code, label)


def uncoded(state: ToldState, destination: DestinationSettings) -> Uncoded | None:
    """Return what is to be added for a state, `None` where it is named or never told there."""
    if EventType.STATE not in destination.events:
        return None
    if destination.sources is not None and state.source not in destination.sources:
        return None
    table = destination.states
    data = {"status": state.status, "reason": {"code": state.code, "label": state.label}}
    if table is None or table.names(data):
        return None
    return Uncoded(destination.name, _key(state), table.told(data))


def _key(state: ToldState) -> str:
    reason = (state.label or "").strip() or (state.code or "").strip()
    if not reason or state.status in OF_CONTACTS:
        return state.status
    return f"{state.status}{SEPARATOR}{reason}"
