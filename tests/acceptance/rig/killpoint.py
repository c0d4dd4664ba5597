"""The real command with a bomb in it, or on a clock that the test turns.

    RIG_POINT=record:after:3 RIG_CLOCK=FILE python -m tests.acceptance.rig.killpoint ARGUMENTS…

A point is a function of the gateway. At its n-th call the process ends by SIGKILL, just before
the call or just after it. The clock's file holds by how many seconds it is wrong.
"""

from __future__ import annotations

import importlib
import inspect
import mmap
import os
import signal
import struct
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

POINTS = {
    "append": ("gateway.store.sqlite.journal", "SqliteJournal.append"),
    "append_finished": ("gateway.store.sqlite.journal", "SqliteJournal.append_finished"),
    "finish": ("gateway.store.sqlite.journal", "SqliteJournal.finish"),
    "translate": ("gateway.engine.translator", "fan_out"),
    "offer": ("gateway.app.attendant", "Attendant.offer"),
    "send": ("gateway.http.transport", "HttpTransport.send"),
    "record": ("gateway.store.sqlite.outbox", "SqliteOutbox.record"),
    "mark": ("gateway.store.sqlite.outbox", "SqliteOutbox.mark"),
    "commit": ("gateway.store.sqlite.writer", "_finish"),
    "checkpoint": ("gateway.store.sqlite.reader", "Checkpointer._checkpoint"),
    "restart_log": ("gateway.store.sqlite.writer", "Writer._restart_wal"),
    "migrate": ("gateway.store.sqlite.database", "migrate"),
    "recover": ("gateway.store.sqlite.database", "recover"),
    "close": ("gateway.store.sqlite.database", "Database.close"),
    "prune": ("gateway.store.sqlite.retention", "_remove"),
    "release": ("gateway.engine.housekeeping", "_release"),
}
OFFSET = struct.Struct("<d")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Wrap the function that *point* (``name:before:3``) names."""
    name, when, nth = point.split(":")
    module, path = POINTS[name]
    owner: Any = importlib.import_module(module)
    *parents, attribute = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, attribute, _bomb(getattr(owner, attribute), when, int(nth)))


def _bomb(real: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = count(1)

    async def end(result: Awaitable[Any], *, is_last: bool) -> Any:
        found = await result
        if is_last:
            die()
        return found

    def bomb(*args: Any, **kwargs: Any) -> Any:
        is_nth = next(calls) == nth
        if is_nth and when == "before":
            die()
        result = real(*args, **kwargs)
        if inspect.isawaitable(result):
            return end(result, is_last=is_nth)
        if is_nth:
            die()
        return result

    return bomb


def make_wrong(path: Path) -> None:
    """Let both of the gateway's clocks be wrong by what the file says, at every moment."""
    gateway = importlib.import_module("gateway.app.gateway")
    clock = importlib.import_module("gateway.engine.clock")
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), OFFSET.size)

    def now(_self: object = None) -> datetime:
        (seconds,) = OFFSET.unpack(memory[: OFFSET.size])
        return datetime.now(UTC) + timedelta(seconds=seconds)

    gateway.utc_now = now
    clock.LoopClock.now = now


def main() -> None:
    """Run `wfm-gateway` so."""
    if point := os.environ.get("RIG_POINT"):
        arm(point)
    if clock := os.environ.get("RIG_CLOCK"):
        make_wrong(Path(clock))
    importlib.import_module("gateway.cli.main").main(sys.argv[1:])


if __name__ == "__main__":
    main()
