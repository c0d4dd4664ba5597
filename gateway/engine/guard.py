"""The guard: a mapping's functions are called under it, so that what is wrong with one of them
harms its own item (docs/decisions/0009-mappings-that-misbehave.md).

- What a mapping returned is looked through; what it raised becomes an `Exception`.
- A call that takes long is logged. One that does not come to an end is ended: a timer's signal has
  the interpreter look which call is under way, and raise in the middle of it. A mapping that
  wastes more than its budget is not asked again for a while.
"""

from __future__ import annotations

import signal
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

import structlog

from gateway.model.errors import FaultyMappingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_SECONDS = 0.25
PATIENCE = 8
"""Looks at one and the same call until it is ended: at least that many `LOOK_SECONDS`."""

LITTLE_PATIENCE = 2
"""The same for a mapping that has been ended within `MEMORY_SECONDS`."""

MEMORY_SECONDS = 60.0
BUDGET_SECONDS = 4.0
"""What those calls of one mapping that take longer than `WASTEFUL_SECONDS` may take together in
`MEMORY_SECONDS`, before it is not asked for a while.
"""

SLOW_SECONDS = 0.1
WASTEFUL_SECONDS = 0.4
TELL_AGAIN_SECONDS = 60.0
SIGNAL = signal.SIGALRM

log = structlog.get_logger(__name__)


class _EndedError(BaseException):
    """Raised inside a call that does not come to an end; no `Exception`, so that few catch it."""


@dataclass(slots=True)
class _Record:
    """What is remembered of one mapping: what was wasted when, and when it was called slow."""

    wasted: deque[tuple[float, float]] = field(default_factory=deque)
    told_slow_at: float = -TELL_AGAIN_SECONDS

    def waste(self, now: float) -> float:
        """Return what was wasted of late, in seconds."""
        while self.wasted and self.wasted[0][0] < now - MEMORY_SECONDS:
            self.wasted.popleft()
        return sum(seconds for _at, seconds in self.wasted)


class Guard:
    """Calls functions of mappings. Until it is *armed* it lets them take as long as they like.

    *count* is told of each call that was slow or ended, by the mapping's name.
    """

    def __init__(self) -> None:
        self._thread = 0
        self._call = 0
        self._label: str | None = None
        self._seen = 0
        self._looks = 0
        self._records: dict[str, _Record] = {}
        self.count: Callable[[str, str], None] = lambda _mapping, _what: None

    def call(self, label: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the mapping *label* (its name and version).

        Raises:
            FaultyMappingError: it did not come to an end, or may not be asked now.
            Exception: whatever it raises.
        """
        started = monotonic()
        if self._records:
            self._refuse_spendthrift(label, started)
        is_watched = get_ident() == self._thread
        if is_watched:
            self._call += 1
            self._label = label
        try:
            found = function(*arguments)
            if is_watched:
                self._label = None
        except BaseException as problem:
            if is_watched:
                self._label = None
            if isinstance(problem, Exception | KeyboardInterrupt):
                raise
            is_ended = isinstance(problem, _EndedError)
            fault = self._end(label, function, started) if is_ended else _raised(problem)
            raise fault from (None if is_ended else problem)
        finally:
            if monotonic() - started > SLOW_SECONDS:
                self._note_slow(label, function, _since(started))
        return found

    def _refuse_spendthrift(self, label: str, now: float) -> None:
        record = self._records.get(label)
        if record is not None and record.wasted and record.waste(now) >= BUDGET_SECONDS:
            raise FaultyMappingError("it was ended too often of late, and is not asked for a while")

    def _end(self, label: str, function: Callable[..., Any], started: float) -> FaultyMappingError:
        self.count(label, "ended")
        log.error(
            "mapping.ended", mapping=label, function=name_of(function), seconds=_since(started)
        )
        return FaultyMappingError("it did not come to an end")

    def _note_slow(self, label: str, function: Callable[..., Any], took: float) -> None:
        self.count(label, "slow")
        record, now = self._records.setdefault(label, _Record()), monotonic()
        if took > WASTEFUL_SECONDS:
            record.wasted.append((now, took))
        if now - record.told_slow_at >= TELL_AGAIN_SECONDS:
            record.told_slow_at = now
            log.warning("mapping.slow", mapping=label, function=name_of(function), seconds=took)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Watch calls of this thread, which must be the main one."""
        before = signal.signal(SIGNAL, self._look)
        signal.siginterrupt(SIGNAL, False)  # noqa: FBT003 - the store's thread is not disturbed
        signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS, LOOK_SECONDS)
        self._thread = get_ident()
        try:
            yield
        finally:
            self._thread = 0
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(SIGNAL, before)

    def _look(self, _signal: int, _frame: object) -> None:
        """Look which call is under way, between two of its own steps; where it has been the same
        one for too many looks, end it.
        """
        label = self._label
        if label is None or self._call != self._seen:
            self._seen, self._looks = self._call, 0
            return
        self._looks += 1
        record = self._records.get(label)
        is_known = record is not None and bool(record.wasted)
        if self._looks >= (LITTLE_PATIENCE if is_known else PATIENCE):
            self._looks = 0  # should it be caught, or come too late, the next is a while away
            raise _EndedError


def _raised(problem: BaseException) -> FaultyMappingError:
    return FaultyMappingError(f"it raised {type(problem).__name__}")


def _since(started: float) -> float:
    return round(monotonic() - started, 3)


def name_of(function: Callable[..., Any]) -> str:
    """Return what a function is called."""
    return getattr(function, "__qualname__", type(function).__name__)


GUARD = Guard()
"""The one that every verb uses: a signal belongs to the whole process."""
