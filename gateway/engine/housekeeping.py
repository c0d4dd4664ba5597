"""What a running gateway does on the side: the roster watched, the store pruned, lanes let go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog

from gateway.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

PRUNE_SECONDS = 30.0
PRUNE_LEDGER_SECONDS = 1800.0
PRUNE_AGAIN_SECONDS = 0.05
WATCH_SECONDS = 2.0

log = structlog.get_logger(__name__)


class WatchedRoster(Protocol):
    """A roster whose files may change."""

    def watch(self) -> bool:
        """Read the files again if they changed; return whether the roster is another now."""
        ...


async def prune(
    prune_step: Callable[[datetime, timedelta], Awaitable[int]],
    retention: timedelta,
    now: Callable[[], datetime],
    every: float = PRUNE_SECONDS,
) -> None:
    """Remove what is past its time, in small steps, for ever; look *every* so many seconds."""
    while True:
        removed = 0
        try:
            removed = await prune_step(now(), retention)
        except StoreError as problem:
            log.warning("store.prune_postponed", reason=str(problem))
        await asyncio.sleep(PRUNE_AGAIN_SECONDS if removed else every)


async def watch_roster(roster: WatchedRoster, on_change: Callable[[], object]) -> None:
    """Look for changed files, for ever."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if await asyncio.to_thread(roster.watch):
            on_change()
