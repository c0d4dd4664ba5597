"""Everybody at once: what a snapshot is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Newest:
    """The last sequence numbers that are durable: a receipt's, and a delivery's."""

    receipt: int
    delivery: int


class Everybody(Protocol):
    """Everybody at once, for snapshots: read in slices, so that nothing waits for the whole."""

    def newest(self) -> Newest:
        """Return the last sequence numbers that are durable."""
        ...

    async def waiting_sources(self, upto: int) -> frozenset[str]:
        """Return the sources that have receipts up to that number not yet translated."""
        ...

    async def agents_after(self, key: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Return what is known of the next agents behind *key*, by key."""
        ...

    async def lanes_after(
        self, destination: str, lane: str, limit: int
    ) -> Sequence[tuple[str, bytes | None]]:
        """Return what was last delivered in the next lanes behind *lane*, by name."""
        ...

    async def told(
        self, destination: str, lanes: Mapping[str, bytes | None], *, newest: int = 0
    ) -> None:
        """Keep what the vendor was told in *lanes* besides deliveries (`None`: not certain).
        Dead letters of them up to *newest* are overtaken. Not all of it becomes durable at once.
        """
        ...
