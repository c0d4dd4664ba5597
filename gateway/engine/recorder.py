"""The recorder: outcomes become durable together, and only then do their lanes go on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, wait_exponential

from gateway.engine.clock import sleep_until
from gateway.model.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gateway.engine.clock import Clock
    from gateway.ports import DestinationMark, Lane, Outbox, Recorded

log = structlog.get_logger(__name__)

L = TypeVar("L")
_WAIT = wait_exponential(multiplier=0.1, max=5)
_NEVER_CALLED = Retrying()


def wait_for_store(failures: int) -> timedelta:
    """Return how long to leave the store alone after *failures* in a row."""
    state = RetryCallState(_NEVER_CALLED, None, (), {})
    state.attempt_number = failures
    return timedelta(seconds=_WAIT(state))


class Recorder(Generic[L]):
    """Makes outcomes durable in the order in which they came; what waits goes together.

    *on_durable* gets what was recorded and the lanes that waited for it.
    """

    def __init__(
        self,
        destination: str,
        outbox: Outbox,
        clock: Clock,
        on_durable: Callable[[Sequence[Recorded], Sequence[L]], None],
    ) -> None:
        self._destination = destination
        self._outbox = outbox
        self._clock = clock
        self._on_durable = on_durable
        self._recorded: list[Recorded] = []
        self._lanes: list[L] = []
        self._mark: DestinationMark | None = None
        self._mark_is_kept = asyncio.Event()
        self._wake = asyncio.Event()
        self.is_idle = asyncio.Event()
        self.is_idle.set()

    def put(self, recorded: Sequence[Recorded], lanes: Sequence[L] = ()) -> None:
        """Record outcomes soon; *lanes* wait for it."""
        is_first = not self._recorded
        self._recorded += recorded
        self._lanes += lanes
        if is_first:  # else it was stirred already, and has not yet come to it
            self._stir()

    def mark(self, mark: DestinationMark) -> asyncio.Event:
        """Keep the destination's mark soon; the newest one counts. Return what tells when."""
        self._mark = mark
        self._stir()
        return self._mark_is_kept

    async def remember(self, lane: str, state: Lane) -> None:
        """Make durable how far an attempt has come, before it goes on."""
        await self._until_kept(lambda: self._outbox.remember(self._destination, lane, state))

    async def run(self) -> None:
        """Record until cancelled. What the store cannot take now is kept and tried again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            if not self._wake.is_set():
                self.is_idle.set()

    def _stir(self) -> None:
        self.is_idle.clear()
        self._wake.set()

    async def _flush(self) -> None:
        recorded, self._recorded = self._recorded, []
        lanes, self._lanes = self._lanes, []
        if recorded:
            await self._until_kept(lambda: self._outbox.record(recorded))
        # Behind the outcomes: the outcome of a probe counts while the destination is parked.
        while (mark := self._mark) is not None:
            await self._until_kept(partial(self._outbox.mark, self._destination, mark))
            if self._mark is mark:
                self._mark = None
                self._mark_is_kept.set()
                self._mark_is_kept = asyncio.Event()
        self._on_durable(recorded, lanes)

    async def _until_kept(self, keep: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                await keep()
            except StoreUnavailableError as problem:
                failures += 1
                log.warning(
                    "outcome.postponed", destination=self._destination, problem=str(problem)
                )
                await sleep_until(self._clock, self._clock.now() + wait_for_store(failures))
            else:
                return
