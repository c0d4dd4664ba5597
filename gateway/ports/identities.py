"""Who goes by which identity, and who did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.model.badge import Badges
    from gateway.ports.records import HeldAgent


class Identities(Protocol):
    """What the store keeps of identities; they are written by `finish` and `release`."""

    async def badges(self) -> Badges:
        """Return who wears which badge, and who waits for one."""
        ...

    async def who_went_by(self, wfm_id: str, at: datetime) -> str | None:
        """Return the key of the agent who went by a WFM id at that time, or last before it."""
        ...

    async def who_were_told(self) -> frozenset[str]:
        """Return the keys of the agents who went by a WFM id once."""
        ...

    async def held_of(self, agents: Sequence[str]) -> Sequence[HeldAgent]:
        """Return what is held of these agents, as `held` does of all."""
        ...
