"""Which lanes go next: a loose scan over an index, a step for each lane and none for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.rows import DELIVERY, delivery_from_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

    from gateway.model.delivery import Delivery
    from gateway.store.sqlite.connection import Row

MIN_LOOKED_AT = 64
LOOKED_AT_FOR_EACH = 4

FIRST_LANE = """
    SELECT lane, due_at FROM outbox INDEXED BY outbox_lanes
    WHERE destination = ? AND held IS NULL ORDER BY lane, seq LIMIT 1
"""
NEXT_LANE = """
    SELECT lane, due_at FROM outbox INDEXED BY outbox_lanes
    WHERE destination = ? AND lane > ? AND held IS NULL ORDER BY lane, seq LIMIT 1
"""
OLDEST_OF_LANE = f"""
    SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_lanes JOIN events e ON e.seq = o.event
    WHERE o.destination = ? AND o.lane = ? AND o.held IS NULL AND o.seq > ?
    ORDER BY o.seq LIMIT ?
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class Heads:
    """Where a scan over a destination's lanes starts: behind *turn*, round to it again."""

    destination: str
    turn: str | None
    now: int


def pick_lanes(
    connection: apsw.Connection, heads: Heads, wanted: int, busy: frozenset[str]
) -> tuple[list[str], str | None]:
    """Return the lanes to claim and the one behind which the next scan starts.

    No more than a few times *wanted* free lanes are looked at, so that a backlog of lanes that
    all wait for their time costs no more than one of lanes that are due.
    """
    due: list[str] = []
    later: list[tuple[int, str]] = []
    turn = heads.turn
    window = max(MIN_LOOKED_AT, LOOKED_AT_FOR_EACH * wanted)
    for lane, due_at in _round(connection, heads):
        if lane in busy:
            continue
        turn = lane
        if due_at is None or due_at <= heads.now:
            due.append(lane)
        else:
            later.append((due_at, lane))
        if len(due) >= wanted or len(due) + len(later) >= window:
            break
    soonest = [lane for _, lane in sorted(later)]
    return (due + soonest)[:wanted], turn


def _round(connection: apsw.Connection, heads: Heads) -> Iterator[Row]:
    """Walk over the first delivery of each lane, from the turn on and then from the start."""
    row = _next(connection, heads, heads.turn)
    while row is not None:
        yield row
        row = _next(connection, heads, row[0])
    if heads.turn is None:
        return
    row = _next(connection, heads, None)
    while row is not None and row[0] <= heads.turn:
        yield row
        row = _next(connection, heads, row[0])


def _next(connection: apsw.Connection, heads: Heads, behind: str | None) -> Row | None:
    if behind is None:
        rows = rows_of(connection, FIRST_LANE, (heads.destination,))
    else:
        rows = rows_of(connection, NEXT_LANE, (heads.destination, behind))
    return rows[0] if rows else None


def oldest_of(
    connection: apsw.Connection, destination: str, lane: str, after: int, depth: int
) -> list[Delivery]:
    """Return the oldest deliveries of a lane behind a sequence number."""
    rows = connection.execute(OLDEST_OF_LANE, (destination, lane, after, depth))
    return [delivery_from_row(row) for row in rows]
