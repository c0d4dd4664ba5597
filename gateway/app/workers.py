"""The work that must go on while the gateway runs: begun anew where it fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RESTART_FIRST = 1.0
RESTART_LONGEST = 60.0

log = logger()


class Workers:
    """Runs pieces of work; *alive* says of each, by its name, whether it lives now.

    *on_fatal* is called where something ended that the gateway cannot do without.
    """

    def __init__(self, on_fatal: Callable[[], None]) -> None:
        self.alive: dict[str, bool] = {}
        self._on_fatal = on_fatal

    async def fatal(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run what the gateway cannot do without: its end is the end, and a clean start follows."""
        self.alive[name] = True
        try:
            await work()
        except Exception as problem:
            log.critical("worker.failed", worker=name, exc_info=problem)
            self._on_fatal()
        finally:
            self.alive[name] = False

    async def restarted(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run what may fail without harm to the rest: it begins anew after a while."""
        pause = RESTART_FIRST
        while True:
            self.alive[name] = True
            try:
                await work()
            except Exception as problem:
                log.critical("worker.failed", worker=name, exc_info=problem)
            else:
                return
            self.alive[name] = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, RESTART_LONGEST)
