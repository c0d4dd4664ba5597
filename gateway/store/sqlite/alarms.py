"""The alarms that are raised, and the events that tell of their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.alarm import Alarm, AlarmName, StandingAlarm
from gateway.model.clock import from_millis, to_millis
from gateway.model.printable import printable
from gateway.store.sqlite.connection import rows_of
from gateway.store.sqlite.fanout import as_json, insert_routed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.delivery import Delivery
    from gateway.ports import AlarmChange
    from gateway.store.sqlite.database import Database
    from gateway.store.sqlite.tally import Transaction

STANDING = "SELECT name, subject, since, detail FROM alarms ORDER BY since, name, subject"
RAISE = """
    INSERT INTO alarms (name, subject, since, detail) VALUES (?, ?, ?, ?)
    ON CONFLICT (name, subject) DO UPDATE SET since = excluded.since, detail = excluded.detail
"""
CLEAR = "DELETE FROM alarms WHERE name = ? AND subject = ?"
NAMES = frozenset(each.value for each in AlarmName)


class SqliteAlarms:
    """What is raised, beyond the life of a process."""

    _database: Database

    async def alarms(self) -> Sequence[StandingAlarm]:
        """Return the alarms that are raised, oldest first."""
        rows = await self._database.read(lambda connection: rows_of(connection, STANDING))
        return [
            StandingAlarm(Alarm(AlarmName(name), subject, detail), from_millis(since))
            for name, subject, since, detail in rows
            if name in NAMES  # another version may have had others
        ]

    async def keep_alarms(self, changes: Sequence[AlarmChange]) -> Sequence[Delivery]:
        """Keep changes and what their events are owed, all or none; return the deliveries."""
        prepared = [(each, as_json(each.routed.event)) for each in changes]

        def run(transaction: Transaction) -> list[Delivery]:
            deliveries: list[Delivery] = []
            for change, text in prepared:
                _write(transaction, change)
                insert_routed(transaction, change.routed, text, None, deliveries)
            return deliveries

        return await self._database.write(run)


def _write(transaction: Transaction, change: AlarmChange) -> None:
    alarm = change.standing.alarm
    key = alarm.name.value, printable(alarm.subject)
    if change.is_raised:
        since = to_millis(change.standing.since)
        transaction.run(RAISE, (*key, since, printable(alarm.detail)))
    else:
        transaction.run(CLEAR, key)
