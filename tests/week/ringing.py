"""The platform that tells agents' states, and of a call nothing but its end; by whole seconds."""

from __future__ import annotations

from tests.week.clockwork import Clockwork, Waiting, Worker
from tests.week.truth import MINUTE, RING, SECOND

QUEUES = (1, 2, 3)
WORDS = {"Break": "ON-BREAK", "Lunch": "LUNCH", "Available": "AVAILABLE"}


class Ringing(Clockwork):
    """Agents have one call at a time."""

    platform = RING
    grain = SECOND

    def open(self) -> Ringing:
        """Plan the week."""
        people = self.truth.people.values()
        self.workers = {each.number: Worker(each) for each in people if each.platform == RING}
        self.queues = {queue: [] for queue in QUEUES}
        self.shifts(self._turn)
        self.arrivals(50 * MINUTE, self._come)
        self.arrivals(240 * MINUTE, self._call_out)
        return self

    def later(self, least: int, most: int, what) -> None:
        """Have something happen between so many seconds from now."""
        self.at(self.now + self.chance.randint(least, most) * SECOND, what)

    def _turn(self, worker: Worker, word: str) -> None:
        """Do it now, or when the call is over."""
        worker.wants = word
        if not worker.holds and worker.word in ("Offline", "AVAILABLE", "LUNCH", "ON-BREAK"):
            self._do(worker)

    def _do(self, worker: Worker) -> None:
        agent, wants, worker.wants = worker.person.number, worker.wants, None
        if wants is None:
            return
        if wants == "Offline":
            if worker.word != "Offline":
                self.note("logout", agent=agent)
            worker.word = "Offline"
        elif worker.word == "Offline":
            self.note("login", agent=agent)
            worker.word = "LOGIN"
            self.later(1, 5, lambda: self._state(worker, "AVAILABLE"))
        elif worker.word != WORDS[wants]:
            self._state(worker, WORDS[wants])

    def _state(self, worker: Worker, word: str, contact: int | None = None) -> None:
        worker.word = word
        self.note("state", agent=worker.person.number, word=word, contact=contact)
        if word == "AVAILABLE":
            self.later(1, 3, lambda: self._free(worker))

    def _free(self, worker: Worker) -> None:
        if worker.word == "AVAILABLE" and not worker.holds:
            self._do(worker)
            self._match()

    def _come(self) -> None:
        waiting = Waiting(self.make("voice", "inbound"), queue=self.chance.choice(QUEUES))
        self.note("came", contact=waiting.contact.number, queue=waiting.queue)
        self.queues[waiting.queue].append(waiting)
        self._match()
        patience = self.chance.choice([5, 200, 900])
        self.later(1, patience, lambda: self._leave(waiting))

    def _leave(self, waiting: Waiting) -> None:
        if waiting in self.queues[waiting.queue]:
            self.queues[waiting.queue].remove(waiting)
            how = "ABANDON" if self.happens(0.8) else "DEFLECTED"
            number = waiting.contact.number
            self.note("record", contact=number, queue=waiting.queue, word=how)

    def _match(self) -> None:
        for queue in QUEUES:
            for waiting in list(self.queues[queue]):
                free = [each for each in self.workers.values() if self._can(each, waiting)]
                if free:
                    self._offer(waiting, self.chance.choice(free))

    def _can(self, worker: Worker, waiting: Waiting) -> bool:
        is_free = worker.word == "AVAILABLE" and not worker.holds and worker.wants is None
        return is_free and waiting.queue in worker.person.queues

    def _offer(self, waiting: Waiting, worker: Worker) -> None:
        self.queues[waiting.queue].remove(waiting)
        worker.holds[waiting.contact.number] = waiting
        self.later(1, 2, lambda: self._state(worker, "TRANSITION"))
        if self.happens(0.9):
            self.later(3, 15, lambda: self._accept(waiting, worker))
        else:
            self.later(12, 20, lambda: self._miss(waiting, worker))

    def _miss(self, waiting: Waiting, worker: Worker) -> None:
        self._state(worker, "RNA-STATE")
        self.queues[waiting.queue].append(waiting)
        self.later(5, 200, lambda: self._leave(waiting))
        self.later(20, 60, lambda: self._over(waiting, worker))

    def _accept(self, waiting: Waiting, worker: Worker) -> None:
        number, queue = waiting.contact.number, waiting.queue
        agent = worker.person.number
        self.note("accepted", contact=number, agent=agent, queue=queue)
        self._state(worker, "ENGAGED", number)
        self.later(5, 500, lambda: self._end(waiting, worker))

    def _end(self, waiting: Waiting, worker: Worker) -> None:
        number, agent = waiting.contact.number, worker.person.number
        self.note("record", contact=number, agent=agent, queue=waiting.queue, word="ANSWERED")
        if self.happens(0.8):
            self._state(worker, "WORKING", number)
            self.later(2, 90, lambda: self._over(waiting, worker))
        else:
            self._over(waiting, worker)

    def _over(self, waiting: Waiting, worker: Worker) -> None:
        worker.holds.pop(waiting.contact.number, None)
        self._state(worker, "AVAILABLE")

    def _call_out(self) -> None:
        free = [each for each in self.workers.values() if each.word == "AVAILABLE"]
        free = [each for each in free if not each.holds and each.wants is None]
        if free:
            worker = self.chance.choice(free)
            waiting = Waiting(self.make("voice", "outbound"), queue=self.chance.choice(QUEUES))
            self.note("came", contact=waiting.contact.number, queue=waiting.queue)
            worker.holds[waiting.contact.number] = waiting
            self.later(2, 4, lambda: self._accept(waiting, worker))
