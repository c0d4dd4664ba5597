"""The real command with a bomb in it, or on a clock that the test turns.

    RIG_POINT=record:after:3 RIG_CLOCK=FILE python -m tests.acceptance.rig.killpoint ARGUMENTS…

A point is a function of the gateway. At its n-th call the process ends by SIGKILL, just before
the call (*late*: a while before it, in which others go on) or just after it (of a migration:
within). The clock's file holds by how many seconds it
is wrong. RIG_LOG_PAGES: a write-ahead log of so many pages is long.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
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
    "commit_append": ("gateway.store.sqlite.writer", "_finish"),
    "checkpoint": ("gateway.store.sqlite.reader", "Checkpointer._checkpoint"),
    "restart_log": ("gateway.store.sqlite.writer", "Writer._restart_wal"),
    "migrate": ("gateway.store.sqlite.database", "migrate"),
    "recover": ("gateway.store.sqlite.database", "recover"),
    "close": ("gateway.store.sqlite.database", "Database.close"),
    "release": ("gateway.store.sqlite.lookups", "SqliteLookups.release"),
}
BEFORE = {"before": 0.0, "late": 0.3}
COUNTED = {
    "commit_append": lambda group, **_: any(
        "SqliteJournal.append." in each.run.__qualname__ for each in group.operations
    ),
}
"""Which calls of a point count; the others are none of it."""

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
    counts = COUNTED.get(name, lambda *_args, **_kwargs: True)
    bomb = _within if when == "within" else partial(_bomb, when=when, counts=counts)
    setattr(owner, attribute, bomb(getattr(owner, attribute), nth=int(nth)))


def _bomb(
    real: Callable[..., Any], *, when: str, nth: int, counts: Callable[..., bool]
) -> Callable[..., Any]:
    calls = count(1)

    def is_now(*args: Any, **kwargs: Any) -> bool:
        return counts(*args, **kwargs) and next(calls) == nth

    def plain(*args: Any, **kwargs: Any) -> Any:
        if when in BEFORE and is_now(*args, **kwargs):
            time.sleep(BEFORE[when])
            die()
        result = real(*args, **kwargs)
        # Counted here, so that a call that came to nothing is none.
        if when not in BEFORE and is_now(*args, **kwargs):
            die()
        return result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if when in BEFORE and is_now(*args, **kwargs):
            await asyncio.sleep(BEFORE[when])
            die()
        result = await real(*args, **kwargs)
        if when not in BEFORE and is_now(*args, **kwargs):
            die()
        return result

    return awaited if inspect.iscoroutinefunction(real) else plain


def _within(real: Callable[..., Any], *, nth: int) -> Callable[..., Any]:
    """Let a migration end the process at the n-th thing that it notes in the file's head."""
    return lambda connection: real(_Brittle(connection, nth))


class _Brittle:
    """A connection that does not survive its n-th change of a pragma."""

    def __init__(self, connection: Any, nth: int) -> None:
        self._connection = connection
        self._left = nth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Any:
        return self._connection.__enter__()

    def __exit__(self, *exc: object) -> Any:
        return self._connection.__exit__(*exc)

    def pragma(self, name: str, *value: Any) -> Any:
        self._left -= bool(value)
        if self._left == 0:
            die()
        return self._connection.pragma(name, *value)


def shorten_log(pages: int) -> None:
    """Checkpoint after so many pages, and start the log over after each checkpoint."""
    reader = importlib.import_module("gateway.store.sqlite.reader")
    reader.CHECKPOINT_PAGES, reader.WAL_PAGES = pages, 0


def make_wrong(path: Path) -> None:
    """Let both of the gateway's clocks be wrong by what the file says, at every moment."""
    names = ("gateway.app.gateway", "gateway.app.process")
    parts = [importlib.import_module(name) for name in names]
    clock = importlib.import_module("gateway.engine.clock")
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), OFFSET.size)

    def now() -> datetime:
        (seconds,) = OFFSET.unpack(memory[: OFFSET.size])
        return datetime.now(UTC) + timedelta(seconds=seconds)

    for each in parts:
        each.utc_now = now
    clock.machine_time = now


def main() -> None:
    """Run `wfm-gateway` so."""
    if point := os.environ.get("RIG_POINT"):
        arm(point)
    if pages := os.environ.get("RIG_LOG_PAGES"):
        shorten_log(int(pages))
    if clock := os.environ.get("RIG_CLOCK"):
        make_wrong(Path(clock))
    importlib.import_module("gateway.cli.main").main(sys.argv[1:])


if __name__ == "__main__":
    main()
