"""What is kept of a person, found and taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from gateway.model.receipt import JournaledReceipt

Table = Literal[
    "receipts",
    "events",
    "quarantine",
    "dead_letters",
    "outcomes",
    "lanes",
    "agents",
    "agent_states",
    "badges",
    "went_by",
    "alarms",
    "contacts",
    "conversations",
    "audit",
    "ledger_agents",
    "ledger_glimpses",
    "ledger_contacts",
    "filed",
]
"""A table that may tell of people."""

Key = tuple[str | int, ...]
"""A row's own key, in the order in which a table is read."""

Text = bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, as far as it may tell of people: *subject* is the agent's key (of a
    receipt and a quarantine entry the source, of a lane its identity), *kind* says what it is (an
    event's type), *ref* what it belongs to (an event's id), *texts* is what was told.
    """

    key: Key
    subject: str
    kind: str
    ref: str | int
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one step that are wanted, and where to go on (`None`: that was the end)."""

    rows: Sequence[Row]
    after: Key | None


@dataclass(frozen=True, slots=True)
class ReceiptEdit:
    """What becomes of a receipt: *body* and *query* stand in for its own and *gone* are the
    indices of the records that are not in it any more; without a *body* nothing of it stays.
    """

    seq: int
    body: bytes | None = None
    query: str = ""
    gone: frozenset[int] = frozenset()


class Erasure(Protocol):
    """Reads and writes in bounded steps. What is taken out is overwritten in the file."""

    async def ends(self, *, with_untranslated: bool) -> Mapping[Table, Key]:
        """Return the last key of each table that goes on growing: what is kept later is none of
        this erasure's business. Receipts end before the first that is not translated, unless
        *with_untranslated*.
        """
        ...

    async def rows_after(
        self, table: Table, after: Key | None, upto: Key | None, wanted: Callable[[Row], bool]
    ) -> Page:
        """Look at the next rows of a table behind *after*, up to *upto*."""
        ...

    async def kept_receipts(self, seqs: Sequence[int]) -> Sequence[JournaledReceipt]:
        """Return receipts as they are kept."""
        ...

    async def edit_receipts(
        self, edits: Sequence[ReceiptEdit], *, is_real: bool = True
    ) -> Sequence[Key]:
        """Rewrite or remove receipts, with what is in quarantine of what is gone; return the keys
        of those entries. Unless *is_real* nothing is changed.
        """
        ...

    async def erase(
        self, table: Table, gone: Sequence[Key], changed: Mapping[Key, tuple[Text, ...]]
    ) -> None:
        """Remove rows, and write others anew (only their texts)."""
        ...

    async def owed_of(self, events: Sequence[int]) -> Mapping[str, int]:
        """Return how many deliveries of these events (by `Row.key`) each destination is owed."""
        ...

    async def erase_owed(self, destination: str, events: Sequence[int]) -> int:
        """Take deliveries of these events out of what a destination is owed, each with the outcome
        ``erased``; return how many.
        """
        ...

    def forget_agent(self, key: str) -> None:
        """Forget what memory has of an agent."""
        ...

    async def scrub(self, words: Sequence[bytes]) -> int:
        """Overwrite the room that is free in the file and start the log over; return how often
        *words* still stand in the files.
        """
        ...
