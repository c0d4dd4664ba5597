"""What the ledger costs live delivery: a week of a small centre with and without its writes.

    python -m benchmarks.ledger [--rounds 7] [--size 1]

The requests of `tests/week` are accepted, translated and made durable in a fresh store, with one
destination that is owed every event. Rounds with the books and without take turns. Nothing is sent:
that would only make the ledger's share smaller. Counted is the processor time of the process, which
a shared machine changes least, and beside it the time that passed.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.model.event import EventType
from gateway.store.sqlite import fanout
from tests.week.harm import Harm, arriving
from tests.week.posting import Gateway, requests
from tests.week.simulator import simulate
from tests.week.telling import tell
from tests.week.truth import DAY

GOAL = 0.15


def posts_of(size):
    """Return the requests of a week."""
    since = int(datetime(2026, 3, 5, tzinfo=UTC).timestamp() * 1000)
    truth = simulate(7, since, since + 7 * DAY, size=size)
    return list(requests(arriving(tell(truth), frozenset(), Harm(late=0, twice=0), 1)))


async def round_of(posts):
    """Return the seconds of processor and clock that a fresh gateway takes, and its events."""
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(Path(folder))
        who = replace(gateway.settings.destinations["who"], events=frozenset(EventType))
        destinations = gateway.settings.destinations | {"who": who}
        gateway.settings = replace(gateway.settings, destinations=destinations)
        begun = time.process_time(), time.perf_counter()
        await gateway.take(posts)
        spent = time.process_time() - begun[0], time.perf_counter() - begun[1]
        events = (await gateway.store.sizes())["events"]
        await gateway.store.close()
    return spent, events


def main():
    """Measure, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=float, default=1)
    asked = parser.parse_args()
    posts, book = posts_of(asked.size), fanout.book
    taken = {"with": [], "without": []}
    for _ in range(asked.rounds):
        for name, what in (("with", book), ("without", lambda *_: None)):
            fanout.book = what
            spent, events = asyncio.run(round_of(posts))
            taken[name].append(spent)
    fanout.book = book
    print("| ledger | processor seconds | events a processor second | seconds that passed |")
    print("|---|---|---|---|")
    medians = {}
    for name, rounds in taken.items():
        own, passed = (statistics.median(column) for column in zip(*rounds, strict=True))
        medians[name] = own
        print(f"| {name} | {own:.2f} | {events / own:.0f} | {passed:.2f} |")
    cost = 1 - medians["without"] / medians["with"]
    print(f"\n{cost:.1%} of the throughput (goal: below {GOAL:.0%}), {events} events a round.")


if __name__ == "__main__":
    main()
