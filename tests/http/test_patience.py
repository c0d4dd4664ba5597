"""One timer ends all that takes too long, each when its own time is up."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from gateway.http.patience import Patience

LIMIT = timedelta(milliseconds=60)


async def waiting(patience, *, leaves=None):
    """Wait under *patience*; return for how long, or raise what else happened."""
    task, problem = patience.begin(), None
    began = asyncio.get_running_loop().time()
    try:
        await (leaves or asyncio.Event()).wait()
    except asyncio.CancelledError as cancelled:
        problem = cancelled
    if patience.is_over(task, problem):
        return asyncio.get_running_loop().time() - began
    if problem is not None:
        raise problem
    return None


async def test_each_has_its_full_time():
    patience = Patience(LIMIT)
    first = asyncio.ensure_future(waiting(patience))
    await asyncio.sleep(0.03)
    second = asyncio.ensure_future(waiting(patience))

    took = await asyncio.gather(first, second)

    assert all(0.05 < each < 0.5 for each in took)
    assert not first.cancelling()


async def test_who_is_done_in_time_is_left_alone():
    patience, leave = Patience(LIMIT), asyncio.Event()
    quick = asyncio.ensure_future(waiting(patience, leaves=leave))
    slow = asyncio.ensure_future(waiting(patience))
    await asyncio.sleep(0)
    leave.set()

    assert await quick is None
    assert await slow is not None


async def test_cancelled_by_somebody_else():
    patience = Patience(LIMIT)
    task = asyncio.ensure_future(waiting(patience))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelled_by_somebody_else_just_as_its_time_is_up():
    patience = Patience(LIMIT)
    task = asyncio.ensure_future(waiting(patience))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(LIMIT.total_seconds(), task.cancel)
    time.sleep(2 * LIMIT.total_seconds())  # noqa: ASYNC251 - so that both come in one turn

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelled_by_somebody_else_just_before_its_time_is_up():
    patience = Patience(LIMIT)
    task = asyncio.ensure_future(waiting(patience))
    asyncio.get_running_loop().call_later(LIMIT.total_seconds(), task.cancel)  # it has not begun
    await asyncio.sleep(0)
    time.sleep(2 * LIMIT.total_seconds())  # noqa: ASYNC251 - so that both come in one turn

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_was_cancelled_before_it_began_is_late_all_the_same():
    async def stubborn():
        task = asyncio.current_task()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        return await waiting(Patience(LIMIT)), task.cancelling()

    took, cancelled = await asyncio.ensure_future(stubborn())

    assert took is not None
    assert cancelled == 1


async def test_waits_again_after_a_pause():
    patience = Patience(LIMIT)
    await waiting(patience)

    assert await waiting(patience) is not None


async def test_closed_it_ends_nobody():
    patience, leave = Patience(timedelta(milliseconds=5)), asyncio.Event()
    task = asyncio.ensure_future(waiting(patience, leaves=leave))
    await asyncio.sleep(0)
    patience.close()
    await asyncio.sleep(0.02)
    leave.set()

    assert await task is None
