"""A small contact centre through a week: who came, who waited, who talked, and what came of it."""

from __future__ import annotations

from itertools import count
from random import Random

from tests.week.clockwork import Clockwork, Waiting, Worker
from tests.week.ringing import Ringing
from tests.week.truth import DESK, MINUTE, RING, SECOND, Person, Truth

QUEUES = (1, 2, 3)
OVERFLOW = {1: 2, 3: 1}
OUTBOUND = 9
TEAMS = ("North", "South", None)
LIMIT = 15 * MINUTE


def simulate(seed: int, since: int, until: int, *, size: float = 1) -> Truth:
    """Return what happened from *since* to *until*. *size* 1 are ten agents and some 4,000 facts
    a week.
    """
    truth, chance = Truth(since, until), Random(seed)
    desk, ring = round(7 * size), round(3 * size)
    numbers = count(1)
    for number in range(1, desk + ring + 1):
        platform = DESK if number <= desk else RING
        own = tuple(sorted(chance.sample(QUEUES, 2)))
        team = TEAMS[number % 3] if platform == DESK else None
        truth.people[number] = Person(number, platform, own, team, begins=8 * number % 24)
    for centre in (Desk, Ringing):
        centre(truth, chance, lambda: next(numbers), 1 / size).open().run()
    truth.facts.sort(key=lambda each: (each.at, each.number))
    return truth


