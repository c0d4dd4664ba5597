"""Watching whether code is pure: no I/O, no clock, no randomness.

Two of the interpreter's own hooks see it: the audit hook what reaches for files, the network or
another process, the profile hook every call of a function written in C, among them all that read
a clock or make random numbers. An import that a mapping does while it works is let pass, and so
is what the standard library reads of time zones.
"""

from __future__ import annotations

import gc
import io
import random
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_FORBIDDEN_EVENTS = (
    "open",
    "os.",
    "socket.",
    "subprocess.",
    "shutil.",
    "tempfile.",
    "sqlite3.",
    "ctypes.",
    "mmap.",
    "time.sleep",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "webbrowser.",
    "signal.",
)
_CLOCKS = frozenset(
    f"{name}{unit}"
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time")
    for unit in ("", "_ns")
) | {"clock_gettime", "clock_gettime_ns", "sleep"}
_NOW = frozenset({"now", "utcnow", "today"})
_LET_PASS = ("importlib.", "_frozen_importlib", "zoneinfo", "_strptime", "encodings")


class ImpureError(BaseException):
    """Raised where code reaches for what it may not; it is no `Exception`, so none swallows it."""


@dataclass(slots=True)
class Watched:
    """What was reached for, in a few words each."""

    seen: list[str] = field(default_factory=list)
    thread: int = field(default_factory=get_ident)


_watched: list[Watched] = []
_hooked: list[bool] = []


@contextmanager
def watched() -> Iterator[Watched]:
    """Watch what the code in the block reaches for; I/O is stopped with `ImpureError`."""
    if not _hooked:  # an audit hook stays for as long as the process does
        _hooked.append(True)
        sys.addaudithook(_audit)
    found, before, collects = Watched(), sys.getprofile(), gc.isenabled()
    _watched.append(found)
    gc.disable()  # what a tool does when garbage is collected is not the mapping's doing
    sys.setprofile(_profile)
    try:
        yield found
    except ImpureError:
        pass
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
        _watched.remove(found)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched or not event.startswith(_FORBIDDEN_EVENTS):
        return
    if event == "open" and "zoneinfo" in str(arguments[0]):
        return
    found = _watched[-1]
    if found.thread != get_ident() or _is_let_pass(sys._getframe(1)):  # noqa: SLF001 - the caller
        return
    found.seen.append(f"I/O ({event})")
    raise ImpureError(event)


def _profile(frame: FrameType, event: str, function: Any) -> None:
    if event != "c_call" or not _watched:
        return
    what = _what_is(function)
    if what and _watched[-1].thread == get_ident() and not _is_let_pass(frame):
        _watched[-1].seen.append(f"{what} ({function.__name__})")


def _what_is(function: Any) -> str | None:
    name, owner = function.__name__, getattr(function, "__self__", None)
    if function.__module__ == "time" and name in _CLOCKS:
        return "the clock"
    if name in _NOW and isinstance(owner, type) and issubclass(owner, date):
        return "the clock"
    if name in ("urandom", "getrandom", "generate_time_safe") or isinstance(owner, random.Random):
        return "randomness"
    if name in ("print", "input") and function.__module__ == "builtins":
        return "I/O"
    is_file = isinstance(owner, io.IOBase) and not isinstance(owner, io.StringIO | io.BytesIO)
    return "I/O" if is_file else None


def _is_let_pass(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith(_LET_PASS):
            return True
        frame = frame.f_back
    return False
