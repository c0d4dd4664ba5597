"""Deliveries held until it is known who the agent is, and how they are let go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.store.sqlite.newer import has_newer
from gateway.store.sqlite.outcome import remember, settle
from gateway.store.sqlite.rows import DELIVERY, delivery_from_row

if TYPE_CHECKING:
    from gateway.model.delivery import Delivery
    from gateway.store.sqlite.tally import Transaction

HELD_OF_AGENT = f"""
    SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_held JOIN events e ON e.seq = o.event
    WHERE o.destination = ? AND o.subject = ? AND o.held IS NOT NULL ORDER BY o.seq
"""  # noqa: S608 - a constant of ours
RELEASE = """
    UPDATE outbox INDEXED BY outbox_held SET held = NULL, due_at = NULL, lane = ?, identity = ?
    WHERE destination = ? AND subject = ? AND held IS NOT NULL
"""
NEWEST_HELD = """
    SELECT held FROM outbox INDEXED BY outbox_held
    WHERE destination = ? AND subject = ? AND held IS NOT NULL ORDER BY seq DESC LIMIT 1
"""
BY_ROUTING = frozenset({"unmapped", "unidentified"})
"""Held because the roster did not name the agent, not because the vendor does not know them."""


def let_go(
    transaction: Transaction,
    destination: str,
    subject: str,
    *,
    lane: str,
    identity: str | None,
    now: int | None = None,
) -> list[Delivery]:
    """Release an agent's held deliveries into *lane*; return them, in their old order.

    With *now*, states that a newer one of the lane has replaced since are recorded as superseded
    at that time instead.
    """
    rows = transaction.all(HELD_OF_AGENT, (destination, subject))
    released = [
        replace(delivery_from_row(row), lane=lane, identity=identity, due_at=None) for row in rows
    ]
    over = [] if now is None else [each for each in released if _is_over(transaction, each)]
    for each in over:
        settle(transaction, each)
        remember(transaction, each, "superseded", attempts=each.attempts, status=None, at=now or 0)
    transaction.run(RELEASE, (lane, identity, destination, subject))
    kept = [each for each in released if each not in over]
    transaction.count(f"held:{destination}", -len(kept))
    transaction.count(f"pending:{destination}", len(kept))
    return kept


def _is_over(transaction: Transaction, delivery: Delivery) -> bool:
    return delivery.collapses and has_newer(transaction, delivery)


def catch_up(transaction: Transaction, delivery: Delivery) -> list[Delivery]:
    """Return what was held back of the agent of a new delivery because the roster did not name
    them: it does now, so that goes first.
    """
    where = delivery.destination, delivery.subject
    if not transaction.total(f"held:{delivery.destination}"):
        return []
    newest = transaction.first(NEWEST_HELD, where)
    if newest is None or newest[0] not in BY_ROUTING:
        return []
    return let_go(transaction, *where, lane=delivery.lane, identity=delivery.identity)
