"""Stand-ins for the vendors of a configuration: what each was sent, and how it answered."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from gateway.demo.moods import mood
from gateway.http.recorder import Heard, Recorder, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.demo.moods import Mood

WELL = Reply()
EVENTS_KEPT = 20_000


@dataclass
class Board:
    """What can be read off the stand-ins: the neutral events by id, where one was sent such.

    *events* forget the oldest.
    """

    events: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, body: bytes) -> None:
        """Remember the body where it is a neutral event."""
        for event in _events_in(body):
            self.events[event["id"]] = event
            if len(self.events) > EVENTS_KEPT:
                del self.events[next(iter(self.events))]


def _events_in(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        value = json.loads(body)
    except ValueError:
        return
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and "specversion" in each:
            yield each


@dataclass
class StandIn:
    """One vendor. *fresh* are the requests taken since it was last asked; *told* the ids of the
    events in the order taken.
    """

    name: str
    mood: Mood
    board: Board
    is_moody: bool = False
    fresh: list[Heard] = field(default_factory=list)
    told: deque[str] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    delivered: int = 0
    refused: int = 0
    recorder: Recorder | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self.recorder = Recorder(self.answer)
        await self.recorder.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.recorder is not None
        return self.recorder.port

    def answer(self, heard: Heard) -> Reply:
        """Record a request and answer it."""
        trouble = self.mood.at(asyncio.get_running_loop().time()) if self.is_moody else None
        if trouble is not None:
            self.refused += 1
            return trouble.reply
        self.delivered += 1
        self.fresh.append(heard)
        self.board.note(heard.body)
        self.told.append(heard.headers.get("idempotency-key", "").partition(":")[0])
        return WELL

    def take(self) -> list[Heard]:
        """Return the requests since the last time."""
        fresh, self.fresh = self.fresh, []
        return fresh


@dataclass
class StandIns:
    """All of them; an async context that starts and closes them."""

    each: dict[str, StandIn]
    board: Board

    async def __aenter__(self) -> Self:
        for standin in self.each.values():
            await standin.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for standin in self.each.values():
            if standin.recorder is not None:
                await standin.recorder.close()

    def environ(self) -> dict[str, str]:
        """Return where they listen, for the configuration: ``DEMO_{NAME}_PORT``."""
        return {port_variable(name): str(standin.port) for name, standin in self.each.items()}

    def begin_anew(self) -> None:
        """Forget what was told, and let bad days begin."""
        for standin in self.each.values():
            standin.told.clear()
            standin.is_moody = True


def stand_ins(destinations: Iterable[str], seed: int) -> StandIns:
    """Make one for each destination."""
    board = Board()
    return StandIns({name: StandIn(name, mood(seed, name), board) for name in destinations}, board)


def port_variable(destination: str) -> str:
    """Return the environment variable that the demo's configuration reads a port from."""
    return f"DEMO_{destination.upper().replace('-', '_')}_PORT"
