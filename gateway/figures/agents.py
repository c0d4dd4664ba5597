"""Agents by interval: the seconds of each status, split at the borders, and their contacts."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from gateway.figures.counting import (
    BOOKED,
    INBOUND,
    OUTBOUND,
    direction_of,
    is_answered,
    millis,
    queue_key,
)
from gateway.figures.grid import split
from gateway.figures.presence import AFTER, BUSY, NOT_READY, READY, RESERVED, UNKNOWN, Presence
from gateway.model.agent import Named
from gateway.model.ledger import AgentInterval, AgentQueueInterval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.figures.frame import Frame
    from gateway.figures.grid import Interval
    from gateway.model.ledger import AgentEntry, ContactEntry, Millis

Key = tuple[str, str, str]
"""Agent, source, queue."""


def agent_intervals(
    entries: Iterable[AgentEntry], contacts: Iterable[ContactEntry], frame: Frame
) -> list[AgentInterval]:
    """Return the rows by interval and agent: those of agents who were there or had a contact.

    *entries* come one agent after another, each agent's in the order of their times, those of
    before the first interval first. *contacts* come in the order of what they are booked by.
    Nobody is counted from before something is known of them.
    """
    heads = {
        each.start: _Head(each.start, frame.options.minutes, frame.coverage.of(each))
        for each in frame.intervals
    }
    work = _work(contacts, frame)
    rows = []
    for agent, told in groupby(entries, key=attrgetter("agent")):
        for interval, person in _intervals_of(told, frame):
            did = work.pop((agent, interval.start), None)
            if did is not None or person.was_there:
                rows.append(_row(agent, person, did, heads[interval.start]))
    rows += [_row(agent, None, did, heads[start]) for (agent, start), did in work.items()]
    rows.sort(key=attrgetter("start", "agent"))
    return rows


def _intervals_of(told: Iterable[AgentEntry], frame: Frame) -> Iterator[tuple[Interval, Presence]]:
    """Yield each interval with what one agent spent in it, until the next is asked for."""
    person = Presence(frame.start)
    rest = iter(told)
    entry = next(rest, None)
    stood = []
    while entry is not None and entry.at < frame.start:
        stood.append(entry)
        entry = next(rest, None)
    for each in sorted(stood, key=attrgetter("at")):
        person.become(each)
    for interval in frame.intervals:
        while entry is not None and entry.at < interval.end:
            person.pass_until(entry.at)
            person.become(entry)
            entry = next(rest, None)
        person.pass_until(frame.passed(interval))
        yield interval, person
        person.begin()


class _Work:
    """What one agent did of the contacts of one interval."""

    __slots__ = ("inbound", "inbound_talk", "outbound", "outbound_talk", "transferred")

    def __init__(self) -> None:
        self.inbound = self.outbound = self.transferred = 0
        self.inbound_talk: Millis = 0
        self.outbound_talk: Millis = 0

    def add(self, contact: ContactEntry) -> None:
        """Count a contact that they answered."""
        direction = direction_of(contact)
        if direction == INBOUND:
            self.inbound += 1
            self.inbound_talk += millis(contact.talk_seconds)
        elif direction == OUTBOUND:
            self.outbound += 1
            self.outbound_talk += millis(contact.talk_seconds)
        self.transferred += contact.is_sent_on


def _work(contacts: Iterable[ContactEntry], frame: Frame) -> dict[tuple[str, Millis], _Work]:
    found: dict[tuple[str, Millis], _Work] = {}
    for interval, booked in split(contacts, frame.intervals, BOOKED[frame.options.booked_by]):
        for contact in booked:
            if contact.agent is not None and is_answered(contact):
                did = found.setdefault((contact.agent, interval.start), _Work())
                did.add(contact)
    return found


_NOTHING = _Work()


class _Head(NamedTuple):
    """What the rows of one interval have in common."""

    start: Millis
    minutes: int
    coverage: float


def _row(agent: str, person: Presence | None, did: _Work | None, head: _Head) -> AgentInterval:
    work = did or _NOTHING
    there = person or Presence(head.start)
    spent = there.spent
    return AgentInterval(
        start=head.start,
        minutes=head.minutes,
        agent=agent,
        logged_in_seconds=there.logged_in / 1000,
        ready_seconds=spent[READY] / 1000,
        reserved_seconds=spent[RESERVED] / 1000,
        busy_seconds=spent[BUSY] / 1000,
        after_call_work_seconds=spent[AFTER] / 1000,
        not_ready_seconds=spent[NOT_READY] / 1000,
        unknown_seconds=spent[UNKNOWN] / 1000,
        by_reason={reason: spent / 1000 for reason, spent in there.by_reason.items()},
        inbound=work.inbound,
        inbound_talk_seconds=work.inbound_talk / 1000,
        outbound=work.outbound,
        outbound_talk_seconds=work.outbound_talk / 1000,
        transferred_out=work.transferred,
        coverage=head.coverage,
    )


def agent_queue_intervals(
    contacts: Iterable[ContactEntry],
    frame: Frame,
) -> Iterator[AgentQueueInterval]:
    """Yield the rows of every interval in order: what each agent answered of each queue, inbound.

    *contacts* come in the order of what they are booked by.
    """
    for interval, booked in split(contacts, frame.intervals, BOOKED[frame.options.booked_by]):
        books: dict[Key, list[int]] = {}
        names: dict[Key, Named] = {}
        for contact in booked:
            _answer(books, names, contact)
        covered = frame.coverage.of(interval) if books else 0.0
        for key in sorted(books):
            answered, talk, hold, wrap, sent_on = books[key]
            yield AgentQueueInterval(
                start=interval.start,
                minutes=frame.options.minutes,
                agent=key[0],
                source=key[1],
                queue=names[key],
                answered=answered,
                talk_seconds=talk / 1000,
                hold_seconds=hold / 1000,
                wrap_seconds=wrap / 1000,
                transferred_out=sent_on,
                coverage=covered,
            )


def _answer(books: dict[Key, list[int]], names: dict[Key, Named], contact: ContactEntry) -> None:
    queue = contact.queue
    if contact.agent is None or queue is None or not is_answered(contact):
        return
    name = queue_key(queue)
    if name is None or direction_of(contact) != INBOUND:
        return
    key = (contact.agent, contact.source, name)
    book = books.setdefault(key, [0, 0, 0, 0, 0])
    book[0] += 1
    book[1] += millis(contact.talk_seconds)
    book[2] += millis(contact.hold_seconds)
    book[3] += millis(contact.wrap_seconds)
    book[4] += contact.is_sent_on
    known = names.get(key, queue)
    names[key] = Named(queue.id or known.id, queue.name or known.name)
