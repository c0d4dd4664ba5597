"""Alarms: what is raised now, and where it is written what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.model.clock import rfc3339
from gateway.operations.params import NothingParams
from gateway.operations.table import Bench, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.alarm import StandingAlarm


async def standing_alarms(bench: Bench) -> Sequence[StandingAlarm]:
    """Return what is raised, as the running gateway knows it, else as it was kept."""
    return bench.live.standing_alarms() if bench.live else await bench.store.alarms()


async def _alarms(bench: Bench, _params: dict[str, Any]) -> list[dict[str, Any]]:
    return [alarm_json(each) for each in await standing_alarms(bench)]


def alarm_json(standing: StandingAlarm) -> dict[str, Any]:
    """Return an alarm as operators see it."""
    alarm = standing.alarm
    return {
        "alarm": alarm.name.value,
        "subject": alarm.subject or None,
        "severity": alarm.name.severity.value,
        "since": rfc3339(standing.since),
        "detail": alarm.detail,
        "runbook": alarm.name.runbook,
    }


ALARMS = Operation(
    name="alarms",
    method="GET",
    path="/alarms",
    summary="The alarms that are raised now, and where to read what to do",
    params=NothingParams,
    run=_alarms,
)
OPERATIONS = (ALARMS,)
