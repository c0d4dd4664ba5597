"""States that a vendor's table of codes does not name: each is reported once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from gateway.pipeline.codes import uncoded
from gateway.ports import MOST_TOLD_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.ports import Finished, ToldState
    from gateway.settings import DestinationSettings

log = structlog.get_logger(__name__)


class Codes:
    """The states told since the start, and what was reported of them."""

    def __init__(self) -> None:
        self._told: dict[ToldState, None] = {}
        self._destinations: tuple[DestinationSettings, ...] = ()
        self._reported: set[tuple[str, str]] = set()

    def __contains__(self, told: object) -> bool:
        """Whether it was told before; beyond `MOST_TOLD_STATES` none is looked at."""
        return told in self._told or len(self._told) >= MOST_TOLD_STATES

    def note(
        self, finished: Iterable[Finished], destinations: tuple[DestinationSettings, ...]
    ) -> None:
        """Report what is new in what became durable; in all that was told, at new settings."""
        new = dict.fromkeys(state for each in finished for state in each.told_states)
        self._told |= new
        if destinations is not self._destinations:
            self._destinations, new = destinations, self._told
        for state in new:
            for destination in destinations:
                self._report(state, destination)

    def _report(self, state: ToldState, destination: DestinationSettings) -> None:
        found = uncoded(state, destination)
        if found is None or (found.destination, found.key) in self._reported:
            return
        self._reported.add((found.destination, found.key))
        log.warning(
            "state.unmapped",
            destination=found.destination,
            source=state.source,
            state=found.key,
            told_as=found.code,
            add=found.line,
        )
