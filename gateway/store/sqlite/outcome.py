"""What became of deliveries, written down."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import to_millis
from gateway.model.delivery import (
    Dead,
    Delivered,
    Dropped,
    Held,
    Parked,
    RetryAt,
    Stale,
    Superseded,
    Unsupported,
    outcome_name,
)
from gateway.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.delivery import Delivery, Outcome
    from gateway.ports import Lane, Recorded
    from gateway.store.sqlite.tally import Transaction

MAX_ANSWER_BYTES = 2048
"""Of a vendor's answer kept with a dead letter (contract section 5)."""

LONGEST_DETAIL = 500

NOT_ENDED = (Parked, RetryAt, Held)
LEAVES_LANE = (Dead, Superseded)
"""What is no news of the lane's newest state."""

SETTLE = "DELETE FROM outbox WHERE seq = ? RETURNING held"
SETTLE_ALL = """
    DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?)) RETURNING seq, held
"""
REMEMBER_OUTCOME = """
    INSERT INTO outcomes (event_id, destination, outcome, attempts, status, at, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
POSTPONE = """
    UPDATE outbox SET attempts = attempts + 1, due_at = ?2,
        first_failed_at = coalesce(first_failed_at, ?3),
        failures_amid_success = failures_amid_success + ?4
    WHERE seq = ?1
"""
HOLD = "UPDATE outbox SET held = ? WHERE seq = ? AND held IS NULL"
NOBODY_THERE = "DELETE FROM badges WHERE agent = ? AND destination = ?"
"""The vendor does not know the identity: the agent may be given another one at any time."""
BURY = """
    INSERT INTO dead_letters (seq, destination, lane, identity, collapses, subject, event_id,
        event_type, recorded_at, reason, detail, mapping, status, attempts, dead_at, answer, event)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
REMEMBER_LANE = """
    INSERT INTO lanes (destination, lane, memory, delivered, newest, settled_at)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (destination, lane) DO UPDATE SET memory = excluded.memory,
        delivered = excluded.delivered, newest = max(newest, excluded.newest),
        settled_at = excluded.settled_at
"""
REMEMBER_NEWEST = """
    INSERT INTO lanes (destination, lane, newest, settled_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (destination, lane) DO UPDATE SET newest = max(newest, excluded.newest),
        settled_at = excluded.settled_at
"""


Key = tuple[str, str]
"""Of a lane: its destination and its name."""


def record(transaction: Transaction, recorded: Sequence[Recorded]) -> None:
    """Write outcomes down; one whose delivery is settled already changes nothing."""
    lanes: dict[Key, Lane] = {}
    newest: dict[Key, int] = {}
    ended: list[Recorded] = []
    for each in recorded:
        if isinstance(each.outcome, NOT_ENDED):
            _put_off(transaction, each)
        else:
            ended.append(each)
        if each.lane_state is not None:
            lanes[each.delivery.destination, each.delivery.lane] = each.lane_state
    for each in _settled(transaction, ended):
        delivery = each.delivery
        if delivery.collapses and not isinstance(each.outcome, LEAVES_LANE):
            key = delivery.destination, delivery.lane
            newest[key] = max(delivery.seq, newest.get(key, 0))
    at = to_millis(recorded[-1].at) if recorded else 0
    for key, state in lanes.items():
        remember_lane(transaction, key, state, newest.pop(key, 0), at)
    if newest:
        transaction.many(REMEMBER_NEWEST, [(*key, seq, at) for key, seq in newest.items()])


def remember_lane(transaction: Transaction, key: Key, state: Lane, newest: int, at: int) -> None:
    """Keep what a lane remembers: *key* is its destination and name."""
    memory = orjson.dumps(state.memory) if state.memory else None
    transaction.run(REMEMBER_LANE, (*key, memory, state.delivered, newest, at))


def _put_off(transaction: Transaction, each: Recorded) -> None:
    """Write an outcome that does not end the delivery."""
    seq = each.delivery.seq
    match each.outcome:
        case RetryAt(due_at=due_at, amid_success=amid_success):
            values = seq, to_millis(due_at), to_millis(each.at), amid_success
            transaction.run(POSTPONE, values)
        case Held(reason=reason):
            transaction.run(HOLD, (reason, seq))
            _count_held(transaction, each.delivery.destination, transaction.changed())
            where = each.delivery.subject, each.delivery.destination
            transaction.run(NOBODY_THERE, where)


