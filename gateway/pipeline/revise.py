"""Events made again, compared with those that were made before: what differs is a revision."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.clock import in_millis
from gateway.model.event import EventType, event_from_envelope, stable_id
from gateway.settings import IDENTIFIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from gateway.model.event import Event

LEFT_OUT = ("agent", "channels")
"""What is told of who the agent is, and of capacity, makes no other event of one."""


@dataclass(frozen=True, slots=True)
class Revised:
    """An event, and the one that it stands in for (`None`: there was none)."""

    event: Event
    before: Event | None = None


@dataclass(slots=True)
class Compared:
    """What a receipt's events came to: *same* are kept as they are, earlier revisions among them,
    *revised* are to be told, *gone* were made then and not now.
    """

    same: list[Revised] = field(default_factory=list)
    revised: list[Revised] = field(default_factory=list)
    gone: list[Event] = field(default_factory=list)


def compare(made: Sequence[Event], stored: Iterable[bytes]) -> Compared:
    """Compare the events *made* now of a receipt with the *stored* JSON of those made before,
    earlier revisions among them.
    """
    compared = Compared()
    before = [event_from_envelope(orjson.loads(each)) for each in stored]
    ids = {each.id for each in before}
    successors = {revision_id(each.id): each for each in before}
    newest = [each for each in before if revision_id(each.id) not in ids]
    twins, pending = _Pairs(newest, _matter), []
    for event in made:
        twin = twins.take(event)
        if twin is None:
            pending.append(event)
        else:
            compared.same.append(Revised(twin, successors.get(twin.id)))
    others = _Pairs(twins.left(), _place)
    for event in pending:
        compared.revised.append(_revision(event, others.take(event), ids))
    compared.gone = others.left()
    return compared


class _Pairs:
    """Events to be taken once each, by what *key* says of them, in their order."""

    def __init__(self, events: Sequence[Event], key: Callable[[Event], Hashable]) -> None:
        self._key = key
        self._events: dict[str, Event] = {each.id: each for each in events}
        self._waiting: dict[Hashable, deque[Event]] = {}
        for each in events:
            self._waiting.setdefault(key(each), deque()).append(each)

    def take(self, event: Event) -> Event | None:
        """Return the first that is left of those like *event*."""
        several = self._waiting.get(self._key(event))
        return self._events.pop(several.popleft().id) if several else None

    def left(self) -> list[Event]:
        """Return those that were not taken."""
        return list(self._events.values())


def _place(event: Event) -> Hashable:
    return event.type, event.subject


def _matter(event: Event) -> Hashable:
    data: dict[str, Any] = {
        name: value for name, value in event.data.items() if name not in LEFT_OUT
    }
    contact = data.get("contact")
    if isinstance(contact, dict):
        data["contact"] = contact | {"revision": None}
    at = in_millis(event.time)  # what is kept is no more exact
    return event.type, event.subject, at, orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def revision_id(event_id: str) -> str:
    """Return the id of the event that stands in for another one."""
    return stable_id(event_id, "revision", "1")


def _revision(event: Event, before: Event | None, taken: set[str]) -> Revised:
    """Give an event an id of its own, unless there was none before it."""
    if before is None:
        return Revised(replace(event, id=_free(event.id, taken)))
    data = _as_known_then(event.data, before.data)
    if event.type is EventType.CONTACT:
        number = int(before.data["contact"].get("revision") or 0) + 1
        data = {**data, "contact": {**data["contact"], "revision": number}}
    return Revised(replace(event, id=_free(before.id, taken), data=data), before)


def _as_known_then(data: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have the agent go by what they went by then: it may be somebody else's now."""
    agent, then = data.get("agent"), before.get("agent")
    if not agent or not then:
        return data
    names = {name: then[name] for name in IDENTIFIERS if then.get(name) is not None}
    return {**data, "agent": {**agent, **names}}


def _free(event_id: str, taken: set[str]) -> str:
    while event_id in taken:
        event_id = revision_id(event_id)
    return event_id
