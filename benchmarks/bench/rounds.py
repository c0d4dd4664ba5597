"""Rounds: every case once a round, in another order each time, so that a bad minute hits all."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from benchmarks.bench.cases import Case
from benchmarks.bench.contenders import NEEDS
from benchmarks.bench.packages import Packages
from benchmarks.bench.phases import once, sink
from benchmarks.bench.seeds import seeded


@dataclass
class Results:
    """What each case gave in each round, and what could not be measured."""

    rounds: dict[str, list[dict]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    versions: str = ""
    """Of what the gateway is compared with."""


def possible(cases: Sequence[Case], packages: Packages, results: Results) -> list[Case]:
    """Leave out, and say so, what needs something that cannot be had."""
    able = []
    for case in cases:
        lacks = [each for each in NEEDS.get(case.contender, ()) if each in packages.missing]
        if lacks:
            results.missing[case.name] = f"{lacks[0]}: {packages.missing[lacks[0]]}"
        else:
            able.append(case)
    return able


async def play(
    cases: Sequence[Case], packages: Packages, results: Results, *, rounds: int, seconds: float
) -> AsyncIterator[str]:
    """Measure; yield a line for each case done."""
    async with sink() as at:
        for number in range(rounds):
            order = list(cases)
            random.Random(number).shuffle(order)
            for case in order:
                try:
                    store = await seeded(case)
                    found = await once(case, packages, at, seconds=seconds, store=store)
                except (RuntimeError, OSError) as problem:
                    results.missing[case.name] = str(problem)
                    yield f"{number + 1} {case.name}: {problem}"
                    continue
                results.rounds.setdefault(case.name, []).append({"round": number, **found})
                yield f"{number + 1} {case.name}: {told(found)}"


def told(found: dict) -> str:
    """Say in short what one case gave."""
    closed = found["phases"]["closed"]
    words = [f"{closed['events_per_second'] or closed['accepts_per_second']:.0f}/s",
             f"{closed['cpu_per_thousand']:.2f} CPU s/1,000",
             f"{found['peak_mib']:.0f} MiB"]  # fmt: skip
    words += [f"{name} {phase[name]} " for phase in found["phases"].values()
              for name in ("lost", "refused", "repeated") if phase[name]]  # fmt: skip
    words += [f"{name}: ack p99 {phase['ack'].get('p99', 0):.1f} ms, "
              f"delivery p99 {phase['delivery'].get('p99', 0):.1f} ms"
              for name, phase in found["phases"].items() if name != "closed"]  # fmt: skip
    return ", ".join(words)
