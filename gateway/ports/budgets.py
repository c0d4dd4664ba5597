"""How much the store may keep, and what goes where that is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.delivery import Delivery

Kept = Literal["quarantine", "dead_letters", "held"]
"""What waits for somebody to decide."""


class Budgets(Protocol):
    """Looked at now and then; every method does one bounded step."""

    async def disk_bytes(self) -> int:
        """Return how much the store takes, without the room that it would use again."""
        ...

    def refuse_intake(self, why: str | None) -> None:
        """Take no more requests, because of *why*; `None`: take them again. What they led to is
        still finished and recorded.
        """
        ...

    async def overtaken(
        self, destination: str, *, after: tuple[str, int], most: int
    ) -> tuple[Sequence[Delivery], tuple[str, int] | None]:
        """Look at the *most* owed deliveries behind *after* (lane, sequence number) and no others;
        return the states that a newer one of their lane follows, and where to go on (`None`: that
        was the end).
        """
        ...

    async def oldest_owed(self, destination: str, *, most: int) -> Sequence[Delivery]:
        """Return some of the deliveries that have been owed for longest, states last."""
        ...

    async def forget(self, kept: Kept, name: str, *, most: int) -> int:
        """Remove the oldest of what is kept: quarantine entries, dead letters or held deliveries
        of a destination (*name*; of quarantine it is empty). Return how many went.
        """
        ...
