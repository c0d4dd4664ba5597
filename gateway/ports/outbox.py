"""Durable outbound: lanes, what they owe, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gateway.model.delivery import Delivery, Outcome


@quick
@dataclass(frozen=True, slots=True)
class Lane:
    """What a lane remembers: the mapping's small *memory*, and what was last delivered.

    *delivered* is the digest of the last delivered part, `None` where the vendor's state is not
    known for certain (an attempt of unknown outcome, a restart with something owed).
    """

    memory: Mapping[str, Any] = field(default_factory=dict)
    delivered: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClaimedLane:
    """A lane with what it owes, oldest first. *more*: the store has further ones behind."""

    lane: str
    state: Lane
    deliveries: tuple[Delivery, ...]
    more: bool


@quick
@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of one delivery at *at*. *lane_state*: the lane's new memory, or `None` to
    leave it. *mapping* is the destination mapping's name and version (kept with dead letters).
    """

    delivery: Delivery
    outcome: Outcome
    at: datetime
    mapping: str
    lane_state: Lane | None = None


@quick
@dataclass(frozen=True, slots=True)
class DestinationMark:
    """What must survive a restart of a destination's health."""

    paused: bool = False
    parked_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a destination is owed: *pending* deliveries to send, *held* ones that wait for a
    roster change; *oldest* is the receipt time of the oldest pending.
    """

    pending: int
    held: int
    oldest: datetime | None


class Outbox(Protocol):
    """Durable outbound."""

    async def claim(
        self, destination: str, *, lanes: int, depth: int, busy: frozenset[str]
    ) -> Sequence[ClaimedLane]:
        """Claim up to *lanes* lanes not in *busy*, each with its *depth* oldest deliveries.

        Lanes take turns; those whose first delivery is due come before those whose is not. What
        `finish` has just returned may be told again (the same *seq*).
        """
        ...

    async def refill(self, destination: str, lane: str, *, after: int, depth: int) -> ClaimedLane:
        """Return the lane's next deliveries behind sequence number *after* (0: all it owes)."""
        ...

    async def lane_states(self, destination: str, lanes: Sequence[str]) -> Mapping[str, Lane]:
        """Return what these lanes remember (absent where nothing is); one read for all."""
        ...

    async def forget_uncertain(self, destination: str) -> None:
        """Forget what was last delivered in the lanes that owe something: an attempt may have
        been under way when their worker ended.
        """
        ...

    async def remember(self, destination: str, lane: str, state: Lane) -> None:
        """Keep what a lane remembers, in the middle of an attempt."""
        ...

    async def record(self, recorded: Sequence[Recorded]) -> None:
        """Make outcomes durable, all or none."""
        ...

    async def backlog(self, destination: str) -> Backlog:
        """Count what a destination is owed."""
        ...

    async def marks(self) -> Mapping[str, DestinationMark]:
        """Return each destination's mark."""
        ...

    async def mark(self, destination: str, mark: DestinationMark) -> None:
        """Keep whether a destination is paused or parked. Un-parking moves the start of
        `give_up_after` of what waited by as long as it was parked.
        """
        ...
