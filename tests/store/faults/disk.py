"""A disk that fails, or takes its time, when a test wants it: a VFS under SQLite."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import apsw

_NUMBERS = count()


@dataclass(frozen=True)
class Fault:
    """From the *nth* call of a kind on (``read``, ``write``, ``sync``, ``truncate``, ``open``),
    *times* calls fail with *error*; of the files whose name ends with *suffix*.
    """

    kind: str
    error: type[apsw.Error] = apsw.IOError
    nth: int = 1
    times: int = 1_000_000
    suffix: str = ""


@dataclass
class Weather:
    """What the disk does now. *hit*: how many calls have failed; *calls*: how many were made.

    While *is_clear* is not set, syncs wait for it; *is_held* is set when one does.
    """

    fault: Fault | None = None
    hit: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    is_clear: threading.Event = field(default_factory=threading.Event)
    is_held: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0

    def __post_init__(self) -> None:
        self.is_clear.set()

    def turn(self, fault: Fault | None) -> None:
        """Let the disk fail so from now on; `None`: not at all."""
        self.hit = self._seen = 0
        self.fault = fault

    def strike(self, kind: str, name: str | None) -> None:
        """Count a call; raise where it is to fail."""
        self.calls[kind] += 1
        fault = self.fault
        if fault is None or kind != fault.kind or not (name or "").endswith(fault.suffix):
            return
        self._seen += 1
        if fault.nth <= self._seen < fault.nth + fault.times:
            self.hit += 1
            raise fault.error(f"the {kind} of a test's disk fails")

    def wait(self) -> None:
        """Wait until the disk has time."""
        if not self.is_clear.is_set():
            self.is_held.set()
            self.is_clear.wait()


class _File(apsw.VFSFile):
    def __init__(self, weather: Weather, name: str | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._weather = weather
        self._name = name

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        self._weather.strike("read", self._name)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._weather.strike("write", self._name)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._weather.strike("truncate", self._name)
        super().xTruncate(size)

    def xSync(self, _flags: int) -> None:  # noqa: N802 - SQLite's name
        self._weather.strike("sync", self._name)
        self._weather.wait()


class _Disk(apsw.VFS):
    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        super().__init__(f"weather{next(_NUMBERS)}", "unix", makedefault=True)

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._weather.strike("open", path)
        return _File(self._weather, path, flags)


@contextmanager
def disk(weather: Weather) -> Iterator[None]:
    """Give every store that is opened in the meantime such a disk."""
    made = _Disk(weather)
    try:
        yield
    finally:
        weather.turn(None)
        weather.is_clear.set()
        made.unregister()
