"""One record as it is told: its kind, words and times, and what is wrong with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.mapping import ChangeKind, comparable, measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from gateway.mapping import Fields

CALLS = {"ACDCALL": "inbound", "VPDCALL": "outbound"}
KINDS = {"LOGIN": ChangeKind.LOGIN, "LOGOUT": ChangeKind.LOGOUT}
FIELDS = frozenset(
    {
        "account_id",
        "agent_disposition",
        "agent_id",
        "agent_login_id",
        "agent_phone",
        "ani",
        "call_duration",
        "call_id",
        "call_source_id",
        "call_source_name",
        "call_start",
        "call_state",
        "call_type",
        "date_time",
        "dnis",
        "duration",
        "event_aux_type",
        "event_type",
        "external_agent_id",
        "gate_id",
        "gate_name",
        "pending_disp",
        "prev_aux_state",
        "prev_state",
        "queue_duration",
        "recording_url",
        "source_ip",
        "username",
    }
)
"""Every field of the payload page."""


class Telling(NamedTuple):
    """A record as told. *base* is the comparable word of its kind or state, *at* its time (of
    a call, the start) as it came, *fields* the texts of what it tells.

    *outcome* and *follows* are the comparable words (base, aux) of the state after and, where it
    is told, before.
    """

    base: str
    agent_id: str | None
    account_id: str | None
    at: datetime | None
    fields: Mapping[str, str]
    outcome: tuple[str, str]
    follows: tuple[str, str] | None

    @property
    def is_call(self) -> bool:
        """Whether it is the end of a call."""
        return self.base in CALLS

    @property
    def kind(self) -> ChangeKind:
        """What it does to the agent's session, where it is no call."""
        return KINDS.get(self.base, ChangeKind.STATE)

    @property
    def ended_at(self) -> datetime | None:
        """When the call ended, else when it started."""
        seconds = measure(self.fields.get("call_duration"))
        if self.at is None or seconds is None:
            return self.at
        try:
            return self.at + timedelta(seconds=seconds)
        except OverflowError:
            return self.at


def telling_of(record: Fields, zone: ZoneInfo, received_at: datetime) -> Telling:
    """Read a record of texts; what is wrong with it is in its flaws."""
    event_type = record.text("event_type")
    base = comparable(event_type or "")
    if not base:
        record.flaw("event_type", "Is required: what happened.")
    agent_id = record.text("agent_id")
    is_call = base in CALLS
    if agent_id is None and not is_call:
        record.flaw("agent_id", "Is required: to whom it happened.")
    fields: Mapping[str, str] = record.raw
    before = comparable(fields.get("prev_state", ""))
    return Telling(
        base=base,
        agent_id=agent_id,
        account_id=record.text("account_id"),
        at=record.time("call_start" if is_call else "date_time", zone=zone, near=received_at),
        fields=fields,
        outcome=(base, comparable(fields.get("event_aux_type", ""))),
        follows=(before, comparable(fields.get("prev_aux_state", ""))) if before else None,
    )
