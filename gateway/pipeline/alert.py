"""The neutral event that tells of an alarm raised or cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.alarm import Concern
from gateway.model.clock import rfc3339
from gateway.model.event import THE_GATEWAY, Event, EventType, stable_id

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.model.alarm import Alarm, StandingAlarm

RAISED, CLEARED = "raised", "cleared"


def alert(standing: StandingAlarm, *, is_raised: bool, now: datetime) -> Event:
    """Return the event; the same change has the same id, whenever it is told."""
    alarm, since = standing.alarm, rfc3339(standing.since)
    state = RAISED if is_raised else CLEARED
    return Event(
        id=stable_id("alarm", alarm.name.value, alarm.subject, state, since),
        source=_source(alarm) or THE_GATEWAY,
        type=EventType.ALERT,
        subject=":".join(filter(None, ("alarm", alarm.name.value, alarm.subject))),
        time=now,
        recorded_at=now,
        data={
            "alarm": alarm.name.value,
            "state": state,
            "severity": alarm.name.severity.value,
            "about": {
                "source": _source(alarm),
                "destination": _named(alarm, Concern.DESTINATION),
                "agent": _named(alarm, Concern.AGENT),
            },
            "since": since,
            "detail": alarm.detail,
            "runbook": alarm.name.runbook,
        },
    )


def _source(alarm: Alarm) -> str | None:
    is_of_one = alarm.name.concern in {Concern.SOURCE, Concern.AGENT}
    return alarm.place if is_of_one else None


def _named(alarm: Alarm, concern: Concern) -> str | None:
    return alarm.subject if alarm.name.concern is concern else None
