"""The measures of contacts, by any combination of what can be told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gateway.figures.counting import BOOKED, direction_of, is_answered, millis
from gateway.model.agent import Named
from gateway.model.clock import from_millis
from gateway.model.errors import OperationError
from gateway.model.ledger import ContactEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from gateway.figures.options import Options
    from gateway.model.ledger import Millis

Value = str | int | None

QUARTER = 900_000
"""No clock of today is ahead of UTC by other than whole quarters of an hour."""


class When(NamedTuple):
    """What the zone's calendar and clock say: the hour is 0 to 23, Monday is 1, a day 1 to 31."""

    date: str
    hour: int
    weekday: int
    day: int


_READERS: dict[str, Callable[[ContactEntry, When], Value]] = {
    "agent": lambda contact, _: contact.agent,
    "channel": lambda contact, _: contact.channel,
    "city": lambda contact, _: contact.city,
    "country": lambda contact, _: contact.country,
    "phone": lambda contact, _: contact.phone,
    "zip": lambda contact, _: contact.zip,
    "date": lambda _, when: when.date,
    "hour": lambda _, when: when.hour,
    "weekday": lambda _, when: when.weekday,
    "day": lambda _, when: when.day,
    "direction": lambda contact, _: direction_of(contact),
    "queue": lambda contact, _: _called(contact.queue),
    "team": lambda contact, _: _called(contact.team),
}
DIMENSIONS = tuple(_READERS)
PERSONAL = frozenset({"city", "country", "phone", "zip"})
"""What is of customers."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The measures of the contacts that have *by* in common.

    *conversations*, *abandoned* and *handled* count each conversation once, however many contacts
    it was made of: *abandoned* those of which a contact was abandoned, *handled* those of which an
    agent had one. A conversation that an agent had, and that was abandoned after it was
    transferred, is both. *contacts* counts what the seconds are sums over.
    """

    by: Mapping[str, Value]
    conversations: int
    abandoned: int
    handled: int
    contacts: int
    abandonment_seconds: float
    queue_seconds: float
    talk_seconds: float
    wrap_seconds: float


def measures(
    contacts: Iterable[ContactEntry],
    by: Sequence[str],
    options: Options,
    limit: int | None = None,
) -> list[Slice]:
    """Return the measures for each combination of *by* (of `DIMENSIONS`) that there is, in order.

    Contacts without a time of what they are booked by are left out. Memory is that of the
    names of the conversations.

    Raises:
        OperationError: there are more than *limit* combinations.
    """
    readers = [_READERS[name] for name in by]
    booked_at = BOOKED[options.booked_by]
    calendar = _Calendar(options.zone)
    sums: dict[tuple[Value, ...], _Sum] = {}
    for contact in contacts:
        at = booked_at(contact)
        if at is None:
            continue
        when = calendar.of(at)
        key = tuple([read(contact, when) for read in readers])
        found = sums.get(key)
        if found is None:
            if len(sums) == limit:
                raise OperationError(f"more than {limit} rows: ask for less time, or by less")
            found = sums[key] = _Sum()
        found.add(contact)
    return [sums[key].slice(dict(zip(by, key, strict=True))) for key in sorted(sums, key=_order)]


def _order(key: tuple[Value, ...]) -> tuple[tuple[bool, Value], ...]:
    """Return what puts slices in order, those where something is not known last."""
    return tuple((each is None, "" if each is None else each) for each in key)


def _called(named: Named | None) -> str | None:
    return None if named is None else named.name or named.id


class _Calendar:
    """What a zone's calendar and clock say, looked up once for each quarter of an hour."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[int, When] = {}

    def of(self, at: Millis) -> When:
        quarter = at // QUARTER
        found = self._known.get(quarter)
        if found is None:
            local = from_millis(quarter * QUARTER).astimezone(self._zone)
            found = When(local.date().isoformat(), local.hour, local.isoweekday(), local.day)
            self._known[quarter] = found
        return found


_SEEN, _ABANDONED, _HANDLED = 1, 2, 4


class _Sum:
    """One slice while it is counted: seconds are milliseconds."""

    __slots__ = ("abandonment", "contacts", "conversations", "queue", "talk", "wrap")

    def __init__(self) -> None:
        self.conversations: dict[str, int] = {}
        self.contacts = 0
        self.abandonment: Millis = 0
        self.queue: Millis = 0
        self.talk: Millis = 0
        self.wrap: Millis = 0

    def add(self, contact: ContactEntry) -> None:
        """Count a contact."""
        mark, wait = _SEEN, millis(contact.queue_seconds)
        self.contacts += 1
        self.queue += wait
        if contact.is_abandoned:
            mark |= _ABANDONED
            self.abandonment += wait
        elif is_answered(contact):
            mark |= _HANDLED
            self.talk += millis(contact.talk_seconds)
            self.wrap += millis(contact.wrap_seconds)
        name = contact.conversation
        self.conversations[name] = self.conversations.get(name, 0) | mark

    def slice(self, by: Mapping[str, Value]) -> Slice:
        """Return what was counted."""
        marks = self.conversations.values()
        return Slice(
            by=by,
            conversations=len(marks),
            abandoned=sum(bool(mark & _ABANDONED) for mark in marks),
            handled=sum(bool(mark & _HANDLED) for mark in marks),
            contacts=self.contacts,
            abandonment_seconds=self.abandonment / 1000,
            queue_seconds=self.queue / 1000,
            talk_seconds=self.talk / 1000,
            wrap_seconds=self.wrap / 1000,
        )
