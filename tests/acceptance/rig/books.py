"""What the gateway's store says after a clean end, read without the gateway."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = {
    "receipts": "SELECT count(*) FROM receipts",
    "untranslated": "SELECT count(*) FROM untranslated",
    "events": "SELECT count(*) FROM events",
    "agents": "SELECT count(*) FROM agents",
    "dead_letters": "SELECT count(*) FROM dead_letters",
}
COUNTED_BY = {
    "outcome": "SELECT destination || ':' || outcome, count(*) FROM outcomes GROUP BY 1",
    "pending": "SELECT destination, count(*) FROM outbox WHERE held IS NULL GROUP BY 1",
    "held": "SELECT destination, count(*) FROM outbox WHERE held IS NOT NULL GROUP BY 1",
    "dead_letters": "SELECT destination, count(*) FROM dead_letters GROUP BY 1",
}
CRASHED = """
    SELECT r.body FROM quarantine q JOIN receipts r ON r.seq = q.receipt
    WHERE q.reason = 'crashed'
"""
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Books:
    """*events*: ids by (subject, type, time), in order; *revised*: those of contacts told anew, by
    id. *outcomes*: words by (event id,
    destination). *owed*: what is not over, with why it is held. *dead*: reasons. *crashed*: the
    bodies of receipts that were under way at two unclean ends, and are set aside.
    """

    events: dict[Key, list[str]]
    revised: dict[str, Key]
    outcomes: dict[tuple[str, str], list[str]]
    owed: dict[tuple[str, str], str | None]
    dead: dict[tuple[str, str], str]
    quarantine: Counter[str]
    crashed: tuple[bytes, ...]
    untranslated: int
    miscounted: tuple[str, ...]


def read_books(path: Path) -> Books:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        events, revised = _events(connection)
        return Books(
            events=events,
            revised=revised,
            outcomes=_gather(connection, "SELECT event_id, destination, outcome FROM outcomes"),
            owed={
                (event, destination): held
                for event, destination, held in connection.execute(
                    "SELECT e.id, o.destination, o.held FROM outbox o JOIN events e "
                    "ON e.seq = o.event"
                )
            },
            dead={
                (event, destination): reason
                for event, destination, reason in connection.execute(
                    "SELECT event_id, destination, reason FROM dead_letters"
                )
            },
            quarantine=Counter(
                reason for (reason,) in connection.execute("SELECT reason FROM quarantine")
            ),
            crashed=tuple(body for (body,) in connection.execute(CRASHED)),
            untranslated=connection.execute(COUNTED["untranslated"]).fetchone()[0],
            miscounted=tuple(_miscounted(connection)),
        )
    finally:
        connection.close()


def _events(connection: apsw.Connection) -> tuple[dict[Key, list[str]], dict[str, Key]]:
    found: dict[Key, list[str]] = {}
    revised: dict[str, Key] = {}
    for event_id, text in connection.execute("SELECT id, event FROM events ORDER BY seq"):
        event = json.loads(text)
        key = event["subject"], event["type"], event["time"]
        if (event["data"].get("contact") or {}).get("revision", 1) > 1:
            revised[event_id] = key
        else:
            found.setdefault(key, []).append(event_id)
    return found, revised


def _gather(connection: apsw.Connection, sql: str) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for event, destination, word in connection.execute(sql):
        found.setdefault((event, destination), []).append(word)
    return found


def _miscounted(connection: apsw.Connection) -> list[str]:
    """Name the counts that differ from what they count."""
    kept: dict[str, Any] = dict(connection.execute("SELECT name, n FROM counts"))
    real = {name: connection.execute(sql).fetchone()[0] for name, sql in COUNTED.items()}
    for prefix, sql in COUNTED_BY.items():
        real |= {f"{prefix}:{name}": n for name, n in connection.execute(sql)}
    prefixes = tuple(f"{each}:" for each in COUNTED_BY)
    names = real.keys() | {each for each in kept if each.startswith(prefixes)}
    return [
        f"{name} is kept as {kept.get(name, 0)} and is {real.get(name, 0)}"
        for name in sorted(names)
        if kept.get(name, 0) != real.get(name, 0)
    ]
