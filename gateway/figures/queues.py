"""Queues by interval: inbound contacts, each booked whole in one interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.figures.counting import (
    BOOKED,
    INBOUND,
    direction_of,
    is_answered,
    millis,
    queue_key,
    way,
)
from gateway.figures.grid import split
from gateway.model.agent import Named
from gateway.model.ledger import QueueInterval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.figures.frame import Frame
    from gateway.figures.grid import Interval
    from gateway.figures.options import Options
    from gateway.model.ledger import ContactEntry, Millis

Key = tuple[str, str, str]
"""Source, queue, channel (empty where it is not known)."""


def queue_intervals(contacts: Iterable[ContactEntry], frame: Frame) -> Iterator[QueueInterval]:
    """Yield the rows of every interval in order: those of queues that something happened in.

    *contacts* come in the order of what they are booked by. Each one is booked whole: in every
    queue of its way it came in and went out in the same interval, and so in each row
    ``offered + overflow_in = answered + abandoned + overflow_out + other``.
    """
    options = frame.options
    for interval, booked in split(contacts, frame.intervals, BOOKED[options.booked_by]):
        books: dict[Key, _Book] = {}
        for contact in booked:
            if direction_of(contact) == INBOUND:
                _book(books, contact, options)
        covered = frame.coverage.of(interval) if books else 0.0
        for key in sorted(books):
            yield books[key].row(key, interval, options, covered)


def _book(books: dict[Key, _Book], contact: ContactEntry, options: Options) -> None:
    came_from_elsewhere = contact.is_transfer
    last: _Book | None = None
    for queue in way(contact):
        if last is not None:
            last.overflow_out += 1
        key = (contact.source, queue_key(queue) or "", contact.channel or "")
        last = books.get(key)
        if last is None:
            last = books[key] = _Book()
        last.named(queue)
        last.come(from_elsewhere=came_from_elsewhere)
        came_from_elsewhere = True
    if last is not None:
        last.end(contact, options)


class _Book:
    """One queue in one interval, while it is counted. Times are milliseconds."""

    __slots__ = (
        "abandoned",
        "abandoned_queue",
        "abandoned_short",
        "abandoned_within",
        "answered",
        "answered_queue",
        "answered_within",
        "hold",
        "id",
        "longest_abandoned",
        "longest_answered",
        "name",
        "offered",
        "other",
        "overflow_in",
        "overflow_out",
        "ring",
        "talk",
        "wrap",
    )

    def __init__(self) -> None:
        self.id: str | None = None
        self.name: str | None = None
        self.offered = self.overflow_in = self.overflow_out = 0
        self.answered = self.answered_within = 0
        self.abandoned = self.abandoned_short = self.abandoned_within = self.other = 0
        self.answered_queue: Millis = 0
        self.abandoned_queue: Millis = 0
        self.longest_answered: Millis = 0
        self.longest_abandoned: Millis = 0
        self.ring: Millis = 0
        self.talk: Millis = 0
        self.hold: Millis = 0
        self.wrap: Millis = 0

    def named(self, queue: Named) -> None:
        """Keep what the queue is called; of several names the last one."""
        self.id = queue.id or self.id
        self.name = queue.name or self.name

    def come(self, *, from_elsewhere: bool) -> None:
        """Count a contact that comes in."""
        if from_elsewhere:
            self.overflow_in += 1
        else:
            self.offered += 1

    def end(self, contact: ContactEntry, options: Options) -> None:
        """Count a contact that ends here, and its times."""
        wait = millis(contact.queue_seconds)
        is_within = contact.queue_seconds is not None and wait < options.service_level
        if is_answered(contact):
            self._answer(contact, wait)
            self.answered_within += is_within
        elif contact.is_abandoned:
            is_short = contact.queue_seconds is not None and wait < options.short_abandon
            self.abandoned += 1
            self.abandoned_short += is_short
            self.abandoned_within += is_within and not is_short
            self.abandoned_queue += wait
            self.longest_abandoned = max(self.longest_abandoned, wait)
        else:
            self.other += 1

    def _answer(self, contact: ContactEntry, wait: Millis) -> None:
        self.answered += 1
        self.answered_queue += wait
        self.longest_answered = max(self.longest_answered, wait)
        self.ring += millis(contact.ring_seconds)
        self.talk += millis(contact.talk_seconds)
        self.hold += millis(contact.hold_seconds)
        self.wrap += millis(contact.wrap_seconds)

    def row(self, key: Key, interval: Interval, options: Options, coverage: float) -> QueueInterval:
        """Return what was counted."""
        return QueueInterval(
            start=interval.start,
            minutes=options.minutes,
            source=key[0],
            queue=Named(self.id, self.name),
            channel=key[2] or None,
            offered=self.offered,
            overflow_in=self.overflow_in,
            overflow_out=self.overflow_out,
            answered=self.answered,
            answered_within=self.answered_within,
            abandoned=self.abandoned,
            abandoned_short=self.abandoned_short,
            abandoned_within=self.abandoned_within,
            other=self.other,
            answered_queue_seconds=self.answered_queue / 1000,
            abandoned_queue_seconds=self.abandoned_queue / 1000,
            longest_answered_seconds=self.longest_answered / 1000,
            longest_abandoned_seconds=self.longest_abandoned / 1000,
            ring_seconds=self.ring / 1000,
            talk_seconds=self.talk / 1000,
            hold_seconds=self.hold / 1000,
            wrap_seconds=self.wrap / 1000,
            coverage=coverage,
        )
