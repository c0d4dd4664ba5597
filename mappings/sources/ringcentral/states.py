"""What the platform's states mean.

Letters' case, blanks, hyphens and underscores differ between its pages (`ON BREAK`, `On Break`,
`ON-BREAK`) and decide nothing. WORKING has three definitions on three pages: after a call it is
the work on it, else work of another kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.mapping import Status, comparable, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.sources.ringcentral.telling import Telling

STATES = {
    "AVAILABLE": Status.READY,
    "TRANSITION": Status.RESERVED,
    "ENGAGED": Status.BUSY,
    "BREAKAFTERCALL": Status.BUSY,
    "LUNCH": Status.NOT_READY,
    "ONBREAK": Status.NOT_READY,
    "TRAINING": Status.NOT_READY,
    "AWAY": Status.NOT_READY,
    "RNASTATE": Status.NOT_READY,
    "WORKING": Status.NOT_READY,
    "OFFLINE": Status.LOGGED_OUT,
}
UNAVAILABLE = "AUXUNAVAIL"
NEXT = {"BREAKAFTERCALL": Status.NOT_READY}
WORKING_AFTER = {"ENGAGED": Status.AFTER_CALL_WORK, "TRANSITION": Status.AFTER_CALL_WORK}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state means; *status_after* as in `Change`, *mapped* whether a table names it."""

    status: Status
    next: Status | None = None
    status_after: Mapping[str, Status] = field(default_factory=dict)
    mapped: bool = True


def meaning_of(telling: Telling, before: str, statuses: Mapping[str, Status]) -> Meaning:
    """Return what a state means after the state *before* (empty: not told)."""
    fields = telling.fields
    is_pending = flag(fields.get("pending_disp")) is True
    configured = _configured(telling, statuses)
    if configured is not None:
        is_after_call = is_pending and configured is Status.READY
        return Meaning(Status.AFTER_CALL_WORK if is_after_call else configured)
    if is_pending and telling.base in ("AVAILABLE", "WORKING"):
        return Meaning(Status.AFTER_CALL_WORK)
    if telling.base == "WORKING" and (before in WORKING_AFTER or "call_id" in fields):
        return Meaning(Status.AFTER_CALL_WORK)
    status = STATES.get(telling.base)
    if status is None and telling.base.startswith(UNAVAILABLE):
        status = Status.NOT_READY
    return Meaning(
        status=status or Status.UNKNOWN,
        next=NEXT.get(telling.base),
        status_after=WORKING_AFTER if telling.base == "WORKING" and not before else {},
        mapped=status is not None,
    )


def _configured(telling: Telling, statuses: Mapping[str, Status]) -> Status | None:
    """Return what the operator says, of the aux state or else of the base state."""
    aux = comparable(telling.fields.get("event_aux_type", ""))
    return statuses.get(aux) or statuses.get(telling.base)
