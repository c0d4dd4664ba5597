"""What is measured: which contender does which work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

RATES = (200.0, 1000.0)
DURABLE = ("gateway", "relay", "taskiq", "celery", "node-red")


@dataclass(frozen=True)
class Case:
    """One line of the table: a contender at one kind of work."""

    group: str
    contender: str
    note: str = ""
    work: str = "flex"
    records: int = 1
    """Agents in a request."""
    destinations: int = 1
    agents: int = 1024
    rates: tuple[float, ...] = ()
    """Requests a second of the open loops, for latency."""
    refuse: int = 0
    """The destination answers each so-manieth request with 503."""
    batch: bool = False
    down: bool = False
    """Nobody listens at the destination: only what is accepted counts."""
    seed: str = ""
    """The store that it starts on: what `seeds.py` calls it."""
    unbounded: bool = False
    """Whatever arrives while posts are sent counts, and nobody waits for deliveries."""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.group, self.contender, self.note)))


def main_cases() -> Iterator[Case]:
    for contender in DURABLE:
        yield Case("flex", contender, rates=RATES)


def work_cases() -> Iterator[Case]:
    for contender in DURABLE:
        yield Case("flex-32", contender, records=32)
        yield Case("ringcentral", contender, work="ringcentral")
        yield Case("three", contender, destinations=3)


def gateway_cases() -> Iterator[Case]:
    yield Case("flex", "gateway", "batching", batch=True)
    yield Case("flex", "gateway", "3 % answered 503", refuse=33)
    yield Case("accept", "gateway", "destinations down", down=True)
    yield Case("accept", "nothing", rates=RATES, down=True)


def store_cases() -> Iterator[Case]:
    """What is known, and what is owed: it should not matter how much."""
    yield Case("known", "gateway", "100 agents", agents=100, seed="known-100")
    yield Case("known", "gateway", "100,000 agents", agents=100_000, seed="known-100000")
    yield Case("owed", "gateway", "nothing", seed="owed-0", unbounded=True)
    yield Case("owed", "gateway", "1,000,000", seed="owed-1000000", unbounded=True)


def disk_cases() -> Iterator[Case]:
    yield Case("disk", "fdatasync", "1 at a time")
    yield Case("disk", "fdatasync", "32 at a time", records=32)


def every_case() -> list[Case]:
    return [*main_cases(), *work_cases(), *gateway_cases(), *store_cases(), *disk_cases()]
