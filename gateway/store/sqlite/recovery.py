"""What an end that was not clean leaves, and how the next start goes on.

A mark tells which receipt a mapping was at work on when the process ended (`files.Mark`). One
that was under way at two unclean ends is set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.ports import Quarantined
from gateway.store.sqlite.quarantine import set_aside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.store.sqlite.tally import Transaction

MAX_CLAIM = 256
CRASHES_ALLOWED = 1

CRASHED = Quarantined("crashed", "the process ended twice while this was being translated")

MARK_ONE = "UPDATE untranslated SET crashes = crashes + 1 WHERE seq = ?"
CRASHED_TOO_OFTEN = """
    SELECT u.seq, r.source FROM untranslated u JOIN receipts r ON r.seq = u.seq WHERE u.crashes > ?
"""
FINISH = "DELETE FROM untranslated WHERE seq IN (SELECT value FROM json_each(?))"
FORGET_DELIVERED = """
    UPDATE lanes SET delivered = NULL WHERE delivered IS NOT NULL AND EXISTS (
        SELECT 1 FROM outbox o WHERE o.destination = lanes.destination AND o.lane = lanes.lane
            AND o.held IS NULL
    )
"""


def recover(transaction: Transaction, now: int, under_way: int) -> int:
    """Set right what the last end left; mark this one as unclean until it is clean.

    *under_way* is the receipt that was being translated at the end, 0 for none. Returns how many
    receipts were set aside.
    """
    (clean,) = transaction.first("SELECT value FROM meta WHERE key = 'clean'") or (1,)
    if not clean and under_way:
        transaction.run(MARK_ONE, (under_way,))
    crashed = transaction.all(CRASHED_TOO_OFTEN, (CRASHES_ALLOWED,))
    for seq, source in crashed:
        set_aside(transaction, seq, source, now, (CRASHED,))
    finish_receipts(transaction, [seq for seq, _ in crashed])
    transaction.run(FORGET_DELIVERED)
    transaction.run("UPDATE meta SET value = 0 WHERE key = 'clean'")
    return len(crashed)


def finish_receipts(transaction: Transaction, several: Sequence[int]) -> None:
    """Note that receipts are translated; those that were already change nothing."""
    transaction.run(FINISH, (orjson.dumps(several).decode(),))
    transaction.count("untranslated", -transaction.changed())


def mark_clean(transaction: Transaction) -> None:
    """Say that this end is a clean one."""
    transaction.run("UPDATE meta SET value = 1 WHERE key = 'clean'")
