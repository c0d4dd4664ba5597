"""What a destination that is configured no longer leaves behind: moved, or dropped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.ports import Adopted
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.outcome import remember, settle
from gateway.store.sqlite.rows import DELIVERY, delivery_from_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.store.sqlite.connection import Row
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

STEP = 2000
PENDING, HELD = "pending", "held"
KINDS = (PENDING, HELD, "dead_letters")

# The first rows of each index: no step has to look at what others have moved.
OF_KIND = {
    PENDING: f"""
        SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_lanes JOIN events e ON e.seq = o.event
        WHERE o.destination = ? AND o.held IS NULL ORDER BY o.lane, o.seq LIMIT {STEP}
    """,  # noqa: S608 - constants of ours
    HELD: f"""
        SELECT {DELIVERY} FROM outbox o INDEXED BY outbox_held JOIN events e ON e.seq = o.event
        WHERE o.destination = ? AND o.held IS NOT NULL ORDER BY o.subject, o.seq LIMIT {STEP}
    """,  # noqa: S608 - constants of ours
}
MOVE = "UPDATE outbox SET destination = ? WHERE seq = ?"
SETTLED_NEWER = """
    SELECT 1 FROM lanes WHERE destination = ? AND lane = ? AND newest > ?
"""
LAST_LANE = f"""
    SELECT max(lane) FROM (
        SELECT lane FROM lanes WHERE destination = ? ORDER BY lane LIMIT {STEP})
"""  # noqa: S608 - constants of ours
MOVE_LANES = """
    INSERT INTO lanes (destination, lane, memory, delivered, newest, settled_at)
    SELECT ?2, lane, memory, NULL, newest, settled_at FROM lanes
    WHERE destination = ?1 AND lane <= ?3
    ON CONFLICT (destination, lane) DO UPDATE SET memory = coalesce(memory, excluded.memory),
        delivered = NULL, newest = max(newest, excluded.newest)
"""
REMEMBERING = (
    "SELECT destination, count(*) FROM lanes WHERE memory IS NOT NULL GROUP BY destination"
)
FORGET_LANES = "UPDATE lanes SET memory = NULL, delivered = NULL WHERE destination = ?"
MOVE_DEAD = f"""
    UPDATE dead_letters SET destination = ?2 WHERE n IN (
        SELECT n FROM dead_letters INDEXED BY dead_letters_lane WHERE destination = ?1
        LIMIT {STEP})
"""  # noqa: S608 - constants of ours
DISCARDED = "discarded by an operator"
# What replays have told the old name the new one was told.
RETOLD = """
    SELECT max(seq) FROM (
        SELECT seq FROM events INDEXED BY events_retold WHERE told IS NOT NULL AND seq > ?
        ORDER BY seq LIMIT ?)
"""
MOVE_RETOLD = """
    UPDATE events INDEXED BY events_retold SET told = (
        SELECT json_group_array(DISTINCT iif(value = ?1, ?2, value)) FROM json_each(told))
    WHERE told IS NOT NULL AND seq > ?3 AND seq <= ?4
        AND EXISTS (SELECT 1 FROM json_each(told) WHERE value = ?1)
