"""From what was sent and what arrived to figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchmarks.bench.cases import Case
from benchmarks.bench.load import Sent
from benchmarks.bench.work import WORKS, moment

Arrival = tuple[str, str, str, int]
"""Destination, agent, time, monotonic nanoseconds."""

SETTLED = 0.98
"""The share of deliveries after which a rate is read: a last retry is not the pace."""
COLD_NS = 500_000_000
"""How much of the start of an open loop does not count: the sender is new to its work."""


@dataclass(frozen=True)
class Phase:
    """What a phase was."""

    case: Case
    began: datetime
    rate: float


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU, and of the clock, from before the first post until all were delivered."""

    contender: float
    bench: float
    machine: float
    seconds: float


@dataclass(frozen=True)
class Measured:
    """One phase in figures; times in milliseconds, None where nothing was to be seen."""

    events_per_second: float | None
    """Delivered to all destinations."""
    accepts_per_second: float
    ack: dict[str, float]
    delivery: dict[str, float]
    """From when a post was due until its event was at a destination."""
    cpu_seconds: float
    cpu_per_thousand: float
    """CPU seconds for 1,000 events, delivered everywhere (destinations down: accepted)."""
    others_cores: float
    """How many cores processes took that are none of ours."""
    accepted: int
    refused: int
    lost: int
    overtaken: int
    """Not delivered, and under way together with a later record of its agent that was."""
    repeated: int
    out_of_order: int


NOTHING = Measured(None, 0, {}, {}, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def measured(
    phase: Phase, sent: Sequence[Sent], arrived: Sequence[Arrival], cost: Cost
) -> Measured:
    """Read the figures of a phase."""
    case = phase.case
    good = [each for each in sent if each[2] == 200]
    due = _due(phase, good)
    first = _first_arrivals(arrived)
    began, ended = sent[0][0], max(each[1] for each in sent)
    warm = began + (COLD_NS if phase.rate else 0)
    accepted = sum(each[4] for each in good)
    delivered = [at for key, at in first.items() if case.unbounded or key[1:] in due]
    if case.unbounded:
        delivered = [at for at in delivered if at <= ended]
    missing, overtaken = 0, 0
    if not case.down and not case.unbounded:
        missing = accepted * case.destinations - len(delivered)
        overtaken = _overtaken(phase, good, first) if missing else 0
    events = accepted if case.down else len(delivered) / case.destinations
    return Measured(
        events_per_second=_pace(delivered, began, case.destinations),
        accepts_per_second=accepted / ((ended - began) / 1e9),
        ack=spread((each[1] - each[0]) / 1e6 for each in good if each[0] >= warm),
        delivery=spread(
            (at - due[key[1:]]) / 1e6 for key, at in first.items() if due.get(key[1:], 0) >= warm
        ),
        cpu_seconds=cost.contender,
        cpu_per_thousand=1000 * cost.contender / events if events else 0.0,
        others_cores=max(0.0, cost.machine - cost.contender - cost.bench) / cost.seconds,
        accepted=accepted,
        refused=len(sent) - len(good),
        lost=missing - overtaken,
        overtaken=overtaken,
        repeated=len(arrived) - len(first),
        out_of_order=_out_of_order(first),
    )


def _due(phase: Phase, good: Iterable[Sent]) -> dict[tuple[str, datetime], int]:
    """Return when each accepted record was due, by agent and time."""
    work = WORKS[phase.case.work]
    found = {}
    for due, _, _, agent, records, number in good:
        at = work.at(phase.began, number)
        for each in range(agent, agent + records):
            found[work.agent(each), at] = due
    return found


def _overtaken(
    phase: Phase, good: Iterable[Sent], first: Mapping[tuple[str, str, datetime], int]
) -> int:
    """Count what did not arrive because its sender had sent something newer meanwhile.

    A picture that comes after a newer one of its agent is no news, and need not be told.
    """
    work = WORKS[phase.case.work]
    told = Counter(key[1:] for key in first)
    latest: dict[str, int] = {}
    count = 0
    for due, answered, _, agent, records, number in sorted(good, key=lambda each: -each[5]):
        for each in map(work.agent, range(agent, agent + records)):
            absent = phase.case.destinations - told[each, work.at(phase.began, number)]
            if absent and latest.get(each, answered) < answered:
                count += absent
            latest[each] = min(due, latest.get(each, due))
    return count


def _first_arrivals(arrived: Sequence[Arrival]) -> dict[tuple[str, str, datetime], int]:
    found: dict[tuple[str, str, datetime], int] = {}
    for destination, agent, text, at in arrived:
        found.setdefault((destination, agent, moment(text)), at)
    return found


def _pace(delivered: Sequence[int], began: int, destinations: int) -> float | None:
    """Return events a second, from the first post until nearly all were delivered."""
    if not delivered:
        return None
    ordered = sorted(delivered)
    count = max(1, int(len(ordered) * SETTLED))
    return count / destinations / ((ordered[count - 1] - began) / 1e9)


def _out_of_order(first: dict[tuple[str, str, datetime], int]) -> int:
    """Count events that came to a destination after a later one of their agent."""
    latest: dict[tuple[str, str], datetime] = {}
    wrong = 0
    for destination, agent, at in first:
        newest = latest.get((destination, agent))
        if newest is not None and at < newest:
            wrong += 1
        else:
            latest[destination, agent] = at
    return wrong


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return the quantiles that are told."""
    ordered = sorted(values)
    if not ordered:
        return {}
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: ordered[int((len(ordered) - 1) * share)] for name, share in shares.items()}
