"""What was known of agents, kept by the hour, so that a replay can start from it.

A receipt belongs to the hour of the latest receipt up to it: hours never go back, whatever the
clock and slow senders do. The first change of an agent in an hour keeps what was known before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.clock import to_millis
from gateway.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.ports import Finished
    from gateway.store.sqlite.tally import Transaction

HOUR_MILLIS = 3_600_000
AGENTS_NOTED = 100_000

LATEST = "SELECT max(at) FROM agent_states"
NOTE_STORED = """
    INSERT OR IGNORE INTO agent_states (key, before, at, known)
    VALUES (?1, ?2, ?3, (SELECT known FROM agents WHERE key = ?1))
"""
NOTE = "INSERT OR IGNORE INTO agent_states (key, before, at, known) VALUES (?, ?, ?, ?)"

Change = tuple[str, int, int, bytes | None]
"""An agent's key, the receipt that changes what is known of it, when the latest up to that was
received, and what was known before it (`None`: what the store has).
"""


class Hours:
    """Which agents' states of the present hour are kept already. *latest*: when the latest
    receipt was received, `None`: not yet read from the store.
    """

    def __init__(self) -> None:
        self.latest: int | None = None
        self._hours: dict[str, int] = {}

    def fresh(self, finished: Sequence[Finished]) -> list[Change]:
        """Return the first change of each agent in an hour of which none is kept yet."""
        found: list[Change] = []
        hours: dict[str, int] = {}
        known: dict[str, bytes] = {}
        latest = self.latest or 0
        for each in finished:
            latest = max(latest, to_millis(each.receipt.verified.receipt.received_at))
            hour = latest // HOUR_MILLIS
            for key, now in each.agents.items():
                if hours.get(key, self._hours.get(key)) != hour:
                    found.append((printable(key), each.receipt.seq, latest, known.get(key)))
                    hours[key] = hour
                known[key] = now
        self.latest = latest
        return found

    def forget(self, key: str) -> None:
        """Forget that states of an agent are kept: none is any more."""
        self._hours.pop(printable(key), None)
        self._hours.pop(key, None)

    def keep(self, changes: Iterable[Change]) -> None:
        """Remember changes, now that they are durable."""
        if len(self._hours) > AGENTS_NOTED:
            self._hours.clear()
        self._hours.update((key, at // HOUR_MILLIS) for key, _seq, at, _known in changes)


def note_states(transaction: Transaction, changes: Iterable[Change]) -> None:
    """Keep what was known of agents; before what is known now is written."""
    stored: list[tuple[str, int, int]] = []
    told: list[Change] = []
    for change in changes:
        if change[3] is None:
            stored.append(change[:3])
        else:
            told.append(change)
    if stored:
        transaction.many(NOTE_STORED, stored)
    if told:
        transaction.many(NOTE, told)
