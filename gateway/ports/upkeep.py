"""The store's own health, and copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Upkeep(Protocol):
    """What an operator does with the store itself, while it works."""

    async def check(self) -> Sequence[str]:
        """Look through all of it; return what is wrong, in words."""
        ...

    async def backup(self, target: Path) -> int:
        """Copy it as it is now to a new file that only we may read; return its size in bytes.

        Raises:
            StoreError: there is something at *target*, or it cannot be written there.
        """
        ...

    def set_aside_before(self) -> Sequence[str]:
        """Return the names of damaged stores that were set aside and are still there."""
        ...
