"""A folder of this machine."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.folders.names import PROBE, unfinished
from gateway.model.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from gateway.mapping.files import File

MODE = 0o640
"""The vendor's collector is often another user of one group; files tell of people."""


CLOSING_SECONDS = 1.0
"""So long what is under way may take to its end when the folder is let go of."""


class _LetGoOfError(OSError):
    """Nobody waits for the files any more."""


class LocalFolder:
    """`gateway.ports.Folder` on this machine. It is never made: what is not mounted is missed.

    What is mounted from elsewhere may hang, and then nothing ends the call that hangs: each is made
    in a thread of its own, for which nobody waits longer than *timeout*, and the next one not
    before it.
    """

    def __init__(self, path: str, timeout: timedelta) -> None:
        self._path = Path(path)
        self._timeout = timeout
        self._under_way: Future[None] | None = None
        self._is_let_go_of = threading.Event()

    async def put(self, files: Sequence[File]) -> None:
        """Write all of them beside their names, sync them, then give them their names."""
        await self._in_time(partial(self._put, files))

    async def probe(self) -> str:
        """Write and remove a file."""
        await self._in_time(self._probe)
        return f"{self._path} can be written"

    async def close(self) -> None:
        """Let what is under way come to its end, if it does soon; it gives no names any more."""
        self._is_let_go_of.set()
        if self._under_way is not None:
            await _ended(self._under_way, CLOSING_SECONDS)

    async def _in_time(self, work: Callable[[threading.Event], None]) -> None:
        seconds = self._timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                if self._under_way is not None:
                    await _ended(self._under_way, seconds)  # a second thread would hang too
                self._is_let_go_of = threading.Event()
                self._under_way = _apart(partial(work, self._is_let_go_of))
                await asyncio.wrap_future(self._under_way)
        except TimeoutError:
            raise FolderError(f"{self._path}: it took longer than {seconds:g} s") from None
        finally:
            self._is_let_go_of.set()

    def _put(self, files: Sequence[File], is_let_go_of: threading.Event) -> None:
        written: list[Path] = []
        try:
            for each in files:
                part = self._path / unfinished(each.name)
                written.append(part)
                _write(part, each.content, is_let_go_of)
            for each, part in zip(files, list(written), strict=True):
                part.replace(self._path / each.name)
                written.remove(part)
            _sync(self._path)
        except OSError as problem:
            for part in written:
                with suppress(OSError):
                    part.unlink()
            raise FolderError(_why(problem, self._path)) from problem

    def _probe(self, is_let_go_of: threading.Event) -> None:
        part = self._path / PROBE
        try:
            _write(part, b"probe", is_let_go_of)
            part.unlink()
        except OSError as problem:
            with suppress(OSError):
                part.unlink()
            raise FolderError(_why(problem, self._path)) from problem


def _apart(work: Callable[[], None]) -> Future[None]:
    """Begin *work* in a thread that nobody waits for at the end of the process."""
    outcome: Future[None] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            work()
        except Exception as problem:  # noqa: BLE001 - it is raised where it is waited for
            outcome.set_exception(problem)
        else:
            outcome.set_result(None)

    threading.Thread(target=run, name="folder", daemon=True).start()
    return outcome


async def _ended(outcome: Future[None], seconds: float) -> None:
    """Wait until it is over, whatever came of it, but no longer than that."""
    waiting = asyncio.wrap_future(outcome)
    waiting.add_done_callback(lambda each: each.cancelled() or each.exception())
    try:
        await asyncio.wait([waiting], timeout=seconds)
    finally:
        waiting.cancel()


def _write(path: Path, content: bytes, is_let_go_of: threading.Event) -> None:
    """Write a file and sync it.

    Raises:
        OSError: it cannot be, or nobody waits for it any more.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if is_let_go_of.is_set():
        raise _LetGoOfError


def _sync(folder: Path) -> None:
    """Make the names durable too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(problem: OSError, folder: Path) -> str:
    if problem.errno == errno.ENOENT:
        return f"there is no folder {folder}"
    return f"{folder}: {os.strerror(problem.errno) if problem.errno else problem}"
