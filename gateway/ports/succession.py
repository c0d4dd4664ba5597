"""What a destination that is configured no longer leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many deliveries are owed under the new name, how many were superseded instead, and how
    many dead letters came along.
    """

    deliveries: int = 0
    superseded: int = 0
    dead_letters: int = 0


class Succession(Protocol):
    """Moves in bounded steps: what an unclean end cuts short is gone on with when asked again."""

    async def left_behind(self) -> Mapping[str, int]:
        """Return how many deliveries and dead letters each destination has, and lanes in which its
        mapping remembers something, by name.
        """
        ...

    async def adopt(self, old: str, new: str, *, skip_superseded: bool) -> Adopted:
        """Make all that *old* has *new*'s, in the order that it has, what its mapping remembers
        first. With *skip_superseded* a
        collapsing delivery with a newer one settled in *new*'s lane is recorded as superseded.
        Nobody may tell *new* meanwhile.
        """
        ...

    async def disown(self, destination: str) -> int:
        """Drop what a destination is owed, each with its outcome; return how many."""
        ...
