"""The files of a store: only ours, private, locked against a second process."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from typing import TYPE_CHECKING

from gateway.model.errors import StoreError, StoreLockedError

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = 0o600
_MARK = struct.Struct("<q")


def lock(path: Path) -> int:
    """Take the store at *path* for this process; return the lock's file descriptor.

    Raises:
        StoreLockedError: another process (or another store of this one) has it.
        StoreError: the folder cannot be made or written.
    """
    try:
        _make_folder(path.parent)
        held = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as problem:
        raise StoreError(f"the store {path} cannot be opened: {problem.strerror}") from problem
    try:
        # Not fcntl.lockf: its locks belong to the process and vanish when any descriptor closes.
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(held)
        raise StoreLockedError(f"the store {path} is in use by another process") from problem
    return held


class Mark:
    """Which receipt a mapping is at work on, whether damage has shown, and whether there has been
    a store at all, in the lock file.

    They are shared memory: a note costs no write and outlives any end of the process. It need
    not outlive the machine, which no receipt brings down.
    """

    def __init__(self, lock: int) -> None:
        try:
            # Allocated, not just made longer: a hole in a full disk would end the process.
            os.posix_fallocate(lock, 0, _MARK.size * 3)
        except OSError as problem:
            raise StoreError(f"the store's lock file is too small: {problem.strerror}") from problem
        self._memory = mmap.mmap(lock, _MARK.size * 3)

    def read(self) -> int:
        """Return the sequence number noted last, 0 for none."""
        (seq,) = _MARK.unpack(self._memory[: _MARK.size])
        return int(seq)

    def note(self, seq: int) -> None:
        """Note that the receipt is under way (0: none is)."""
        _MARK.pack_into(self._memory, 0, seq)

    @property
    def is_damaged(self) -> bool:
        """Whether damage had shown before the last end."""
        return bool(_MARK.unpack_from(self._memory, _MARK.size)[0])

    def note_damage(self, *, is_damaged: bool) -> None:
        """Note for the next start that damage has shown, or that there is none any more."""
        _MARK.pack_into(self._memory, _MARK.size, int(is_damaged))

    @property
    def has_store(self) -> bool:
        """Whether there was a store of ours beside this before."""
        return bool(_MARK.unpack_from(self._memory, 2 * _MARK.size)[0])

    def note_store(self) -> None:
        """Note that there is one, with everything that a store has."""
        _MARK.pack_into(self._memory, 2 * _MARK.size, 1)

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()


def make_private(path: Path) -> None:
    """Create the database file durably where there is none; close it to everybody else."""
    try:
        is_new = not path.exists()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
        for each in (path, *_companions(path)):
            if each.exists() and each.stat().st_mode & 0o777 != PRIVATE:
                each.chmod(PRIVATE)
        if is_new:
            sync_folder(path.parent)
    except OSError as problem:
        raise StoreError(f"the store {path} cannot be opened: {problem.strerror}") from problem


def _companions(path: Path) -> tuple[Path, Path]:
    # SQLite gives new ones the mode of the database file.
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _make_folder(folder: Path) -> None:
    """Make a folder, and what it is in, durably."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _sync(folder, os.O_RDONLY)


def sync_file(path: Path) -> None:
    """Make what was written to a file durable."""
    _sync(path, os.O_RDWR)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
