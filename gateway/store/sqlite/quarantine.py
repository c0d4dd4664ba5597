"""What is set aside of receipts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gateway.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.ports import Quarantined
    from gateway.store.sqlite.tally import Transaction

INSERT = """
    INSERT INTO quarantine (receipt, source, quarantined_at, reason, detail, place, excerpt)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""


def set_aside(
    transaction: Transaction, receipt: int, source: str, now: int, entries: Sequence[Quarantined]
) -> None:
    """Store what of the receipt with that sequence number cannot be read."""
    for each in entries:
        transaction.run(
            INSERT,
            (receipt, source, now, each.reason, printable(each.detail), each.index, each.excerpt),
        )
    count(transaction, [source] * len(entries), 1)


def count(transaction: Transaction, sources: Iterable[str], change: int) -> None:
    """Count entries that came or went, as a whole and by source."""
    for source, n in Counter(sources).items():
        transaction.count("quarantine", n * change)
        transaction.count(f"quarantine:{source}", n * change)
