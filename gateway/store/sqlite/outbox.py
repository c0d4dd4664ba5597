"""Durable outbound: what is owed, lane by lane, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import from_millis
from gateway.ports import Backlog, ClaimedLane
from gateway.store.sqlite.claim import Heads, oldest_of, pick_lanes
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.outcome import record, remember_lane
from gateway.store.sqlite.recovery import FORGET_DELIVERED
from gateway.store.sqlite.rows import lane_from_row, lane_state, millis_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import apsw

    from gateway.ports import DestinationMark, Lane, Recorded
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

LANE_STATES = """
    SELECT lane, memory, delivered FROM lanes
    WHERE destination = ? AND lane IN (SELECT value FROM json_each(?))
"""
OLDEST = """
    SELECT min(recorded_at) FROM outbox INDEXED BY outbox_age
    WHERE destination = ? AND held IS NULL
"""
MARK = """
    INSERT INTO destinations (name, paused, parked_since) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, parked_since = excluded.parked_since
"""
# What failed first while it was parked starts now; the rest is as old as it was at the parking.
UNPARK = """
    UPDATE outbox INDEXED BY outbox_failed
    SET first_failed_at = first_failed_at + max(0, ?2 - max(?3, first_failed_at))
    WHERE destination = ?1 AND first_failed_at IS NOT NULL
"""

FORGET_UNCERTAIN = f"{FORGET_DELIVERED} AND destination = ?"


class SqliteOutbox:
    """The outbound half of the store."""

    _database: Database
    _turns: dict[str, str]
    """For each destination, the lane behind which the next claim goes on."""

    async def claim(
        self, destination: str, *, lanes: int, depth: int, busy: frozenset[str]
    ) -> Sequence[ClaimedLane]:
        """Claim up to *lanes* lanes not in *busy*, each with its *depth* oldest deliveries.

        A lane whose turn it is comes first; those that are due before those that are not. A
        delivery that `finish` has just returned may be told again: its `seq` is the same.
        """
        heads = Heads(destination, self._turns.get(destination), self._database.now_millis())

        def look(connection: apsw.Connection) -> tuple[list[ClaimedLane], str | None]:
            picked, turn = pick_lanes(connection, heads, lanes, busy)
            return [_claimed(connection, destination, lane, 0, depth) for lane in picked], turn

        claimed, turn = await self._database.read(look)
        if turn is not None:
            self._turns[destination] = turn
        return claimed

    async def refill(self, destination: str, lane: str, *, after: int, depth: int) -> ClaimedLane:
        """Return the lane's next deliveries behind sequence number *after* (0: all it owes)."""
        return await self._database.read(
            lambda connection: _claimed(connection, destination, lane, after, depth)
        )

    async def lane_states(self, destination: str, lanes: Sequence[str]) -> Mapping[str, Lane]:
        """Return what these lanes remember (absent where nothing is); one read for all."""
        wanted = (destination, orjson.dumps(list(lanes)).decode())

        def look(connection: apsw.Connection) -> dict[str, Lane]:
            rows = rows_of(connection, LANE_STATES, wanted)
            return {lane: lane_from_row(memory, delivered) for lane, memory, delivered in rows}

        return await self._database.read(look)

    async def forget_uncertain(self, destination: str) -> None:
        """Forget what was last delivered in the lanes that owe something."""
        await self._database.write(
            lambda transaction: transaction.run(FORGET_UNCERTAIN, (destination,)), slow=True
        )

    async def remember(self, destination: str, lane: str, state: Lane) -> None:
        """Keep what a lane remembers."""
        now = self._database.now_millis()
        await self._database.write(
            lambda transaction: remember_lane(transaction, (destination, lane), state, 0, now)
        )

    async def record(self, recorded: Sequence[Recorded]) -> None:
        """Make outcomes durable, all or none."""
        await self._database.write(lambda transaction: record(transaction, recorded))

    async def backlog(self, destination: str) -> Backlog:
        """Count what a destination is owed."""
        ((oldest,),) = await self._database.read(
            lambda connection: rows_of(connection, OLDEST, (destination,))
        )
        tally = self._database.tally
        return Backlog(
            pending=tally[f"pending:{destination}"],
            held=tally[f"held:{destination}"],
            oldest=None if oldest is None else from_millis(oldest),
        )

    async def mark(self, destination: str, mark: DestinationMark) -> None:
        """Keep whether a destination is paused or parked. Un-parking moves the start of
        `give_up_after` of what waited by as long as it was parked.
        """
        now = self._database.now_millis()

        def run(transaction: Transaction) -> None:
            known = transaction.first(
                "SELECT parked_since FROM destinations WHERE name = ?", (destination,)
            )
            parked_since = known[0] if known else None
            if parked_since is not None and mark.parked_since is None:
                transaction.run(UNPARK, (destination, now, parked_since))
            transaction.run(MARK, (destination, mark.paused, millis_or_none(mark.parked_since)))

        await self._database.write(run, slow=True)


def _claimed(
    connection: apsw.Connection, destination: str, lane: str, after: int, depth: int
) -> ClaimedLane:
    found = oldest_of(connection, destination, lane, after, depth + 1)
    state = lane_state(connection, destination, lane)
    return ClaimedLane(lane, state, tuple(found[:depth]), more=len(found) > depth)
