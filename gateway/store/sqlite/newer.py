"""Whether a lane has had a newer state since."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.model.delivery import Delivery
    from gateway.store.sqlite.tally import Transaction

HAS_NEWER = """
    SELECT EXISTS (SELECT 1 FROM outbox INDEXED BY outbox_lanes
            WHERE destination = ?1 AND lane = ?2 AND held IS NULL AND seq > ?3 AND collapses)
        OR EXISTS (SELECT 1 FROM dead_letters
            WHERE destination = ?1 AND lane = ?2 AND seq > ?3 AND collapses)
        OR EXISTS (SELECT 1 FROM lanes WHERE destination = ?1 AND lane = ?2 AND newest > ?3)
"""


def has_newer(transaction: Transaction, delivery: Delivery) -> bool:
    """Whether a newer delivery that collapses is owed, set aside or settled in the lane."""
    row = transaction.first(HAS_NEWER, (delivery.destination, delivery.lane, delivery.seq))
    return row is not None and bool(row[0])
