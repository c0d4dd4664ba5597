"""Badges: under which identity each destination is told of an agent, from login to logout.

An identity is worn by one agent at a time: a vendor would take two for one. The first wears it,
the others wait.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYWHERE = ""
"""In place of a destination's name: the WFM id that an agent goes by wherever it is told."""

CONFLICT = "conflict"
"""Why a delivery is held: somebody else wears the identity."""

UNKNOWN = "unknown_agent"
"""The same: the vendor does not know the identity."""


@dataclass(frozen=True, slots=True)
class Badge:
    """The agent with the key *agent* goes by *identity* at *destination*."""

    destination: str
    agent: str
    identity: str


@dataclass(frozen=True, slots=True)
class BadgeChange:
    """What an agent goes by at a destination from now on; *identity* `None`: by nothing."""

    destination: str
    agent: str
    identity: str | None


Place = tuple[str, str]
"""A destination and an identity there."""


class Badges:
    """Who wears which badge, and who waits for one. It is in memory whole; *worn* and *waiting*
    are what the store has kept of it.
    """

    def __init__(self, worn: Iterable[Badge] = (), waiting: Iterable[Badge] = ()) -> None:
        self._worn: dict[str, dict[str, str]] = {}
        self._wearers: dict[Place, str] = {}
        self._waiting: defaultdict[Place, dict[str, None]] = defaultdict(dict)
        self._changes: list[BadgeChange] = []
        self._freed: dict[str, None] = {}
        self._strangers: dict[Place, str] = {}
        for each in worn:
            self._wear(each.agent, each.destination, each.identity)
        for each in waiting:
            self.wait(each.agent, each.destination, each.identity)

    def of(self, agent: str, destination: str) -> str | None:
        """Return what the agent goes by there in this shift, `None`: that is still open."""
        worn = self._worn.get(agent)
        if worn is None and not agent.isascii():
            worn = self._worn.get(printable(agent))
        return worn.get(destination) if worn else None

    def wearer(self, destination: str, identity: str) -> str | None:
        """Return the key of the agent who goes by *identity* there."""
        return self._wearers.get((destination, printable(identity)))

    def is_free(self, agent: str, destination: str, identity: str) -> bool:
        """Whether nobody but the agent goes by *identity* there."""
        return self.wearer(destination, identity) in (None, printable(agent))

    def put_on(self, agent: str, destination: str, identity: str) -> None:
        """Have the agent go by *identity* there until they take it off."""
        agent, identity = printable(agent), printable(identity)
        if self.of(agent, destination) != identity:
            self._wear(agent, destination, identity)
            self._changes.append(BadgeChange(destination, agent, identity))

    def take_off(self, agent: str, *destinations: str) -> None:
        """Have the agent go by nothing (at these *destinations*; unless named, anywhere)."""
        agent = printable(agent)
        for name in destinations or tuple(self._worn.get(agent, ())):
            if self._drop(agent, name):
                self._changes.append(BadgeChange(name, agent, None))

    @property
    def has_strangers(self) -> bool:
        """Whether a vendor does not know somebody, as far as it has said so."""
        return bool(self._strangers)

    def is_stranger(self, agent: str, destination: str, identity: str) -> bool:
        """Whether the vendor has said that it does not know the agent's *identity*."""
        return self._strangers.get((destination, printable(agent))) == printable(identity)

    def estrange(self, agent: str, destination: str, identity: str) -> None:
        """Note that the vendor does not know the agent by *identity*: they go by nothing there."""
        self.take_off(agent, destination)
        self._strangers[destination, printable(agent)] = printable(identity)

    def introduce(self, agent: str, destination: str) -> None:
        """Forget that the vendor did not know the agent: it is asked again."""
        self._strangers.pop((destination, printable(agent)), None)

    def wait(self, agent: str, destination: str, identity: str) -> None:
        """Note that the agent waits for somebody else's badge."""
        self._waiting[destination, printable(identity)][printable(agent)] = None

    def wait_no_more(self, agent: str, destination: str) -> None:
        """Forget that the agent waits there."""
        agent = printable(agent)
        for place in [each for each in self._waiting if each[0] == destination]:
            self._waiting[place].pop(agent, None)
            if not self._waiting[place]:
                del self._waiting[place]

    def forget(self, agent: str) -> None:
        """Have the agent go by nothing and wait for nothing; the store knows it already."""
        self.take_off(agent)
        self._changes = [each for each in self._changes if each.agent != printable(agent)]
        for destination in {place[0] for place in self._waiting}:
            self.wait_no_more(agent, destination)
        for destination, stranger in tuple(self._strangers):
            if stranger == printable(agent):
                self.introduce(agent, destination)

    def conflicts(self) -> Mapping[Place, tuple[str, ...]]:
        """Return for each contested place its wearer, then those who wait."""
        return {
            place: (self._wearers[place], *waiting)
            for place, waiting in self._waiting.items()
            if place in self._wearers
        }

    def changes(self) -> tuple[BadgeChange, ...]:
        """Return what has changed since it was last asked."""
        if not self._changes:
            return ()
        changes, self._changes = tuple(self._changes), []
        return changes

    def freed(self) -> tuple[str, ...]:
        """Return, once, the agents whose awaited badge nobody wears any more."""
        freed, self._freed = tuple(self._freed), {}
        return freed

    def _wear(self, agent: str, destination: str, identity: str) -> None:
        self._drop(agent, destination)
        if self._waiting:
            self.wait_no_more(agent, destination)
        self._worn.setdefault(agent, {})[destination] = identity
        if destination != EVERYWHERE:
            self._wearers[destination, identity] = agent

    def _drop(self, agent: str, destination: str) -> bool:
        worn = self._worn.get(agent, {})
        identity = worn.pop(destination, None)
        if identity is None:
            return False
        if not worn:
            del self._worn[agent]
        if self._wearers.get((destination, identity)) == agent:
            del self._wearers[destination, identity]
            if (destination, identity) in self._waiting:
                self._freed |= self._waiting[destination, identity]
        return True
