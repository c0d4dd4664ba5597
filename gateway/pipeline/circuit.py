"""Circuit: whether a destination counts as down, after failures of distinct lanes in a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Circuit:
    """Closed until *threshold* distinct lanes have failed with no success between.

    Lanes are counted and not failures, so that one poisoned item cannot shut a destination.
    """

    threshold: int
    probe_after: timedelta
    failing: frozenset[str] = frozenset()
    opened_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing but a probe may leave."""
        return self.opened_at is not None

    @property
    def probe_at(self) -> datetime | None:
        """When a probe may leave; `None` where the circuit is closed."""
        return None if self.opened_at is None else self.opened_at + self.probe_after

    def failed(self, lane: str, now: datetime) -> Circuit:
        """Count a failure. One that was under way when the circuit opened changes nothing."""
        if self.is_open:
            return self
        failing = self.failing | {lane}
        opened_at = now if len(failing) >= self.threshold else None
        return replace(self, failing=failing, opened_at=opened_at)

    def probe_failed(self, now: datetime) -> Circuit:
        """Stay open for another while."""
        return replace(self, opened_at=now)

    def succeeded(self) -> Circuit:
        """Close, whoever it was that succeeded."""
        if not self.failing and not self.is_open:
            return self
        return replace(self, failing=frozenset(), opened_at=None)
