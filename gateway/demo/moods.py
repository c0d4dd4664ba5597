"""How a stand-in answers: well at first, later now and then as vendors do on a bad day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random

from gateway.http.recorder import Reply

CALM_SECONDS = (12.0, 35.0)
TROUBLE_SECONDS = (4.0, 9.0)
RETRY_AFTER_SECONDS = 3


class Trouble(Enum):
    """What can be wrong with a vendor, as its answer and in words."""

    DOWN = (Reply(503), "answers 503")
    BUSY = (Reply(429, {"Retry-After": str(RETRY_AFTER_SECONDS)}), "answers 429, Retry-After 3")
    SILENT = (Reply(hangs=True), "does not answer")

    @property
    def reply(self) -> Reply:
        """The answer."""
        return self.value[0]

    @property
    def words(self) -> str:
        """How it is told."""
        return self.value[1]


@dataclass
class Mood:
    """One vendor's days: calm and trouble in turn once it is *moody*, seeded. Times are seconds
    of any clock that only goes forward.
    """

    chance: Random
    trouble: Trouble | None = None
    ridden_out: int = 0
    _until: float | None = None

    def at(self, now: float) -> Trouble | None:
        """Return the trouble at *now*; `None`: all is well."""
        if self._until is None:
            self._until = now + self.chance.uniform(*CALM_SECONDS)
        while now >= self._until:
            self._turn()
        return self.trouble

    def _turn(self) -> None:
        assert self._until is not None
        if self.trouble is None:
            self.trouble = self.chance.choice(list(Trouble))
            self._until += self.chance.uniform(*TROUBLE_SECONDS)
        else:
            self.trouble = None
            self.ridden_out += 1
            self._until += self.chance.uniform(*CALM_SECONDS)


def mood(seed: int, name: str) -> Mood:
    """Return a mood that depends on *seed* and the vendor's name alone."""
    return Mood(Random(f"{seed}:{name}"))  # noqa: S311 - chance, not secrecy
