"""Which feeds are heard: noted as it goes, so that figures can say what they rest on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from gateway.engine.clock import LoopClock, sleep_until
from gateway.model.alarm import AlarmName
from gateway.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.engine.clock import Clock
    from gateway.model.alarm import StandingAlarm
    from gateway.ports import Ledger

NOTE_EVERY = timedelta(seconds=15)
PATIENCE = 4 * NOTE_EVERY
"""A start within it leaves no gap: senders try again for as long."""

DEAF = frozenset({AlarmName.SOURCE_SILENT, AlarmName.SOURCE_REFUSING})

log = structlog.get_logger(__name__)


class Hearing:
    """Notes every few seconds which sources are heard: all but those with an alarm that they are
    not. Where one is raised, what was noted since the silence began is taken back. *sources* gives
    how often each must be heard (its `expect_every`).
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        sources: Callable[[], Mapping[str, timedelta | None]],
        standing: Callable[[], Sequence[StandingAlarm]],
        clock: Clock | None = None,
    ) -> None:
        self._ledger = ledger
        self._sources = sources
        self._standing = standing
        self._clock = clock or LoopClock()

    async def run(self) -> None:
        """Note, for ever."""
        while True:
            try:
                await self.note()
            except StoreError as problem:
                log.warning("ledger.not_noted", reason=str(problem))
            await sleep_until(self._clock, self._clock.now() + NOTE_EVERY)

    async def note(self) -> None:
        """Note which sources are heard now."""
        sources = self._sources()
        deaf = {
            each.alarm.subject: each.since - (sources[each.alarm.subject] or timedelta())
            for each in self._standing()
            if each.alarm.name in DEAF and each.alarm.subject in sources
        }
        heard = [name for name in sources if name not in deaf]
        await self._ledger.hear(heard, self._clock.now(), PATIENCE)
        for source, since in deaf.items():
            await self._ledger.unhear(source, since)
