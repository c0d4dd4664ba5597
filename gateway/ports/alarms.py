"""The alarms that are raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.alarm import StandingAlarm
    from gateway.model.delivery import Delivery
    from gateway.ports.journal import RoutedEvent


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm was raised or cleared; *routed* is the event that tells of it."""

    standing: StandingAlarm
    is_raised: bool
    routed: RoutedEvent


class Alarms(Protocol):
    """What is raised, beyond the life of a process."""

    async def alarms(self) -> Sequence[StandingAlarm]:
        """Return the alarms that are raised, oldest first."""
        ...

    async def keep_alarms(self, changes: Sequence[AlarmChange]) -> Sequence[Delivery]:
        """Keep changes and what their events are owed, all or none; return the deliveries.

        A change that is kept already changes nothing.
        """
        ...
