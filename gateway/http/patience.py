"""How long is waited: one timer for all requests that may take equally long.

Whoever began first is due first, so that the timer needs to know of one request only. A timer for
each, as `asyncio.timeout` and aiohttp's `total` have it, is made and called off for nearly every
request in vain.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import timedelta


class Patience:
    """Cancels the tasks that are between `begin` and `is_over` for longer than *limit*. Belongs to
    one event loop.
    """

    def __init__(self, limit: timedelta) -> None:
        self._seconds = limit.total_seconds()
        self._loop = asyncio.get_running_loop()
        self._due: dict[asyncio.Task[Any], tuple[float, int]] = {}
        self._ended: dict[asyncio.Task[Any], int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Task[Any]:
        """Wait for the present task from now on; to be followed by `is_over`, whatever happens."""
        task = asyncio.current_task(self._loop)
        assert task is not None, "outside a task nothing could be cancelled"
        due = self._loop.time() + self._seconds
        self._due[task] = due, task.cancelling()
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)
        return task

    def is_over(self, task: asyncio.Task[Any], problem: BaseException | None = None) -> bool:
        """Wait for *task* no longer. Return whether *problem* came of its having taken too long,
        and of nothing else: who is cancelled by somebody else besides has to end.
        """
        if self._due.pop(task, None) is not None:
            return False
        before = self._ended.pop(task)
        return task.uncancel() <= before and isinstance(problem, asyncio.CancelledError)

    def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        for task, (due, cancelled_before) in tuple(self._due.items()):
            if due > now:
                self._timer = self._loop.call_at(due, self._look)
                return
            del self._due[task]
            self._ended[task] = cancelled_before
            task.cancel()