class Desk(Clockwork):
    """The platform with tasks, queues and reservations."""

    platform = DESK

    def open(self) -> Desk:
        """Plan the week."""
        people = self.truth.people.values()
        self.workers = {each.number: Worker(each) for each in people if each.platform == DESK}
        self.queues = {queue: [] for queue in (*QUEUES, OUTBOUND)}
        self.shifts(self._turn)
        self.arrivals(36 * MINUTE, lambda: self._come("voice", "inbound"))
        self.arrivals(
            100 * MINUTE, lambda: self._come("chat", self.chance.choice([None, "inbound"]))
        )
        self.arrivals(200 * MINUTE, self._call_out)
        return self

    def _turn(self, worker: Worker, word: str) -> None:
        if worker.word != word:
            worker.word = word
            self.note("activity", agent=worker.person.number, word=word)
            self._match()

    def _come(self, channel: str, direction: str | None) -> None:
        waiting = Waiting(self.make(channel, direction))
        self.note("came", contact=waiting.contact.number)
        queue = self.chance.choice(QUEUES)
        self.after(20, 400, lambda: self._enter(waiting, queue))
        self._lose_patience(waiting)

    def _lose_patience(self, waiting: Waiting) -> None:
        leg = waiting.leg
        mean = self.chance.choice([4 * SECOND, 3 * MINUTE, 40 * MINUTE])
        patience = 500 + int(self.chance.expovariate(1 / mean))
        self.at(self.now + patience, lambda: self._leave(waiting, leg, "hangup"))
        self.at(self.now + LIMIT, lambda: self._leave(waiting, leg, "limit"))

    def _enter(self, waiting: Waiting, queue: int) -> None:
        if waiting.stage != "waiting":
            return
        waiting.queue = queue
        self.note("queued", contact=waiting.contact.number, leg=waiting.leg, queue=queue)
        self.queues[queue].append(waiting)
        self.after(50 * SECOND, 70 * SECOND, lambda: self._overflow(waiting, queue))
        self._match()

    def _overflow(self, waiting: Waiting, queue: int) -> None:
        if waiting.stage == "waiting" and waiting.queue == queue and queue in OVERFLOW:
            self.queues[queue].remove(waiting)
            self._enter(waiting, OVERFLOW[queue])

    def _leave(self, waiting: Waiting, leg: int, why: str) -> None:
        if waiting.leg != leg or waiting.stage not in ("waiting", "offered"):
            return
        if waiting.stage == "offered":
            if why == "limit":
                return
            self._decline(waiting, "canceled")
        if waiting in self.queues.get(waiting.queue, []):
            self.queues[waiting.queue].remove(waiting)
        waiting.stage = "gone"
        number, queue = waiting.contact.number, waiting.queue or None
        self.note("gone", contact=number, leg=leg, queue=queue, word=why)
        self._match()

    def _match(self) -> None:
        for queue in QUEUES:
            for waiting in list(self.queues[queue]):
                free = [each for each in self.workers.values() if self._can(each, waiting)]
                if free:
                    self.queues[queue].remove(waiting)
                    self._offer(waiting, self.chance.choice(free))

    def _can(self, worker: Worker, waiting: Waiting) -> bool:
        held = [each.contact.channel for each in worker.holds.values()]
        is_free = not held or (waiting.contact.channel == "chat" and held == ["chat"])
        return (
            is_free
            and worker.word == "Available"
            and waiting.queue in worker.person.queues
            and worker.person.number not in waiting.refused
        )

    def _offer(self, waiting: Waiting, worker: Worker) -> None:
        waiting.stage, waiting.offer = "offered", self.number()
        worker.holds[waiting.offer] = waiting
        self._of_offer("offered", waiting, worker)
        offer = waiting.offer
        fate = self.chance.random()
        if fate < 0.86:
            self.after(SECOND, 12 * SECOND, lambda: self._accept(waiting, worker, offer))
        elif fate < 0.93:
            self.after(SECOND, 8 * SECOND, lambda: self._refuse(waiting, offer, "rejected"))
        else:
            self.at(self.now + 20 * SECOND, lambda: self._refuse(waiting, offer, "timeout"))

    def _of_offer(
        self, kind: str, waiting: Waiting, worker: Worker, offer: int | None = None, **more
    ) -> None:
        number = waiting.contact.number
        told = {"leg": waiting.leg, "queue": waiting.queue or None} | more
        agent = worker.person.number
        self.note(kind, contact=number, agent=agent, offer=offer or waiting.offer, **told)

    def _decline(self, waiting: Waiting, how: str) -> Worker:
        worker = next(each for each in self.workers.values() if waiting.offer in each.holds)
        self._of_offer("declined", waiting, worker, word=how)
        del worker.holds[waiting.offer]
        waiting.offer = None
        return worker

    def _refuse(self, waiting: Waiting, offer: int, how: str) -> None:
        if waiting.offer != offer or waiting.stage != "offered":
            return
        worker = self._decline(waiting, how)
        waiting.refused.add(worker.person.number)
        waiting.stage = "waiting"
        self.queues[waiting.queue].append(waiting)
        queue = waiting.queue
        self.after(20 * SECOND, 40 * SECOND, lambda: self._overflow(waiting, queue))
        self._match()

    def _accept(self, waiting: Waiting, worker: Worker, offer: int) -> None:
        if waiting.offer != offer or waiting.stage != "offered":
            return
        waiting.stage = "talking"
        waiting.open_legs += 1
        self._of_offer("accepted", waiting, worker)
        leg, queue = waiting.leg, waiting.queue
        self.after(5 * SECOND, 8 * MINUTE, lambda: self._end(waiting, worker, (offer, leg, queue)))

    def _end(self, waiting: Waiting, worker: Worker, share: tuple[int, int, int]) -> None:
        """The talk ends, or the customer is sent on."""
        is_inbound = waiting.contact.direction != "outbound"
        if not is_inbound or waiting.leg >= 2 or not self.happens(0.2):
            self._wrap(waiting, worker, share)
            return
        number = waiting.contact.number
        self.note("sent_on", contact=number, leg=share[1])
        if waiting.contact.channel == "voice" and self.happens(0.4):
            self._wrap(waiting, worker, share)
            self._come_anew(waiting)
            return
        waiting.leg, waiting.stage = waiting.leg + 1, "waiting"
        waiting.offer = None
        target = self.chance.choice(QUEUES)
        self.after(200, 900, lambda: self._enter(waiting, target))
        if self.happens(0.5):
            self._wrap(waiting, worker, share)
        else:
            self._stay_on(waiting, worker, share, self.now + LIMIT)

    def _stay_on(
        self, waiting: Waiting, worker: Worker, share: tuple[int, int, int], until: int
    ) -> None:
        """The first agent talks on until the second one has the customer, or it is too long."""
        is_waiting = waiting.leg == share[1] + 1 and waiting.stage in ("waiting", "offered")
        if is_waiting and self.now < until:
            later = lambda: self._stay_on(waiting, worker, share, until)  # noqa: E731 - to be planned
            self.after(5 * SECOND, 9 * SECOND, later)
        else:
            self._wrap(waiting, worker, share)

    def _come_anew(self, waiting: Waiting) -> None:
        """The customer goes on as another contact."""
        before = waiting.contact
        again = Waiting(self.make(before.channel, before.direction, before))
        target = self.chance.choice(QUEUES)
        self.after(100, 300, lambda: self._come_on(again, target))

    def _come_on(self, again: Waiting, target: int) -> None:
        self.note("came", contact=again.contact.number)
        self.after(20, 400, lambda: self._enter(again, target))
        self._lose_patience(again)

    def _wrap(self, waiting: Waiting, worker: Worker, share: tuple[int, int, int]) -> None:
        if self.happens(0.2):
            self._done(waiting, worker, share)
            return
        offer, leg, queue = share
        self._of_offer("wrapping", waiting, worker, offer, leg=leg, queue=queue)
        self.after(SECOND, 90 * SECOND, lambda: self._done(waiting, worker, share))

    def _done(self, waiting: Waiting, worker: Worker, share: tuple[int, int, int]) -> None:
        offer, leg, queue = share
        self._of_offer("done", waiting, worker, offer, leg=leg, queue=queue)
        del worker.holds[offer]
        waiting.open_legs -= 1
        if waiting.open_legs == 0 and waiting.stage == "talking" and waiting.leg == leg:
            waiting.stage = "closed"
            self.after(1, 60, lambda: self._close(waiting, queue))
        self._match()

    def _close(self, waiting: Waiting, queue: int) -> None:
        self.note("closed", contact=waiting.contact.number, leg=waiting.leg, queue=queue)

    def _call_out(self) -> None:
        idle = [each for each in self.workers.values() if each.word == "Available"]
        free = [each for each in idle if not each.holds]
        if free:
            worker = self.chance.choice(free)
            waiting = Waiting(self.make("voice", "outbound"), queue=OUTBOUND, stage="offered")
            self.note("came", contact=waiting.contact.number)
            self.note("queued", contact=waiting.contact.number, queue=OUTBOUND)
            waiting.offer = offer = self.number()
            worker.holds[offer] = waiting
            self._of_offer("offered", waiting, worker)
            self.after(100, 900, lambda: self._accept(waiting, worker, offer))
