"""States put together from glimpses in the order of time, for figures: late ones count too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.model.agent import Phase, Status
from gateway.model.ledger import (
    ACTIVITY,
    EVERYTHING,
    GONE,
    AgentEntry,
    GlimpseEntry,
    Mark,
    Millis,
)
from gateway.pipeline.track.picture import RANK, READY_IN, STATUS_OF

STATUSES = {each.value: each for each in Status}
PHASES = {each.value: each for each in Phase}
OUT = frozenset({Status.LOGGED_OUT, Status.UNKNOWN})

LONGEST_CONTACT = 24 * 3_600_000
"""So long a contact of which nothing more is told counts as held, in milliseconds: a platform's
task that nobody ends is gone after a day (TaskRouter's task life cycle page, facts B4).
"""


def composed(entries: Iterable[GlimpseEntry], since: Millis, until: Millis) -> Iterator[AgentEntry]:
    """Yield what an agent's *entries*, in the order of their times, come to: first how the agent
    stood just before *since*.
    """
    before: dict[bool, AgentEntry] = {}
    for each in _states(entries, until):
        if each.at < since:
            before[each.mark is Mark.STATE] = each
            continue
        yield from _in_order(before)
        yield each
    yield from _in_order(before)


def _states(entries: Iterable[GlimpseEntry], until: Millis) -> Iterator[AgentEntry]:
    state = _State()
    for entry in entries:
        yield from state.over(entry.at, entry.agent)
        yield from state.after(entry)
        agent = entry.agent
    if state.contacts:
        yield from state.over(until - 1, agent)


def _in_order(before: dict[bool, AgentEntry]) -> Iterator[AgentEntry]:
    yield from sorted(before.values(), key=lambda each: (each.at, each.mark is Mark.STATE))
    before.clear()


@dataclass(slots=True)
class _State:
    """How the agent stands. *contacts* by key: phase, whether it is live, when it is over."""

    status: Status | None = None
    reason: str | None = None
    activity: Status = Status.UNKNOWN
    contacts: dict[str, tuple[Phase, bool, Millis]] = field(default_factory=dict)
    is_logged_in: bool = False

    def over(self, at: Millis, agent: str) -> Iterator[AgentEntry]:
        """End the contacts that are over by *at*; yield what that makes of the agent."""
        ends = sorted((end, key) for key, (*_, end) in self.contacts.items() if end <= at)
        for end, key in ends:
            yield from self.after(GlimpseEntry(agent, "", end, key, GONE))

    def after(self, entry: GlimpseEntry) -> Iterator[AgentEntry]:
        """Take one entry; yield what it makes of the agent."""
        was = self.status, self.reason
        self._take(entry)
        self.status = self._decided()
        if (self.status, self.reason) == was:
            return
        if self.status not in OUT and not self.is_logged_in:
            self.is_logged_in = True
            yield self._entry(entry, Mark.LOGIN)
        yield self._entry(entry, Mark.STATE)
        if self.status is Status.LOGGED_OUT and self.is_logged_in:
            self.is_logged_in = False
            yield self._entry(entry, Mark.LOGOUT)

    def _take(self, entry: GlimpseEntry) -> None:
        if entry.of == ACTIVITY:
            self.activity, self.reason = STATUSES[entry.word], entry.reason
        elif entry.of == EVERYTHING:
            self.contacts.clear()
        elif entry.word == GONE:
            self.contacts.pop(entry.of, None)
        else:
            over_at = entry.at + LONGEST_CONTACT
            self.contacts[entry.of] = PHASES[entry.word], entry.is_live, over_at

    def _decided(self) -> Status:
        counts = self.activity in READY_IN
        ranks = (RANK.get(phase, 0) for phase, live, _ in self.contacts.values() if counts or live)
        return STATUS_OF.get(max(ranks, default=0), self.activity)

    def _entry(self, entry: GlimpseEntry, mark: Mark) -> AgentEntry:
        assert self.status is not None
        return AgentEntry(entry.agent, entry.at, mark, self.status, self.reason)
