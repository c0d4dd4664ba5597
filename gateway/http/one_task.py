"""Requests answered in the task of their connection."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Coroutine, Sized

STARTS_AT_ONCE = (3, 12)
"""From this Python on aiohttp has its tasks begin without waiting for the loop."""


class InOneTask:
    """The event loop as a connection sees it: what it wants to have done as a task, and awaits,
    is done where it is awaited.

    Before Python 3.12 the task that aiohttp makes for each request waits a turn of the loop until
    it begins, and the connection another one until it hears of the end; in a busy loop these are
    milliseconds. Nobody needs that task here: no context is to be kept apart, and whoever ends a
    request ends its connection. Who has sent further requests *ahead* gets a task all the same:
    nobody else would have a turn until the last of them is answered.
    """

    def __init__(self, loop: AbstractEventLoop, ahead: Sized) -> None:
        self._loop = loop
        self._ahead = ahead
        self.create_future = loop.create_future
        self.time = loop.time

    def create_task(self, work: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        """Return what is to be awaited."""
        return self._loop.create_task(work) if self._ahead else work

    def __getattr__(self, name: str) -> Any:
        """Return anything else of the loop."""
        return getattr(self._loop, name)


def in_one_task(loop: AbstractEventLoop, ahead: Sized) -> AbstractEventLoop:
    """Return the loop for a connection whose own task was made already."""
    if sys.version_info >= STARTS_AT_ONCE:
        return loop
    return cast("AbstractEventLoop", InOneTask(loop, ahead))
