"""The gateway beside what one would have instead: one run, interleaved, repeated.

    python -m benchmarks.bench [--rounds 5] [--quick] [--only WORD…]

Every case is played once a round, in another order each round. Prints the table and writes it,
with every round's figures and a plot, to `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson

from benchmarks.bench import plot
from benchmarks.bench.cases import Case, every_case
from benchmarks.bench.contenders import NEEDS
from benchmarks.bench.goals import reached
from benchmarks.bench.packages import fetched, versions
from benchmarks.bench.report import latencies, throughput
from benchmarks.bench.rounds import Results, play, possible
from benchmarks.machine import description

RESULTS = Path("benchmarks/results")
SECONDS = 4.0
QUICK_SECONDS = 2.0
INTRODUCTION = """\
`python -m benchmarks.bench`: medians of {rounds} interleaved rounds; in brackets the median of the
ratios to the bare relay at the same work in the same round. *Others*: how many cores processes
took meanwhile that are none of the bench's; above 0.2, times say little and ratios less than they
could. *Lost*: accepted, and not delivered within ten seconds of the last that was. *Overtaken*:
likewise, but under way together with a newer picture of its agent, which was delivered. *Out of
order*: delivered after a newer one of its agent."""


def words() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--quick", action="store_true", help="shorter phases; nothing is kept")
    asked.add_argument(
        "--only", nargs="*", default=[], help="cases with one of these words in their name"
    )
    asked.add_argument("--list", action="store_true", help="name the cases and end")
    return asked.parse_args()


def chosen(only: list[str]) -> list[Case]:
    """Return the cases asked for: each word of `--only` names a case or all of a group's."""
    cases = every_case()
    if not only:
        return cases
    return [case for case in cases if any(_fits(case, each) for each in only)]


def _fits(case: Case, word: str) -> bool:
    return word == case.name or word in {case.group, case.contender}


async def measure(cases: list[Case], rounds: int, seconds: float) -> Results:
    results = Results()
    packages = fetched({each for case in cases for each in NEEDS.get(case.contender, ())})
    results.versions = versions(packages)
    able = possible(cases, packages, results)
    for name, reason in results.missing.items():
        print(f"left out: {name}: {reason}", flush=True)
    async for line in play(able, packages, results, rounds=rounds, seconds=seconds):
        print(line, flush=True)
    return results


def written(cases: list[Case], results: Results, said: argparse.Namespace) -> str:
    rates = sorted({rate for case in cases for rate in case.rates})
    parts = [
        "# Side by side",
        INTRODUCTION.format(rounds=said.rounds),
        "; ".join(filter(None, (description(), results.versions))),
        "## The figures to reach",
        reached(results.rounds),
        "## As fast as it goes (closed loop)",
        throughput(cases, results),
    ]
    for rate in rates:
        parts += [
            f"## {rate:.0f} events/s on a fixed schedule (open loop)",
            latencies(cases, results, f"{rate:.0f}/s"),
        ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    said = words()
    cases = chosen(said.only)
    if said.list:
        print("\n".join(case.name for case in cases))
        return
    began = datetime.now(UTC)
    Path("var").mkdir(exist_ok=True)
    seconds = QUICK_SECONDS if said.quick else SECONDS
    results = asyncio.run(measure(cases, said.rounds, seconds))
    text = written(cases, results, said)
    print(f"\n{text}\n{plot.text(results)}")
    folder = Path("var/bench") if said.quick or said.only else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "side_by_side.md").write_text(text)
    (folder / "side_by_side.svg").write_text(plot.svg(results))
    kept = {"began": began, "machine": description(), "seconds": seconds, **asdict(results)}
    (folder / "side_by_side.json").write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    sys.exit(main())
