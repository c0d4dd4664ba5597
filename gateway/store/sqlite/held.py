"""Deliveries held until it is known who the agent is, and how they are let go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.model.badge import CONFLICT
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
REASONS = """
    SELECT DISTINCT held FROM outbox INDEXED BY outbox_held
    WHERE destination = ? AND subject = ? AND held IS NOT NULL
"""
MOVE = "UPDATE outbox SET seq = ? WHERE seq = ?"
BY_ROUTING = frozenset({"unmapped", "unidentified", CONFLICT})
"""Held by us, not because the vendor does not know the agent."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent's held deliveries go: a lane of a destination, under an identity."""

    destination: str
    subject: str
    lane: str
    identity: str | None


def let_go(
    transaction: Transaction, place: Place, now: int, *, skip_superseded: bool = False
) -> list[Delivery]:
    """Release an agent's held deliveries; return them, in their old order.

    What we held goes behind all that the lane was owed: another agent may have gone by the identity
    meanwhile. What a vendor did not know stays where it was. States that count no more are recorded
    as superseded at *now* instead: of those that waited while somebody else went by the identity
    all but the newest; with *skip_superseded* those of a vendor's that a newer one of the lane has
    replaced since.
    """
    agent = place.destination, place.subject
    rows = transaction.all(HELD_OF_AGENT, agent)
    released = [
        replace(delivery_from_row(row), lane=place.lane, identity=place.identity, due_at=None)
        for row in rows
    ]
    reasons = {reason for (reason,) in transaction.all(REASONS, agent)}
    if CONFLICT in reasons:
        newest = max((each.seq for each in released if each.collapses), default=0)
        over = [each for each in released if each.collapses and each.seq != newest]
    elif reasons & BY_ROUTING:
        over = []
    else:
        over = [each for each in released if skip_superseded and _is_over(transaction, each)]
    for each in over:
        settle(transaction, each)
        remember(transaction, each, "superseded", attempts=each.attempts, status=None, at=now)
    transaction.run(RELEASE, (place.lane, place.identity, *agent))
    kept = [each for each in released if each not in over]
    transaction.count(f"held:{place.destination}", -len(kept))
    transaction.count(f"pending:{place.destination}", len(kept))
    return [_at_the_end(transaction, each) for each in kept] if reasons & BY_ROUTING else kept


def _at_the_end(transaction: Transaction, delivery: Delivery) -> Delivery:
    seq = transaction.next("delivery_seq")
    transaction.run(MOVE, (seq, delivery.seq))
    return replace(delivery, seq=seq)


def _is_over(transaction: Transaction, delivery: Delivery) -> bool:
    return delivery.collapses and has_newer(transaction, delivery)


def catch_up(transaction: Transaction, place: Place, now: int) -> list[Delivery]:
    """Return what was held back of an agent of whom something is owed at *place* now: the roster
    did not name them, or somebody else went by their identity. That is over, so it goes first.
    """
    if not transaction.total(f"held:{place.destination}"):
        return []
    newest = transaction.first(NEWEST_HELD, (place.destination, place.subject))
    if newest is None or newest[0] not in BY_ROUTING:
        return []
    return let_go(transaction, place, now)
