"""A contact centre by chance: seeded, and time is an argument.

Each agent walks a Markov chain: log in, ready, reserved, busy, after-call work, ready …, with
breaks, lunch and training between, and log out at the end of a shift. The chain runs in model
seconds, which only decide whose turn it is; the times told are those of the caller, so that the
same centre can be told at any rate.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from gateway.mapping.source import Moment, SimulatedContact
from gateway.model.agent import Phase, Status
from gateway.model.observation import ChangeKind

if TYPE_CHECKING:
    from datetime import datetime

CHANNELS = ("voice", "voice", "voice", "chat")
QUEUES = 4
BREAKS = ("Break", "Lunch", "Training", "Coaching")
MISSED_OFFERS = 0.05
TAKES_A_BREAK = 0.12
GOES_HOME = 0.01
"""The chance, each time an agent leaves ready, that the shift is over."""

_Dwell = tuple[float, float]
DWELL_SECONDS: dict[Status, _Dwell] = {
    Status.LOGGED_OUT: (60.0, 600.0),
    Status.READY: (5.0, 60.0),
    Status.RESERVED: (2.0, 12.0),
    Status.BUSY: (30.0, 420.0),
    Status.AFTER_CALL_WORK: (10.0, 90.0),
    Status.NOT_READY: (120.0, 1800.0),
}


@dataclass(frozen=True, slots=True)
class _Agent:
    """Where one agent is in the chain."""

    number: int
    status: Status = Status.LOGGED_OUT
    since: datetime | None = None
    session: int = 0
    reason: str | None = None
    contact: SimulatedContact | None = None


class ContactCentre:
    """The simulated agents. The same seed gives the same happenings."""

    def __init__(self, agents: int, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - chance, not secrecy
        self._agents = {number: _Agent(number) for number in range(1, agents + 1)}
        self._due = [(self._chance.uniform(0.0, 60.0), number) for number in self._agents]
        heapq.heapify(self._due)
        self._sequence = 0
        self._contacts = 0

    def next(self, at: datetime) -> Moment:
        """Return the next happening, told as happening at *at*."""
        due, number = heapq.heappop(self._due)
        before = self._agents[number]
        after = self._step(before, at)
        self._agents[number] = after
        dwell = self._chance.uniform(*DWELL_SECONDS[after.status])
        heapq.heappush(self._due, (due + dwell, number))
        self._sequence += 1
        return self._moment(before, after, at)

    def _step(self, agent: _Agent, at: datetime) -> _Agent:
        match agent.status:
            case Status.LOGGED_OUT:
                return _ready(replace(agent, session=agent.session + 1), at)
            case Status.READY:
                return self._leave_ready(agent, at)
            case Status.RESERVED:
                return self._answer_or_miss(agent, at)
            case Status.BUSY:
                return _with_contact(agent, Status.AFTER_CALL_WORK, Phase.WRAP_UP, at)
            case _:
                return _ready(agent, at)

    def _leave_ready(self, agent: _Agent, at: datetime) -> _Agent:
        if self._chance.random() < GOES_HOME:
            return replace(agent, status=Status.LOGGED_OUT, since=at, reason=None)
        if self._chance.random() < TAKES_A_BREAK:
            reason = self._chance.choice(BREAKS)
            return replace(agent, status=Status.NOT_READY, since=at, reason=reason)
        return replace(agent, status=Status.RESERVED, since=at, contact=self._offer(at))

    def _offer(self, at: datetime) -> SimulatedContact:
        self._contacts += 1
        return SimulatedContact(
            id=f"{self._chance.getrandbits(128):032x}",
            number=self._contacts,
            phase=Phase.OFFERED,
            offered_at=at,
            since=at,
            channel=self._chance.choice(CHANNELS),
            queue_number=self._chance.randint(1, QUEUES),
        )

    def _answer_or_miss(self, agent: _Agent, at: datetime) -> _Agent:
        if self._chance.random() < MISSED_OFFERS:
            return _ready(agent, at)
        return _with_contact(agent, Status.BUSY, Phase.ACTIVE, at)

    def _moment(self, before: _Agent, after: _Agent, at: datetime) -> Moment:
        put_down = before.contact if after.contact is None else None
        return Moment(
            agent_number=after.number,
            session_number=after.session,
            sequence=self._sequence,
            at=at,
            kind=_kind(before.status, after.status),
            status=after.status,
            previous=before.status,
            reason=after.reason,
            status_since=after.since or at,
            contact=after.contact,
            ended=put_down,
        )


def _ready(agent: _Agent, at: datetime) -> _Agent:
    return replace(agent, status=Status.READY, since=at, reason=None, contact=None)


def _with_contact(agent: _Agent, status: Status, phase: Phase, at: datetime) -> _Agent:
    assert agent.contact is not None
    contact = replace(agent.contact, phase=phase, since=at)
    return replace(agent, status=status, since=at, contact=contact)


def _kind(before: Status, after: Status) -> ChangeKind:
    if before is Status.LOGGED_OUT:
        return ChangeKind.LOGIN
    return ChangeKind.LOGOUT if after is Status.LOGGED_OUT else ChangeKind.STATE
