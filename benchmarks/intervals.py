"""A day of a big centre: how long all of its intervals take, and how much memory.

    python -m benchmarks.intervals [--agents 5000] [--hours 24] [--store FOLDER]

Made-up entries, 3.7 million at the default: each agent logs in for a shift, is offered, answers and
wraps up a contact every few minutes, and takes breaks. Without --store they are made as they are
read: that is the figures alone. With it they are first written into a store there, and read from
it, as reports do. Seconds are those of one core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import resource
import time
from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

import orjson

from gateway.figures import Options, Period, agent_queues, agents, contacts, queues
from gateway.model.agent import Named, Status
from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Hop, Mark
from gateway.store.sqlite import open_store
from gateway.store.sqlite.books import BOOK_AGENT, BOOK_CONTACT
from gateway.store.sqlite.connection import connect
from gateway.store.sqlite.ledger import Pages

HOUR = 3_600_000
MIDNIGHT = 1_772_409_600_000  # 2026-03-02
QUEUES = tuple(Named(f"q{each}", f"Queue {each}") for each in range(200))
CYCLE = (
    (Status.RESERVED, 8_000), (Status.BUSY, 150_000), (Status.AFTER_CALL_WORK, 31_000),
    (Status.READY, 24_000),
)  # fmt: skip


def shift(length):
    """Return what an agent does in a shift, by milliseconds from its beginning."""
    rows = [(0, Mark.LOGIN, Status.NOT_READY, "Break")]
    at, turn = 0, 0
    while at < length:
        for status, spent in CYCLE:
            rows.append((at, Mark.STATE, status, None))
            at += spent
        turn += 1
        if turn % 20 == 0:
            rows.append((at, Mark.STATE, Status.NOT_READY, "Break"))
            at += 300_000
    return [*rows, (at, Mark.LOGOUT, Status.LOGGED_OUT, None)]


SHIFT = shift(9 * HOUR)


class Day:
    """The pages of a day that nobody had: every agent works 9 of each 24 hours, in three shifts."""

    def __init__(self, people: int, hours: int) -> None:
        self.people, self.end = people, MIDNIGHT + hours * HOUR

    def heard(self, _since, until):
        return [Heard("flex", MIDNIGHT - HOUR, until)]

    def agent_entries(self, since, until):
        for each in range(self.people):
            name, start = f"flex:WK{each:08}", MIDNIGHT + each % 3 * 7 * HOUR + each * 17
            first = bisect_left(SHIFT, since - start, key=itemgetter(0))
            last = bisect_left(SHIFT, min(until, self.end) - start, key=itemgetter(0))
            if first:  # one who is in, or the last state and the logout
                yield AgentEntry(name, start + SHIFT[0][0], *SHIFT[0][1:])
                yield AgentEntry(name, start + SHIFT[first - 1][0], *SHIFT[first - 1][1:])
            for after, *rest in SHIFT[first:last]:
                yield AgentEntry(name, start + after, *rest)

    def contact_entries(self, since, until, *, booked_by):
        assert booked_by == "arrival"
        step = 213_000 * 24 // 9 / self.people
        first, last = (math.ceil((each - MIDNIGHT) / step) for each in (since, until))
        for each in range(first, last):
            at = MIDNIGHT + int(each * step)
            queue, is_lost = QUEUES[each * 7 % 200], each % 17 == 0
            yield ContactEntry(
                f"flex:{each}", 1, "flex", f"conversation-{each // 1.1:.0f}",
                "abandoned" if is_lost else "answered", is_lost,
                None if is_lost else f"flex:WK{each % self.people:08}", "voice", "inbound", queue,
                hops=(Hop(QUEUES[each % 200], at), Hop(queue, at + 3000)) if each % 11 == 0 else (),
                started_at=at, ended_at=at + 150_000, queue_seconds=each % 600 / 10,
                talk_seconds=150.0, wrap_seconds=31.0,
            )  # fmt: skip


def stored(folder: Path, day: Day) -> Path:
    """Write the day into the books of a new store, once; return its file."""
    path = folder / "intervals.db"
    if path.exists():
        return path
    asyncio.run(open_store(path, now=lambda: datetime.now(UTC)).close())
    connection = connect(path, writes=True)
    with connection:
        connection.executemany(
            BOOK_AGENT,
            (
                (each.agent, each.at, n, each.mark.value, each.status.value, each.reason)
                for n, each in enumerate(day.agent_entries(MIDNIGHT, day.end))
            ),
        )
        booked = day.contact_entries(MIDNIGHT, day.end, booked_by="arrival")
        connection.executemany(
            BOOK_CONTACT,
            (
                (each.key, 1, each.started_at, each.ended_at, each.agent, orjson.dumps(each))
                for each in booked
            ),
        )
        heard = ("flex", MIDNIGHT - HOUR, day.end)
        connection.execute("INSERT INTO ledger_heard VALUES (?, ?, ?)", heard)
    connection.close()
    return path


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(name, work, told):
    start, before = time.process_time(), peak_mib()
    counted = work()
    told[name] = {
        "seconds": round(time.process_time() - start, 1),
        "rows": counted,
        "peak_mib_grown": round(peak_mib() - before, 1),
    }


def count(rows) -> int:
    return sum(1 for _ in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=5000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--store", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    day = Day(asked.agents, asked.hours)
    period = Period(MIDNIGHT, day.end, Options(), ("flex",))
    pages: Day | Pages = day
    if asked.store is not None:
        path = stored(asked.store, day)
        pages = Pages(connect(path, writes=False))
    told: dict[str, object] = {"agents": asked.agents, "hours": asked.hours}
    entries: Counter[str] = Counter()

    def make() -> int:
        entries["agents"] = count(pages.agent_entries(MIDNIGHT, day.end))
        booked = pages.contact_entries(MIDNIGHT, day.end, booked_by="arrival")
        entries["contacts"] = count(booked)
        return entries.total()

    timed("reading the entries", make, told)
    timed("queues", lambda: count(queues(pages, period)), told)
    timed("agents", lambda: count(agents(pages, period)), told)
    timed("agents and queues", lambda: count(agent_queues(pages, period)), told)
    timed(
        "measures by queue and hour", lambda: len(contacts(pages, period, ("queue", "hour"))), told
    )
    print(json.dumps(told | {"entries": entries, "peak_mib": round(peak_mib(), 1)}, indent=2))


if __name__ == "__main__":
    main()
