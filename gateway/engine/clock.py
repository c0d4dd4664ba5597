"""The clock of the engine: the present time, and a call at a later one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarm(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Call it off."""
        ...


class Clock(Protocol):
    """Where the engine has its time from. Tests turn the hands themselves."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...

    def call_at(self, at: datetime, callback: Callable[[], object]) -> Alarm:
        """Call *callback* from the event loop at *at*, or soon where that is past."""
        ...


def machine_time() -> datetime:
    """Return what the machine's clock shows."""
    return datetime.now(UTC)


class LoopClock:
    """The machine's clock and the running event loop's timers."""

    def now(self) -> datetime:
        """Return the present time."""
        return machine_time()

    def call_at(self, at: datetime, callback: Callable[[], object]) -> Alarm:
        """Call *callback* at *at*."""
        delay = max(0.0, (at - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(delay, callback)


class ForwardClock(LoopClock):
    """The machine's clock, but it never goes back: who waits for a moment must not wait an hour
    more because the clock is put back by one.

    It goes on at half the pace then, until the machine's clock has caught up with it.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine or machine_time
        self._steady = steady
        self._shown = self._machine()
        self._shown_at = steady()

    def now(self) -> datetime:
        """Return the present time, or what stands in for it."""
        now, at = self._machine(), self._steady()
        if now < self._shown:
            now = max(now, self._shown + timedelta(seconds=(at - self._shown_at) / 2))
        self._shown, self._shown_at = now, at
        return now


async def sleep_until(clock: Clock, at: datetime) -> None:
    """Wait until *at* by *clock*."""
    woken = asyncio.Event()
    alarm = clock.call_at(at, woken.set)
    try:
        await woken.wait()
    finally:
        alarm.cancel()


class Reminder:
    """Calls back at the earliest of the times that it was asked for, once."""

    def __init__(self, clock: Clock, callback: Callable[[], object]) -> None:
        self._clock = clock
        self._callback = callback
        self._at: datetime | None = None
        self._alarm: Alarm | None = None

    def at(self, at: datetime | None) -> None:
        """Call at *at*, unless it is to call before then anyway; `None`: not by time."""
        if at is None or (self._at is not None and self._at <= at):
            return
        self.cancel()
        self._at = at
        self._alarm = self._clock.call_at(at, self._ring)

    def cancel(self) -> None:
        """Do not call."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._at = None

    def _ring(self) -> None:
        self._alarm = self._at = None
        self._callback()


def set_event() -> asyncio.Event:
    """Return an event that is set."""
    event = asyncio.Event()
    event.set()
    return event
