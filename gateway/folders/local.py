"""A folder of this machine."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.folders.names import PROBE, unfinished
from gateway.model.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping.files import File

MODE = 0o640
"""The vendor's collector is often another user of one group; files tell of people."""


class LocalFolder:
    """`gateway.ports.Folder` on this machine. It is never made: what is not mounted is missed."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    async def put(self, files: Sequence[File]) -> None:
        """Write all of them beside their names, sync them, then give them their names."""
        await asyncio.to_thread(self._put, files)

    async def probe(self) -> str:
        """Write and remove a file."""
        await asyncio.to_thread(self._probe)
        return f"{self._path} can be written"

    async def close(self) -> None:
        """Nothing is held."""

    def _put(self, files: Sequence[File]) -> None:
        written: list[Path] = []
        try:
            for each in files:
                part = self._path / unfinished(each.name)
                written.append(part)
                _write(part, each.content)
            for each, part in zip(files, list(written), strict=True):
                part.replace(self._path / each.name)
                written.remove(part)
            _sync(self._path)
        except OSError as problem:
            for part in written:
                with suppress(OSError):
                    part.unlink()
            raise FolderError(_why(problem, self._path)) from problem

    def _probe(self) -> None:
        part = self._path / PROBE
        try:
            _write(part, b"probe")
            part.unlink()
        except OSError as problem:
            with suppress(OSError):
                part.unlink()
            raise FolderError(_why(problem, self._path)) from problem


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


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
