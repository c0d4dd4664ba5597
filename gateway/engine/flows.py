"""Flows: how many requests a destination is owed in a minute, by what became of them lately."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.settings import DestinationSettings

EVERY = timedelta(seconds=30)
SPAN = timedelta(minutes=5)
"""Over which a flow is steady: a morning's burst of logins is over sooner."""

MINUTE = timedelta(minutes=1)
TOLD = ("delivered", "dead", "unsupported")


@dataclass(slots=True)
class Flow:
    """What a destination was owed in all, every half minute of the last five."""

    seen: deque[tuple[datetime, int]] = field(default_factory=deque)

    def look(self, settings: DestinationSettings, owed: int, now: datetime) -> float | None:
        """Return the requests owed in a minute, `None`: it is too early to say."""
        if self.seen and now < self.seen[-1][0]:
            self.seen.clear()  # the clock was put back
        if not self.seen or now - self.seen[-1][0] >= EVERY:
            self.seen.append((now, owed))
        while len(self.seen) > 1 and now - self.seen[1][0] >= SPAN:
            self.seen.popleft()
        first_at, first = self.seen[0]
        if now - first_at < SPAN:
            return None
        in_one = settings.batch.max_events if settings.batch else 1
        return (owed - first) / in_one / ((now - first_at) / MINUTE)


def owed_in_all(name: str, pending: int, sizes: Mapping[str, int]) -> int:
    """Return what a destination has been owed so far that is not superseded or the like."""
    return pending + sum(sizes.get(f"outcome:{name}:{outcome}", 0) for outcome in TOLD)
