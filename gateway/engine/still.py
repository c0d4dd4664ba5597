"""The lanes of a destination kept still, for what concerns all of them at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from gateway.mapping.destination import Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime, timedelta

    from gateway.engine.clock import Clock
    from gateway.engine.gate import Gate
    from gateway.engine.lanes import LaneTable
    from gateway.engine.loader import Loader
    from gateway.engine.memory_lane import MemoryLane, Overtaken
    from gateway.engine.recorder import Recorder
    from gateway.ports import DestinationMark

LANES_AT_ONCE = 100


class StillLanes:
    """Implements `gateway.engine.telling.Lanes` on the parts of a destination.

    *quiet* is set while no request is under way; *pump* lets lanes go again; *changed* is told
    the gate's mark, and whether its circuit was open, before it learnt something.
    """

    def __init__(
        self,
        gate: Gate,
        table: LaneTable,
        loader: Loader,
        recorder: Recorder[MemoryLane],
        *,
        quiet: asyncio.Event,
        pump: Callable[[], None],
        changed: Callable[[DestinationMark, bool], None],
        clock: Clock,
        timeout: timedelta,
    ) -> None:
        self._gate = gate
        self._table = table
        self._loader = loader
        self._recorder = recorder
        self._quiet = quiet
        self._pump = pump
        self._changed = changed
        self._clock = clock
        self._timeout_seconds = timeout.total_seconds()

    def shut(self) -> str | None:
        """Say why nothing may leave now, or nothing."""
        return self._gate.shut(self._clock.now())

    @contextlib.asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """Keep all lanes back; entered when nothing is under way and every outcome is durable.

        Raises:
            TimeoutError: that takes longer than a request may.
        """
        self._gate.blocked = True
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._quiet.wait()
                await self._recorder.is_idle.wait()
                await self._loader.reading.acquire()
            try:
                yield
            finally:
                self._loader.reading.release()
        finally:
            self._gate.blocked = False
            self._pump()

    def left(self) -> None:
        """Note that a request leaves."""
        self._gate.left(self._clock.now())

    def learn(self, verdict: Verdict, not_before: datetime | None) -> None:
        """Learn from an answer what concerns all lanes."""
        before, was_open = self._gate.mark, self._gate.circuit.is_open
        if not_before is not None:
            self._gate.hold_until(not_before)
        if verdict is Verdict.PARK:
            parked = frozenset({verdict})
            self._gate.answered("", parked, self._clock.now(), is_probe=False)
        self._changed(before, was_open)

    def told(self, delivered: Mapping[str, bytes | None]) -> None:
        """Remember what lanes were told besides their deliveries."""
        self._table.told(delivered)

    async def overtake(self, overtaken: Overtaken) -> None:
        """Let go of what a snapshot has overtaken, a few lanes at a time."""
        for number, _step in enumerate(self._table.overtake(overtaken, self._clock.now())):
            if number % LANES_AT_ONCE == 0:
                await asyncio.sleep(0)
