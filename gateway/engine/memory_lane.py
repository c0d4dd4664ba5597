"""A lane in memory: a bounded part of what one agent is owed at one destination."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING

from gateway.engine.score import Score
from gateway.model.delivery import Superseded

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from gateway.model.delivery import Delivery
    from gateway.ports import Lane

SNAPSHOT = "a snapshot"
SUSPICIOUS = 2
"""After so many failures amid success a delivery travels alone, so that it harms no others."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of what is owed is in memory: lanes, deliveries, deliveries of one lane; and of
    how many idle lanes is known what they remember.
    """

    lanes: int = 100_000
    deliveries: int = 10_000
    depth: int = 32
    idle: int = 50_000


class Place(Enum):
    """Where a lane is."""

    NEW = auto()
    READY = auto()
    WAITING = auto()
    AWAY = auto()
    """Its request is under way, or the outcome not yet durable."""
    LOADING = auto()
    """Something of it is being read from the store."""


class MemoryLane:
    """One lane. *pending* is in order, the first *flying* of it under way; the first *alone* of
    it travel alone; *newest* is the highest sequence number seen. *more*: the store has further
    deliveries behind; *reload*: it may have some between; *unseen*: some were offered while it
    was read. *due_at*: the lane's own wait after a failure, when *score* was the
    destination's. *state* `None`: not yet read.
    """

    __slots__ = (
        "alone",
        "due_at",
        "flying",
        "more",
        "name",
        "newest",
        "pending",
        "place",
        "ready_at",
        "reload",
        "score",
        "state",
        "unseen",
        "waits_until",
    )

    def __init__(self, name: str, state: Lane | None) -> None:
        self.name = name
        self.state = state
        self.pending: deque[Delivery] = deque()
        self.place = Place.NEW
        self.newest = 0
        self.flying = 0
        self.alone = 0
        self.more = False
        self.reload = False
        self.unseen = False
        self.due_at: datetime | None = None
        self.waits_until: datetime | None = None
        self.ready_at: datetime | None = None
        self.score = Score()

    @property
    def depth(self) -> int:
        """How many deliveries are behind those under way."""
        return len(self.pending) - self.flying

    @property
    def is_alone(self) -> bool:
        """Whether its first delivery travels alone."""
        return self.alone > 0 or self.pending[0].failures_amid_success >= SUSPICIOUS

    def riders(self, room: int) -> int:
        """Return how many of its deliveries may ride in one request with *room* for them.

        States do not ride together: of these only the newest counts, and one may fail.
        """
        several = 1
        while (
            several < min(room, len(self.pending))
            and not self.pending[several - 1].collapses
            and not self.pending[several].collapses
            and self.pending[several].failures_amid_success < SUSPICIOUS
        ):
            several += 1
        return several


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What a snapshot stands in for: what collapses in the *lanes* it told of, up to *upto*."""

    lanes: Container[str] = ()
    upto: int = 0

    def among(self, lane: MemoryLane) -> list[tuple[Delivery, Superseded]]:
        """Return what of a lane is overtaken, and not under way."""
        if not lane.depth or lane.pending[lane.flying].seq > self.upto:
            return []
        if lane.name not in self.lanes:
            return []
        waiting = islice(lane.pending, lane.flying, None)
        return [
            (each, Superseded(SNAPSHOT))
            for each in waiting
            if each.collapses and each.seq <= self.upto
        ]
