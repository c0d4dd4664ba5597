"""Events made again, compared with those that were made before: what differs is a revision."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.event import EventType, event_from_envelope, stable_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.model.event import Event

LEFT_OUT = ("agent", "channels")
"""What is told of who the agent is, and of capacity, makes no other event of one."""


@dataclass(frozen=True, slots=True)
class Revised:
    """An event to tell again, and the one that it stands in for (`None`: there was none)."""

    event: Event
    before: Event | None = None


@dataclass(slots=True)
class Compared:
    """What a receipt's events came to: *same* is a count, *gone* were made then and not now."""

    same: int = 0
    revised: list[Revised] = field(default_factory=list)
    gone: list[Event] = field(default_factory=list)


def compare(made: Sequence[Event], stored: Iterable[bytes]) -> Compared:
    """Compare the events *made* now of a receipt with the *stored* JSON of those made before,
    earlier revisions among them.
    """
    compared = Compared()
    before = [_read(each) for each in stored]
    newest = _without_overtaken(before)
    pending: list[Event] = []
    for event in made:
        twin = next((each for each in newest if _matter(each) == _matter(event)), None)
        if twin is None:
            pending.append(event)
        else:
            newest.remove(twin)
            compared.same += 1
    for event in pending:
        other = next((each for each in newest if _place(each) == _place(event)), None)
        if other is not None:
            newest.remove(other)
        compared.revised.append(_revision(event, other, before))
    compared.gone = newest
    return compared


def _read(text: bytes) -> Event:
    return event_from_envelope(orjson.loads(text))


def _place(event: Event) -> tuple[EventType, str]:
    return event.type, event.subject


def _matter(event: Event) -> tuple[Any, ...]:
    data = {name: value for name, value in event.data.items() if name not in LEFT_OUT}
    contact = data.get("contact")
    if isinstance(contact, dict):
        data["contact"] = contact | {"revision": None}
    return event.type, event.subject, event.time, orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def _without_overtaken(events: Sequence[Event]) -> list[Event]:
    """Leave out the events of which there is a later revision."""
    ids = {each.id for each in events}
    return [each for each in events if not _later(each, ids)]


def _later(event: Event, ids: set[str]) -> bool:
    return revision_id(event.id, 1) in ids


def revision_id(event_id: str, number: int) -> str:
    """Return the id of the event that stands in for another one."""
    return stable_id(event_id, "revision", str(number))


def _revision(event: Event, before: Event | None, stored: Sequence[Event]) -> Revised:
    """Give an event an id of its own, unless there was none before it."""
    ids = {each.id for each in stored}
    if before is None:
        return Revised(
            event if event.id not in ids else replace(event, id=revision_id(event.id, 1))
        )
    data = event.data
    if event.type is EventType.CONTACT:
        number = int(before.data["contact"].get("revision") or 0) + 1
        data = {**data, "contact": {**data["contact"], "revision": number}}
    return Revised(replace(event, id=revision_id(before.id, 1), data=data), before)
