"""What was written for whom: the spans of the file destinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping.files import File
    from gateway.model.ledger import Millis


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of the span from *start* until *until* at a destination.

    *revision* is that of the files written last, 0 where none were. *figures* and *content* are
    digests: of the figures that it was made of, and of what the files hold; without them it is
    owed once more. *problem*: why what is known now is withheld, `None` where it is written.
    """

    start: Millis
    until: Millis
    revision: int
    names: tuple[str, ...]
    coverage: float
    at: datetime
    figures: bytes | None = None
    content: bytes | None = None
    problem: str | None = None


class Filing(Protocol):
    """The books of what was written; kept as long as it may have to be corrected."""

    async def filing_since(self, destination: str, shape: str, now: datetime) -> datetime:
        """Return when the destination was first asked for in this *shape* (its intervals, in
        words): *now*, and kept, where it is the first time.
        """
        ...

    async def filed(self, destination: str, since: Millis, until: Millis) -> Sequence[Filed]:
        """Return what became of the spans that begin in ``since <= start < until``, in order."""
        ...

    async def keep_filed(self, destination: str, filed: Filed) -> None:
        """Keep what became of a span, in place of what was kept of it."""
        ...

    async def prune_filed(self, before: datetime) -> int:
        """Forget one small step of the spans that began before; return how many."""
        ...


class Folder(Protocol):
    """Where files go."""

    async def put(self, files: Sequence[File]) -> None:
        """Write all of them, each whole or not at all, over what has its name.

        Raises:
            FolderError: they are not all there; the same may be put again.
        """
        ...

    async def probe(self) -> str:
        """Say in a few words what is there, by writing and removing a file.

        Raises:
            FolderError: nothing can be written there now.
        """
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...
