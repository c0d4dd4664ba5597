"""What a running gateway does on the side: the roster watched, the store pruned, lanes let go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog

from gateway.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from gateway.ports import Store


PRUNE_SECONDS = 30.0
PRUNE_AGAIN_SECONDS = 0.05
WATCH_SECONDS = 2.0

log = structlog.get_logger(__name__)


class WatchedRoster(Protocol):
    """A roster whose files may change."""

    def watch(self) -> bool:
        """Read the files again if they changed; return whether the roster is another now."""
        ...


async def prune(store: Store, retention: timedelta, now: Callable[[], datetime]) -> None:
    """Remove what is past its time, in small steps, for ever."""
    while True:
        removed = 0
        try:
            removed = await store.prune(now(), retention)
        except StoreError as problem:
            log.warning("store.prune_postponed", reason=str(problem))
        await asyncio.sleep(PRUNE_AGAIN_SECONDS if removed else PRUNE_SECONDS)


async def watch_roster(roster: WatchedRoster, on_change: Callable[[], object]) -> None:
    """Look for changed files, for ever."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if await asyncio.to_thread(roster.watch):
            on_change()
