"""One round of questions to a platform: the answers of some bring others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.mapping.reading import Ask


@dataclass(slots=True)
class Tally:
    """What a round came to: questions *asked*, answers *told* to the tracker, what *failed*, and
    why it was given up (`None`: it was not).
    """

    asked: int = 0
    told: int = 0
    failed: int = 0
    problem: str | None = None

    def json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "asked": self.asked,
            "told": self.told,
            "failed": self.failed,
            "problem": self.problem,
        }


class Round:
    """The questions still to be asked, lowest rank first, then in the order in which they came."""

    def __init__(self, asks: Iterable[Ask]) -> None:
        self.tally = Tally()
        self._waiting: list[tuple[int, int, Ask]] = []
        self._count = 0
        self._under_way = 0
        self._stirred = asyncio.Event()
        self.add(asks)

    def add(self, asks: Iterable[Ask]) -> None:
        """Ask these too."""
        for ask in asks:
            self._count += 1
            heappush(self._waiting, (ask.rank, self._count, ask))
        self._stirred.set()

    def give_up(self, problem: str) -> None:
        """Ask nothing more."""
        self.tally.problem = self.tally.problem or problem
        self._waiting.clear()
        self._stirred.set()

    async def next(self) -> Ask | None:
        """Return the next question, to be followed by `done`; `None` when there is none left."""
        while not self._waiting:
            if not self._under_way:
                return None
            self._stirred.clear()
            await self._stirred.wait()
        self._under_way += 1
        return heappop(self._waiting)[2]

    def done(self) -> None:
        """Say that a question is answered, or given up."""
        self._under_way -= 1
        self._stirred.set()
