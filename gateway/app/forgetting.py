"""What the running gateway has of an agent in memory, forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from gateway.engine.floor import Floor
    from gateway.engine.sentry import Sentry
    from gateway.engine.translator import Translator
    from gateway.model.badge import Badges


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Whoever keeps something of agents between two receipts."""

    translator: Translator
    floor: Floor
    badges: Badges
    sentry: Sentry

    async def during(self, agent: str | None, work: Callable[[], Awaitable[Iterable[str]]]) -> None:
        """Do *work* while nothing is translated; *agent* is a stranger from then on, and of those
        whose keys it returns the store knows better than memory.
        """
        async with self.translator.turn:
            self.translator.forget(await work())
            if agent is not None:
                self.floor.forget(agent)
                self.badges.forget(agent)
                self.sentry.forget(agent)
