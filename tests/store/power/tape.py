"""A recording of all that a store asks of its files: a VFS between SQLite and the disk.

What the store does beside SQLite (it makes the folder and the file, and syncs folders) is seen
at `os.fsync`. The `-shm` file is shared memory, made anew at every start, and not recorded.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import apsw

SYNC_SECONDS = 0.0003
"""How long a sync takes. It is not made: what a power loss leaves is worked out."""

_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were written into a file, which may have grown."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    """A file was cut or made longer."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was done to a file before step *begun* is durable."""

    file: int
    begun: int


@dataclass(frozen=True, slots=True)
class Linked:
    """A name in the folder stands for *file* (`None`: for nothing any more)."""

    name: str
    file: int | None


@dataclass(frozen=True, slots=True)
class FolderMade:
    """There is a folder now."""


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """The names in the folder are durable; or, of the *parent*, the folder's own name."""

    parent: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the ledger wants to know was under way, or acknowledged."""

    what: object


Step = Written | Resized | Synced | Linked | FolderMade | FolderSynced | Noted


class Tape:
    """The steps in their order, of the files in *folder*.

    *start*: what the folder holds at the beginning, durably; `None`: there is no folder yet.
    *ignored*: syncs that are made but count for nothing (``db``, ``wal``, ``journal``,
    ``folder``, ``parent``), to show that somebody relies on them.
    """

    def __init__(
        self, folder: Path, start: dict[str, bytes] | None, ignored: frozenset[str] = frozenset()
    ) -> None:
        self.folder = folder
        self.start = start
        self.steps: list[Step] = []
        self.files = {name: number for number, name in enumerate(start or {})}
        self._fresh = count(len(self.files))
        self._has_folder = start is not None
        self._ignored = ignored

    def note(self, what: object) -> None:
        """Note something between the steps."""
        self.steps.append(Noted(what))

    def opened(self, path: str) -> int:
        """Return the file's number; note its name where that is new."""
        name = Path(path).name
        if name not in self.files:
            self.files[name] = next(self._fresh)
            self.steps.append(Linked(name, self.files[name]))
        return self.files[name]

    def deleted(self, path: str) -> None:
        """Note that a name is gone."""
        name = Path(path).name
        if self.files.pop(name, None) is not None:
            self.steps.append(Linked(name, None))

    def synced(self, path: str, file: int, begun: int) -> None:
        """Note that a file is durable as of step *begun*."""
        if _kind(path) not in self._ignored:
            self.steps.append(Synced(file, begun))

    def folder_synced(self, folder: Path) -> None:
        """Note that a folder is durable, if it is one of those that matter."""
        if not self._has_folder and self.folder.is_dir():
            self._has_folder = True
            self.steps.append(FolderMade())
        if folder == self.folder:
            for each in sorted(folder.glob("*.db*")):
                if not each.name.endswith((".lock", "-shm")):
                    self.opened(each.name)
            if "folder" not in self._ignored:
                self.steps.append(FolderSynced(parent=False))
        elif folder == self.folder.parent and "parent" not in self._ignored:
            self.steps.append(FolderSynced(parent=True))


def _kind(path: str) -> str:
    return next((each for each in ("wal", "journal") if path.endswith(f"-{each}")), "db")


class TapedFile(apsw.VFSFile):
    """A file that is recorded. One that SQLite makes for a log syncs its folder the first time
    that it is synced (sqlite3's os_unix.c, UNIXFILE_DIRSYNC).
    """

    def __init__(self, tape: Tape, name: str, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._tape = tape
        self._path = name
        self._file = tape.opened(name)
        self._syncs_folder = _kind(name) != "db" and bool(flags[0] & apsw.SQLITE_OPEN_CREATE)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._tape.steps.append(Written(self._file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._tape.steps.append(Resized(self._file, size))
        super().xTruncate(size)

    def xSync(self, _flags: int) -> None:  # noqa: N802 - SQLite's name
        begun = len(self._tape.steps)
        time.sleep(SYNC_SECONDS)  # the others go on meanwhile
        self._tape.synced(self._path, self._file, begun)
        if self._syncs_folder:
            self._syncs_folder = False
            self._tape.folder_synced(Path(self._path).parent)


class TapedDisk(apsw.VFS):
    """The default VFS as long as it is registered."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        super().__init__(f"tape{next(_NUMBERS)}", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("unix", None, flags)
        return TapedFile(self._tape, path, flags)

    def xDelete(self, filename: str, syncs: bool) -> None:  # noqa: N802, FBT001 - SQLite's
        super().xDelete(filename, syncs)
        self._tape.deleted(filename)
        if syncs:
            self._tape.folder_synced(Path(filename).parent)


@contextmanager
def recording(tape: Tape) -> Iterator[None]:
    """Record every store that is opened in the meantime."""
    disk = TapedDisk(tape)
    fsync = os.fsync

    def recorded(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            tape.folder_synced(Path(f"/proc/self/fd/{descriptor}").readlink())
        else:
            fsync(descriptor)

    os.fsync = recorded
    try:
        yield
    finally:
        os.fsync = fsync
        disk.unregister()
