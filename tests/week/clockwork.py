"""What both platforms of the simulated centre run on: a clock, chance, and a book of facts."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.week.truth import DAY, HOUR, MINUTE, SECOND, Contact, Fact

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.week.truth import Person, Truth

SHIFT = 8 * HOUR


@dataclass
class Worker:
    """How an agent stands. *holds* are the contacts they have, by offer."""

    person: Person
    word: str = "Offline"
    holds: dict[int, Waiting] = field(default_factory=dict)
    wants: str | None = None


@dataclass(eq=False)
class Waiting:
    """A contact on its way: its *leg* now, where it waits, and who would not have it."""

    contact: Contact
    leg: int = 0
    queue: int = 0
    stage: str = "waiting"
    offer: int | None = None
    refused: set[int] = field(default_factory=set)
    open_legs: int = 0


class Clockwork:
    """Things that are to happen, in their order."""

    platform = ""

    def __init__(
        self, truth: Truth, chance: Random, numbers: Callable[[], int], rarity: float
    ) -> None:
        self.truth = truth
        self.chance = chance
        self.number = numbers
        self._rarity = rarity
        self.now = truth.since
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self.queues: dict[int, list[Waiting]] = {}
        self.workers: dict[int, Worker] = {}

    def at(self, when: int, what: Callable[[], None]) -> None:
        """Have *what* happen at *when*."""
        heapq.heappush(self._due, (when, self.number(), what))

    def after(self, least: int, most: int, what: Callable[[], None]) -> None:
        """Have *what* happen between *least* and *most* milliseconds from now."""
        self.at(self.now + self.chance.randint(least, most), what)

    def run(self) -> None:
        """Let everything happen."""
        while self._due:
            self.now, _, what = heapq.heappop(self._due)
            what()

    def note(self, kind: str, **told) -> None:
        """Write down what happens now."""
        fact = Fact(self.number(), self.now, self.platform, kind, **told)
        self.truth.facts.append(fact)

    def happens(self, share: float) -> bool:
        """Whether something of that share of cases is the case."""
        return self.chance.random() < share

    def make(self, channel: str, direction: str | None, before: Contact | None = None) -> Contact:
        """Make a contact of some customer, or of the one of the contact before."""
        number = self.number()
        made = Contact(
            number=number,
            platform=self.platform,
            channel=channel,
            direction=direction,
            customer=before.customer if before else self.chance.randint(1, 40),
            conversation=before.conversation if before else number,
            before=before.number if before else None,
        )
        self.truth.contacts[number] = made
        return made

    def arrivals(self, mean: int, what: Callable[[], None]) -> None:
        """Have *what* happen again and again, from an hour in till four hours before the end."""
        when = self.truth.since + HOUR
        while when < self.truth.until - 4 * HOUR:
            self.at(when - when % self.grain, what)
            when += int(self.chance.expovariate(1 / (mean * self._rarity))) + SECOND

    grain = 1

    def shifts(self, turn: Callable[[Worker, str], None]) -> None:
        """Have every agent come, go for lunch, come back and go, on five or six of the days."""
        for worker in self.workers.values():
            day = self.truth.since + worker.person.begins * HOUR
            while day + SHIFT < self.truth.until - HOUR:
                if self.happens(0.85):
                    self._shift(worker, day, turn)
                day += DAY

    def _shift(self, worker: Worker, day: int, turn: Callable[[Worker, str], None]) -> None:
        late = self.chance.randint(0, 9 * MINUTE)
        lunch = day + SHIFT // 2 + self.chance.randint(0, HOUR)
        plan = [
            (day + late, "Available"),
            (day + 2 * HOUR + late, "Break"),
            (day + 2 * HOUR + late + self.chance.randint(2 * MINUTE, 12 * MINUTE), "Available"),
            (lunch, "Lunch"),
            (lunch + self.chance.randint(20 * MINUTE, 40 * MINUTE), "Available"),
            (day + SHIFT - late, "Offline"),
        ]
        for when, word in plan:
            moment = when - when % self.grain
            self.at(moment, lambda w=worker, what=word: turn(w, what))