def _settled(transaction: Transaction, ended: Sequence[Recorded]) -> list[Recorded]:
    """Write outcomes that end their deliveries, together; return those of what was owed still."""
    if not ended:
        return []
    wanted = orjson.dumps([each.delivery.seq for each in ended]).decode()
    held: dict[int, str | None] = dict(transaction.all(SETTLE_ALL, (wanted,)))
    settled: list[Recorded] = []
    rows: list[tuple[str | int | None, ...]] = []
    counts: Counter[str] = Counter()
    for each in ended:
        delivery, outcome = each.delivery, each.outcome
        if delivery.seq not in held:
            continue
        kind = "pending" if held.pop(delivery.seq) is None else "held"
        counts[f"{kind}:{delivery.destination}"] -= 1
        tried, status = _tried(each)
        attempts, at, name = delivery.attempts + tried, to_millis(each.at), outcome_name(outcome)
        if isinstance(outcome, Dead):
            _bury(transaction, each, outcome, attempts, at)
        detail = _detail(outcome)
        told = None if detail is None else printable(detail)
        rows.append((delivery.event_id, delivery.destination, name, attempts, status, at, told))
        counts[f"outcome:{delivery.destination}:{name}"] += 1
        settled.append(each)
    transaction.many(REMEMBER_OUTCOME, rows)
    for name, change in counts.items():
        transaction.count(name, change)
    return settled


def _count_held(transaction: Transaction, destination: str, change: int) -> None:
    if change:
        transaction.count(f"pending:{destination}", -change)
        transaction.count(f"held:{destination}", change)


def _tried(each: Recorded) -> tuple[int, int | None]:
    """Return how many attempts the outcome itself stands for, and the vendor's status."""
    outcome = each.outcome
    if isinstance(outcome, Dead):
        return int(outcome.status is not None), outcome.status
    return int(isinstance(outcome, Delivered)), getattr(outcome, "status", None)


def _detail(outcome: Outcome) -> str | None:
    """Return what the vendor said, or why nothing was sent, in a few words."""
    match outcome:
        case Dead(reason=reason, detail=detail):
            return f"{reason}: {detail}"[:LONGEST_DETAIL]
        case Delivered(warning=warning) if warning:
            return warning[:LONGEST_DETAIL]
        case Superseded(by=by) | Stale(by=by) if by:
            return f"by {by}"
        case Unsupported(detail=detail) | Dropped(detail=detail):
            return detail[:LONGEST_DETAIL] or None
    return None


def settle(transaction: Transaction, delivery: Delivery) -> bool:
    """Take a delivery out of what is owed; return false where it was not owed any more."""
    row = transaction.first(SETTLE, (delivery.seq,))
    if row is None:
        return False
    kind = "pending" if row[0] is None else "held"
    transaction.count(f"{kind}:{delivery.destination}", -1)
    return True


def remember(
    transaction: Transaction,
    delivery: Delivery,
    name: str,
    *,
    attempts: int,
    status: int | None,
    at: int,
    detail: str | None = None,
) -> None:
    """Keep an outcome as history."""
    told = None if detail is None else printable(detail)
    transaction.run(
        REMEMBER_OUTCOME,
        (delivery.event_id, delivery.destination, name, attempts, status, at, told),
    )
    transaction.count(f"outcome:{delivery.destination}:{name}")


def _bury(transaction: Transaction, each: Recorded, dead: Dead, attempts: int, at: int) -> None:
    delivery = each.delivery
    transaction.run(
        BURY,
        (
            delivery.seq,
            delivery.destination,
            delivery.lane,
            delivery.identity,
            delivery.collapses,
            delivery.subject,
            delivery.event_id,
            delivery.event_type,
            to_millis(delivery.recorded_at),
            dead.reason.value,
            printable(dead.detail),
            each.mapping,
            dead.status,
            attempts,
            at,
            dead.answer[:MAX_ANSWER_BYTES],
            delivery.event,
        ),
    )
    count_dead(transaction, delivery.destination, 1)


def count_dead(transaction: Transaction, destination: str, change: int) -> None:
    """Count dead letters that came or went, as a whole and by destination."""
    transaction.count("dead_letters", change)
    transaction.count(f"dead_letters:{destination}", change)
