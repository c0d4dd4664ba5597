"""What an end that was not clean leaves, and how the next start goes on.

Receipts are usually claimed by the batch, which leaves no trace: after an unclean end, any of
the oldest untranslated ones may have brought the process down. They get a mark each, and
while one with a mark is left, receipts are claimed one at a time, each made known durably
before. One that was under way at two unclean ends is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.ports import Quarantined
from gateway.store.sqlite.quarantine import set_aside

if TYPE_CHECKING:
    from gateway.store.sqlite.tally import Transaction

MAX_CLAIM = 256
NOBODY = -1
CRASHES_ALLOWED = 1

CRASHED = Quarantined("crashed", "the process ended twice while this was being translated")

MARK_OLDEST = """
    UPDATE receipts SET crashes = crashes + 1 WHERE seq IN (
        SELECT seq FROM receipts INDEXED BY receipts_untranslated
        WHERE finished_at IS NULL ORDER BY seq LIMIT ?
    )
"""
MARK_ONE = "UPDATE receipts SET crashes = crashes + 1 WHERE seq = ? AND finished_at IS NULL"
CRASHED_TOO_OFTEN = """
    SELECT seq, source FROM receipts INDEXED BY receipts_crashed
    WHERE finished_at IS NULL AND crashes > 0 AND crashes > ?
"""
FORGET_DELIVERED = """
    UPDATE lanes SET delivered = NULL WHERE delivered IS NOT NULL AND EXISTS (
        SELECT 1 FROM outbox o WHERE o.destination = lanes.destination AND o.lane = lanes.lane
            AND o.held IS NULL
    )
"""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How to go on. *cautious*: receipts are claimed one at a time. *crashed*: set aside now."""

    cautious: bool
    crashed: int


def recover(transaction: Transaction, now: int) -> Recovered:
    """Set right what the last end left; mark this one as unclean until it is clean."""
    meta: dict[str, int | None] = dict(transaction.all("SELECT key, value FROM meta"))
    if not meta["clean"]:
        _mark(transaction, meta["under_way"])
    crashed = transaction.all(CRASHED_TOO_OFTEN, (CRASHES_ALLOWED,))
    for seq, source in crashed:
        set_aside(transaction, seq, source, now, (CRASHED,))
        finish_receipt(transaction, seq, now)
    transaction.run(FORGET_DELIVERED)
    transaction.run("UPDATE meta SET value = 0 WHERE key = 'clean'")
    return Recovered(cautious=stay_cautious(transaction), crashed=len(crashed))


def _mark(transaction: Transaction, under_way: int | None) -> None:
    if under_way is None:
        transaction.run(MARK_OLDEST, (MAX_CLAIM,))
    elif under_way != NOBODY:
        transaction.run(MARK_ONE, (under_way,))


def stay_cautious(transaction: Transaction) -> bool:
    """Note that nothing is under way; return whether receipts are still claimed singly."""
    marked = transaction.first(
        "SELECT 1 FROM receipts INDEXED BY receipts_crashed"
        " WHERE finished_at IS NULL AND crashes > 0 LIMIT 1"
    )
    note_under_way(transaction, NOBODY if marked else None)
    return marked is not None


def note_under_way(transaction: Transaction, seq: int | None) -> None:
    """Make it known which receipt is under way (`NOBODY`, or `None`: by the batch)."""
    transaction.run("UPDATE meta SET value = ? WHERE key = 'under_way'", (seq,))


def finish_receipt(transaction: Transaction, seq: int, now: int) -> bool:
    """Note that a receipt is translated; return false where it already was."""
    transaction.run(
        "UPDATE receipts SET finished_at = ? WHERE seq = ? AND finished_at IS NULL", (now, seq)
    )
    if not transaction.changed():
        return False
    transaction.count("untranslated", -1)
    return True


def mark_clean(transaction: Transaction) -> None:
    """Say that this end is a clean one."""
    transaction.run("UPDATE meta SET value = 1 WHERE key = 'clean'")
