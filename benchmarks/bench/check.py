"""Red when the gateway has become slower: by its ratios to the bare relay, not by seconds.

    python -m benchmarks.bench.check [--pairs 9] [--prove] [--write]

Relay and gateway run side by side and are loaded in turn, some seconds each, so that a busy
neighbour slows both. What is compared with `benchmarks/thresholds.json` is the median of the
ratios of pairs in a closed loop: CPU for an event, and events/s. The exit code is 1 when one is
worse by more than the file's margin, 2 when other processes keep the machine too busy to say.
`--write` keeps today's ratios. `--prove` tries the check itself: a gateway that wastes 20 % runs
beside them, and has to be red by the ratios that the gateway has just had.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench.cases import Case
from benchmarks.bench.contenders import STARTS, Place, slower_gateway
from benchmarks.bench.packages import Packages
from benchmarks.bench.phases import Sink, Trial, absolute, sink
from benchmarks.machine import description, median, table

THRESHOLDS = Path("benchmarks/thresholds.json")
SECONDS = 2.0
SLOWER = 0.2
BUSY_CORES = 0.5
FIGURES = ("cpu", "pace")
"""Of the gateway against the relay: the first should be small, the second great."""


@dataclass
class Side:
    """One of those that run side by side, and what it gave in each turn."""

    trial: Trial
    cpu: list[float] = field(default_factory=list)
    """Seconds for 1,000 events."""
    pace: list[float] = field(default_factory=list)
    """Events a second."""
    others: list[float] = field(default_factory=list)
    """Cores taken by processes that are none of ours."""

    def forget(self) -> None:
        for figures in (self.cpu, self.pace, self.others):
            figures.clear()

    async def turn(self) -> None:
        found = await self.trial.phase(seconds=SECONDS)
        self.cpu.append(found.cpu_per_thousand)
        self.pace.append(found.events_per_second or 0.0)
        self.others.append(found.others_cores)
        told = f"{self.cpu[-1]:.3f} CPU s/1,000, {self.pace[-1]:.0f} events/s"
        name = self.trial.case.contender
        print(f"{name}: {told}; others took {self.others[-1]:.1f} cores", flush=True)

    def against(self, other: Side) -> dict[str, float]:
        """Return the medians of the ratios of turns that were taken one after the other."""
        return {name: median([a / b for a, b in _pairs(self, other, name)]) for name in FIGURES}


def _pairs(one: Side, other: Side, name: str) -> Iterator[tuple[float, float]]:
    return zip(getattr(one, name), getattr(other, name), strict=True)


async def measure(pairs: int, *, prove: bool) -> dict[str, Side]:
    """Take turns; return all sides, to prove it a slower gateway among them."""
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(sink())
        sides = {name: await _side(stack, at, name) for name in ("relay", "gateway")}
        await _warm(sides)
        await _warm(sides)
        if prove:
            wasted = SLOWER * 1000 * sides["gateway"].cpu[-1]
            sides["slower"] = await _side(stack, at, "slower", wasted)
            await _warm({"slower": sides["slower"]})
        for side in sides.values():
            side.forget()
        for number in range(pairs):
            for side in list(sides.values())[:: 1 if number % 2 else -1]:
                await side.turn()
        return sides


async def _warm(sides: Mapping[str, Side]) -> None:
    for side in sides.values():
        await side.turn()


async def _side(stack: AsyncExitStack, at: Sink, name: str, wasted: float = 0) -> Side:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="check-", dir="var"))
    place = Place(absolute(folder), [f"{at.url}/hook/0"], Packages())
    starting = slower_gateway(place, wasted) if wasted else STARTS[name](place)
    running = await stack.enter_async_context(starting)
    return Side(Trial(Case("flex", name), running, at, datetime.now(UTC)))


def worse(found: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """Say in what the ratios are worse than the kept ones by more than the margin."""
    said = []
    if found["cpu"] > kept["cpu"] * (1 + kept["margin"]):
        said.append(f"CPU an event: {found['cpu']:.2f} of the relay's, kept {kept['cpu']:.2f}")
    if found["pace"] < kept["pace"] * (1 - kept["pace_margin"]):
        said.append(f"events/s: {found['pace']:.2f} of the relay's, kept {kept['pace']:.2f}")
    return said


def judged(
    ratios: Mapping[str, Mapping[str, float]], kept: Mapping[str, float]
) -> tuple[str, bool]:
    """Return the table, and whether all are as they should be: the slower one red."""
    rows: list[list[str]] = []
    good = True
    for name, found in ratios.items():
        problems = worse(found, kept)
        good = good and bool(problems) == (name == "slower")
        verdict = "; ".join(problems) or "green"
        rows.append([name, *(f"{found[each]:.2f}" for each in FIGURES), verdict])
    rows.insert(0, ["kept", *(f"{kept[each]:.2f}" for each in FIGURES), ""])
    return table(["", "CPU an event, x relay", "events/s, x relay", "verdict"], rows), good


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.bench.check", description=__doc__)
    asked.add_argument("--pairs", type=int, default=9)
    asked.add_argument("--prove", action="store_true")
    asked.add_argument("--write", action="store_true")
    said = asked.parse_args()
    Path("var").mkdir(exist_ok=True)
    sides = asyncio.run(measure(said.pairs, prove=said.prove))
    relay = sides.pop("relay")
    ratios = {name: side.against(relay) for name, side in sides.items()}
    kept = json.loads(THRESHOLDS.read_text())
    if said.write or said.prove:
        kept |= {name: round(value, 3) for name, value in ratios["gateway"].items()}
    if said.write:
        kept["machine"] = description()
        THRESHOLDS.write_text(json.dumps(kept, indent=2) + "\n")
    text, good = judged(ratios, kept)
    print(f"{text}\n\n{description()}")
    if (others := median(relay.others)) > BUSY_CORES:
        print(f"No verdict: other processes took {others:.1f} cores of this machine.")
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
