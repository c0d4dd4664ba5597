"""What may leave for one destination now, and when the rest may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.engine.clock import Reminder
from gateway.engine.flight import work_of
from gateway.mapping.destination import max_batch_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.engine.clock import Clock
    from gateway.engine.flight import Work
    from gateway.engine.gate import Gate
    from gateway.engine.lanes import LaneTable
    from gateway.settings import DestinationSettings


class Departures:
    """Asks the gate whether anything may leave, and the lanes what. *pump* is called when what may
    not leave yet may.
    """

    def __init__(
        self,
        settings: DestinationSettings,
        gate: Gate,
        table: LaneTable,
        clock: Clock,
        pump: Callable[[], None],
    ) -> None:
        batch = settings.batch
        self._gate = gate
        self._table = table
        self._most = min(
            1 if batch is None else batch.max_events,
            max_batch_of(settings.mapping, settings.options),
        )
        self._max_wait = None if batch is None else batch.max_wait
        self._reminder = Reminder(clock, pump)
        self._is_closed = False

    def next(self, now: datetime) -> Work | None:
        """Take what may leave now; else see to it that somebody comes back when it may."""
        if self._is_closed:
            return None
        self._table.wake(now)
        opens_at = self._gate.opens_at()
        if opens_at is not None and opens_at <= now:
            if self._gate.wants_probe and not self._table.has_ready:
                self._table.hurry(now, lambda: now, most=1)
            waits_until = self._company_at()
            if waits_until is None or waits_until <= now:
                taken = self._table.take(now, self._most)
                if taken:
                    return work_of(taken, is_probe=self._gate.left(now))
        self._arm(now)
        return None

    def close(self) -> None:
        """Let nothing leave any more."""
        self._is_closed = True

    def cancel(self) -> None:
        """Have nobody come back."""
        self._reminder.cancel()

    def _company_at(self) -> datetime | None:
        if self._max_wait is None:
            return None
        return self._table.company_at(self._most, self._max_wait)

    def _arm(self, now: datetime) -> None:
        """Come back when a lane is due, the gate opens, or company has been waited for."""
        times = [self._table.next_waking(), self._gate.opens_at(), self._company_at()]
        later = [each for each in times if each is not None and each > now]
        self._reminder.at(min(later, default=None))
