"""The floor: who is logged in, when they were last heard, who is in after-call work.

Kept up by the translator, an agent at a time, so that nobody has to look through all of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

from gateway.model.agent import Status
from gateway.model.printable import printable
from gateway.pipeline.track import KnownAgent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gateway.ports import Everybody

READ_AT_ONCE = 500

Since = tuple[str, "datetime"]
"""An agent's key, and a time."""


@dataclass(slots=True)
class _OfSource:
    """*live* has who is logged in, by when they were last heard, oldest first. *heard* has who
    was heard before the store was read: what it says of them is old (`None`: it was read).
    """

    live: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    wrapping: dict[str, datetime] = field(default_factory=dict)
    heard: set[str] | None = field(default_factory=set)


class Floor:
    """The agents of every source as they are now."""

    def __init__(self) -> None:
        self._sources: dict[str, _OfSource] = {}

    def heard(self, agents: Iterable[tuple[str, KnownAgent]], at: datetime) -> None:
        """Take note of agents of whom something was received at *at*."""
        for told, known in agents:
            key = printable(told)
            floor = self._of(key.partition(":")[0])
            if floor.heard is not None:
                floor.heard.add(key)
            _place(floor, key, known, at)

    def forget(self, key: str) -> None:
        """Know nothing of an agent any more."""
        floor = self._of(key.partition(":")[0])
        floor.live.pop(key, None)
        floor.wrapping.pop(key, None)
        if floor.heard is not None:
            floor.heard.add(key)

    def is_complete(self, source: str) -> bool:
        """Whether the agents that the store knew at the start are here too."""
        return self._of(source).heard is None

    async def complete(self, source: str, store: Everybody, at: datetime) -> None:
        """Add the agents whom the store knows; one never heard counts as heard at *at*.

        Raises:
            StoreUnavailableError: the store cannot be read now.
        """
        known: list[tuple[str, KnownAgent]] = []
        after, end = f"{source}:", f"{source};"  # ';' is the character after ':'
        while after < end:
            stored = await store.agents_after(after, READ_AT_ONCE)
            known += await asyncio.to_thread(_read, stored, end)
            after = stored[-1][0] if len(stored) == READ_AT_ONCE else end
        floor = self._of(source)
        newer, floor.heard = floor.heard or set(), None
        heard_since = list(floor.live.items())
        floor.live.clear()
        for key, agent in sorted(known, key=lambda each: _heard_at(each[1], at)):
            if key not in newer:
                _place(floor, key, agent, _heard_at(agent, at))
        floor.live.update(heard_since)

    def live(self, source: str) -> int:
        """Count the agents who are logged in."""
        return len(self._of(source).live)

    def longest_unheard(self, source: str, most: int) -> Sequence[Since]:
        """Return who of them was not heard for longest, and when they were last."""
        return tuple(islice(self._of(source).live.items(), most))

    def longest_wrapping(self, source: str, most: int) -> Sequence[Since]:
        """Return who is in after-call work for longest, and since when."""
        wrapping = self._of(source).wrapping
        return tuple(nsmallest(most, wrapping.items(), key=lambda each: each[1]))

    def _of(self, source: str) -> _OfSource:
        if source not in self._sources:
            self._sources[source] = _OfSource()
        return self._sources[source]


def _place(floor: _OfSource, key: str, known: KnownAgent, at: datetime) -> None:
    status = known.now.status
    floor.live.pop(key, None)
    if known.logged_in and status is not Status.LOGGED_OUT:
        floor.live[key] = at
    if status is Status.AFTER_CALL_WORK:
        floor.wrapping[key] = known.now.since or at
    else:
        floor.wrapping.pop(key, None)


def _read(stored: Sequence[tuple[str, bytes]], end: str) -> list[tuple[str, KnownAgent]]:
    return [(key, KnownAgent.from_json(text)) for key, text in stored if key < end]


def _heard_at(known: KnownAgent, otherwise: datetime) -> datetime:
    """When an agent was last heard, as the platform's time tells it: no other is kept."""
    return known.mark or known.now.since or otherwise
