"""Where log lines go: stderr, the ordinary ones several at a time."""

from __future__ import annotations

import atexit
import sys
from asyncio import AbstractEventLoop, get_running_loop
from collections import deque
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

SECONDS_KEPT = 0.02
LINES_KEPT = 256


class Outlet:
    """Lines of bytes on *stream*, in the order in which they were told, whichever thread told them.

    An ordinary line that is told inside an event loop waits for others, at most `SECONDS_KEPT`
    and `LINES_KEPT`: a write costs more than all else of a line. Whatever is urgent, or told
    where no loop will write it, is written at once, and what waited goes ahead of it. At the
    orderly end of the process nothing waits. A log that cannot be written stops nobody.
    """

    def __init__(self, stream: Callable[[], BinaryIO] = lambda: sys.stderr.buffer) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._writing = RLock()  # a signal's handler may have something to tell meanwhile
        self._woken_by: AbstractEventLoop | None = None

    def tell(self, line: bytes) -> None:
        """Write a line, soon."""
        self._waiting.append(line)
        if len(self._waiting) >= LINES_KEPT:
            self.flush()
        elif self._woken_by is None or self._woken_by.is_closed():
            # Not asked for each line: which loop runs is a system call before Python 3.12.
            self._be_woken()

    def tell_now(self, line: bytes) -> None:
        """Write a line at once."""
        self._waiting.append(line)
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not lines:
                return
            with suppress(OSError, ValueError):
                _write(b"\n".join([*lines, b""]), self._stream())

    def _be_woken(self) -> None:
        try:
            self._woken_by = get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._woken_by.call_later(SECONDS_KEPT, self._wake)

    def _wake(self) -> None:
        self._woken_by = None
        self.flush()


def _write(data: bytes, out: BinaryIO) -> None:
    """Write all of it. An unbuffered stream may take a part at a time, or none (then it returns
    `None`), and a signal cuts a long write short.
    """
    left = memoryview(data)
    while left:
        left = left[out.write(left) or len(left) :]
    out.flush()


OUTLET = Outlet()
"""One for the process, as stderr is."""

atexit.register(OUTLET.flush)