"""


class SqliteSuccession:
    """The part of the store that knows destinations of the past."""

    _database: Database

    async def left_behind(self) -> Mapping[str, int]:
        """Return how many deliveries, dead letters and memories each destination has, by name."""
        tally = self._database.tally
        found: dict[str, int] = dict(await self._database.read(lambda c: rows_of(c, REMEMBERING)))
        for kind in KINDS:
            for name, count in tally.starting(f"{kind}:").items():
                destination = name.removeprefix(f"{kind}:")
                found[destination] = found.get(destination, 0) + count
        return {name: count for name, count in found.items() if count}

    async def adopt(self, old: str, new: str, *, skip_superseded: bool) -> Adopted:
        """Make all that *old* has *new*'s, in the order that it has.

        What lanes remember comes first: whoever tells of what is owed, also after an end in the
        middle, must know it.
        """
        now = self._database.now_millis()
        deliveries = superseded = dead = 0
        while await self._database.write(partial(_move_lanes, old, new), slow=True):
            pass
        for kind in (HELD, PENDING):
            step = partial(_move, kind, (old, new), skip_superseded, now)
            while (counts := await self._database.write(step, slow=True)) != (0, 0):
                deliveries += counts[0]
                superseded += counts[1]
        while moved := await self._database.write(partial(_move_dead, old, new), slow=True):
            dead += moved
        last: int | None = 0
        while last is not None:
            last = await self._database.write(partial(_move_retold, old, new, last), slow=True)
        await self._database.write(partial(_forget_mark, old), slow=True)
        return Adopted(deliveries, superseded, dead)

    async def disown(self, destination: str) -> int:
        """Drop what a destination is owed, each with its outcome; return how many."""
        now = self._database.now_millis()
        dropped = 0
        for kind in (HELD, PENDING):
            step = partial(_drop, kind, destination, now)
            while count := await self._database.write(step, slow=True):
                dropped += count
        await self._database.write(
            lambda transaction: transaction.run(FORGET_LANES, (destination,)), slow=True
        )
        return dropped


def _move(
    kind: str,
    names: tuple[str, str],
    skip_superseded: bool,  # noqa: FBT001 - given by `partial`
    now: int,
    transaction: Transaction,
) -> tuple[int, int]:
    """Move one step's deliveries; return how many are owed now, and how many are superseded."""
    old, new = names
    moved = superseded = 0
    for delivery in map(delivery_from_row, _of_kind(transaction, kind, old)):
        overtaken = skip_superseded and delivery.collapses and kind == PENDING
        if overtaken and transaction.first(SETTLED_NEWER, (new, delivery.lane, delivery.seq)):
            settle(transaction, delivery)
            attempts = delivery.attempts
            remember(transaction, delivery, "superseded", attempts=attempts, status=None, at=now)
            superseded += 1
            continue
        transaction.run(MOVE, (new, delivery.seq))
        moved += 1
    transaction.count(f"{kind}:{old}", -moved)
    transaction.count(f"{kind}:{new}", moved)
    return moved, superseded


def _of_kind(transaction: Transaction, kind: str, destination: str) -> list[Row]:
    return transaction.all(OF_KIND[kind], (destination,))


def _move_dead(old: str, new: str, transaction: Transaction) -> int:
    transaction.run(MOVE_DEAD, (old, new))
    moved = transaction.changed()
    for name, change in ((old, -moved), (new, moved)):
        transaction.count(f"dead_letters:{name}", change)
    return moved


def _move_lanes(old: str, new: str, transaction: Transaction) -> bool:
    """Move what one step's lanes remember; return whether there were any."""
    last = transaction.first(LAST_LANE, (old,))
    if last is None or last[0] is None:
        transaction.run(
            "UPDATE OR IGNORE badges SET destination = ? WHERE destination = ?", (new, old)
        )
        transaction.run("DELETE FROM badges WHERE destination = ?", (old,))
        return False
    transaction.run(MOVE_LANES, (old, new, last[0]))
    transaction.run("DELETE FROM lanes WHERE destination = ? AND lane <= ?", (old, last[0]))
    return True


def _move_retold(old: str, new: str, after: int, transaction: Transaction) -> int | None:
    """Note one step's revisions as told to *new*; return the last of them."""
    found = transaction.first(RETOLD, (after, STEP))
    if found is None or found[0] is None:
        return None
    transaction.run(MOVE_RETOLD, (old, new, after, found[0]))
    return int(found[0])


def _forget_mark(old: str, transaction: Transaction) -> None:
    transaction.run("DELETE FROM destinations WHERE name = ?", (old,))


def _drop(kind: str, destination: str, now: int, transaction: Transaction) -> int:
    rows = _of_kind(transaction, kind, destination)
    for delivery in map(delivery_from_row, rows):
        settle(transaction, delivery)
        remember(
            transaction,
            delivery,
            "dropped",
            attempts=delivery.attempts,
            status=None,
            at=now,
            detail=DISCARDED,
        )
    return len(rows)
