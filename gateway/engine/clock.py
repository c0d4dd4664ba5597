"""The clock of the engine: the present time, and a call at a later one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
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


class LoopClock:
    """The machine's clock and the running event loop's timers."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)

    def call_at(self, at: datetime, callback: Callable[[], object]) -> Alarm:
        """Call *callback* at *at*."""
        delay = max(0.0, (at - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(delay, callback)


async def sleep_until(clock: Clock, at: datetime) -> None:
    """Wait until *at* by *clock*."""
    woken = asyncio.Event()
    alarm = clock.call_at(at, woken.set)
    try:
        await woken.wait()
    finally:
        alarm.cancel()
