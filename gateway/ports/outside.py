"""What stands around the store: the wire, the intake, the roster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.agent import RosterEntry
    from gateway.model.delivery import Answer
    from gateway.model.outgoing import OutgoingRequest
    from gateway.model.receipt import VerifiedReceipt


class Transport(Protocol):
    """The wire to one destination."""

    async def send(self, request: OutgoingRequest) -> Answer:
        """Make one attempt. Whatever goes wrong on the wire is an answer with status 0."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@quick
@dataclass(frozen=True, slots=True)
class Accepted:
    """What a sender is answered: the records that can be translated, those seen before, those
    that cannot be read, those of kinds that the source does not use.
    """

    receipt: str
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    ignored: int = 0


class Intake(Protocol):
    """The way in for a request whose sender is believed."""

    async def accept(self, verified: VerifiedReceipt) -> Accepted:
        """Make it durable and say what it holds.

        Raises:
            ContentError: 400 or 422; the bytes are in quarantine.
            StoreUnavailableError: nothing is kept; the sender must send again.
        """
        ...


class Roster(Protocol):
    """Who the agents are to the vendors."""

    def entry(self, source: str, agent_id: str) -> RosterEntry | None:
        """Return what the roster says of the agent with the platform's id."""
        ...

    def agents_of(self, source: str) -> Sequence[RosterEntry]:
        """Return everybody whom the roster names of a source."""
        ...
