"""Alarms: what an operator should know of, from when it begins until it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

RUNBOOK = "docs/runbook.md"
THE_GATEWAY = "gateway"
"""The place of what concerns neither a source nor a destination."""


class Severity(StrEnum):
    """How soon somebody should look."""

    CRITICAL = "critical"
    """Now: states are lost to the vendors, or wrong, until somebody has mended it."""
    WARNING = "warning"
    """Today."""


class Concern(StrEnum):
    """What an alarm is about."""

    SOURCE = "source"
    AGENT = "agent"
    DESTINATION = "destination"
    GATEWAY = "gateway"


class AlarmName(StrEnum):
    """Every alarm there is. Each has a section in the runbook."""

    SOURCE_SILENT = "source_silent"
    SOURCE_REFUSING = "source_refusing"
    RECONCILE_FAILING = "reconcile_failing"
    CLOCK_SKEW = "clock_skew"
    TIME_ZONE = "time_zone"
    QUARANTINE_GROWING = "quarantine_growing"
    AGENT_SILENT = "agent_silent"
    WRAP_UP_LONG = "wrap_up_long"
    IDENTITY_CONFLICT = "identity_conflict"
    DESTINATION_PARKED = "destination_parked"
    DESTINATION_DOWN = "destination_down"
    DESTINATION_BEHIND = "destination_behind"
    DESTINATION_OVERLOADED = "destination_overloaded"
    DEAD_LETTERS = "dead_letters"
    FILES_FAILING = "files_failing"
    FILES_WITHHELD = "files_withheld"
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_SET_ASIDE = "store_set_aside"

    @property
    def severity(self) -> Severity:
        """How soon somebody should look."""
        return Severity.CRITICAL if self in _CRITICAL else Severity.WARNING

    @property
    def concern(self) -> Concern:
        """What it is about."""
        return _CONCERNS.get(self, Concern.SOURCE)

    @property
    def runbook(self) -> str:
        """Where it is written what to do."""
        return f"{RUNBOOK}#{self.value.replace('_', '-')}"


_CRITICAL = frozenset(
    {
        AlarmName.SOURCE_SILENT,
        AlarmName.SOURCE_REFUSING,
        AlarmName.TIME_ZONE,
        AlarmName.DESTINATION_PARKED,
        AlarmName.DESTINATION_DOWN,
        AlarmName.STORE_UNAVAILABLE,
        AlarmName.STORE_SET_ASIDE,
    }
)
_CONCERNS = {
    AlarmName.AGENT_SILENT: Concern.AGENT,
    AlarmName.WRAP_UP_LONG: Concern.AGENT,
    AlarmName.IDENTITY_CONFLICT: Concern.AGENT,
    AlarmName.DESTINATION_PARKED: Concern.DESTINATION,
    AlarmName.DESTINATION_DOWN: Concern.DESTINATION,
    AlarmName.DESTINATION_BEHIND: Concern.DESTINATION,
    AlarmName.DESTINATION_OVERLOADED: Concern.DESTINATION,
    AlarmName.DEAD_LETTERS: Concern.DESTINATION,
    AlarmName.FILES_FAILING: Concern.DESTINATION,
    AlarmName.FILES_WITHHELD: Concern.DESTINATION,
    AlarmName.STORE_UNAVAILABLE: Concern.GATEWAY,
    AlarmName.STORE_SET_ASIDE: Concern.GATEWAY,
}

AlarmKey = tuple[AlarmName, str]
"""What tells an alarm from others: its name and its subject."""

Scope = tuple[AlarmName, str]
"""All alarms of a name at one place."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that an operator should know of.

    *subject* is the name of a source or a destination, the key of an agent, or empty; *detail*
    says in words what was found when it began, without secrets.
    """

    name: AlarmName
    subject: str
    detail: str

    @property
    def key(self) -> AlarmKey:
        """What tells this alarm from others."""
        return self.name, self.subject

    @property
    def place(self) -> str:
        """The source or destination that it belongs to (never an agent), or the gateway."""
        match self.name.concern:
            case Concern.AGENT:
                return self.subject.partition(":")[0]
            case Concern.GATEWAY:
                return THE_GATEWAY
            case _:
                return self.subject

    @property
    def scope(self) -> Scope:
        """The alarms that are decided together with this one."""
        return self.name, self.place


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that is raised, and since when."""

    alarm: Alarm
    since: datetime
