"""The soak: random faults and kills for as long as you like, and the ledger's balance.

    python -m tests.acceptance.rig [--seconds 3600] [--seed N] [--mutants]

It runs in rounds, each with a store of its own. Exit code 1 on any violation, with the round's
seed; its folder is kept. Without arguments it soaks for an hour and then tries out the mutants.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

from tests.acceptance.rig.faults import FAULTS
from tests.acceptance.rig.judge import Verdict
from tests.acceptance.rig.rig import Rig
from tests.acceptance.rig.weather import changeable
from tests.mutants.__main__ import main as try_mutants

HOUR = 3600
ROUND_SECONDS = 180
AGENTS = 30
PAUSE_SECONDS = 0.3
CALM_SECONDS = 120


async def soak(folder: Path, seed: int, seconds: float) -> tuple[Verdict, Counter[str]]:
    """Run one round; return the verdict, and how often each fault came."""
    dice = Random(seed)
    suffered: Counter[str] = Counter()
    async with Rig(folder, seed=seed, agents=AGENTS, pause=PAUSE_SECONDS) as rig:
        for vendor in (rig.events, rig.codes):
            vendor.mood_of = changeable(vendor, dice)
        async with asyncio.TaskGroup() as group:
            group.create_task(rig.send())
            try:
                await _suffer(rig, dice, seconds, suffered)
            finally:
                rig.sender.is_over = True
        rig.wrong_by(0)
        # A refusal may have been under way when the gateway was last told to look again.
        rig.gateway.hang_up()
        try:
            await rig.calm(CALM_SECONDS)
        except TimeoutError:
            return Verdict([f"not calm after {CALM_SECONDS} seconds"]), suffered
        return await rig.balance(), suffered


async def _suffer(rig: Rig, dice: Random, seconds: float, suffered: Counter[str]) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        await asyncio.sleep(dice.uniform(0, 2))
        fault = dice.choice(FAULTS)
        suffered[fault.__name__.replace("_", " ")] += 1
        await fault(rig, dice)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.acceptance.rig", description=__doc__)
    asked.add_argument("--seconds", type=float, default=HOUR, help="for how long")
    asked.add_argument("--seed", type=int, default=None, help="the first round's")
    asked.add_argument("--mutants", action="store_true", help="try out the mutants, nothing else")
    words = asked.parse_args()
    if words.mutants:
        return try_mutants([])
    seed = SystemRandom().randrange(10**6) if words.seed is None else words.seed
    is_well = _rounds(words.seconds, seed)
    if len(sys.argv) == 1:
        is_well = try_mutants([]) == 0 and is_well
    return 0 if is_well else 1


def _rounds(seconds: float, seed: int) -> bool:
    ends_at = time.monotonic() + seconds
    total: dict[str, Counter[str]] = {}
    facts = kills = 0
    is_well = True
    while (left := ends_at - time.monotonic()) > 0:
        folder = Path(tempfile.mkdtemp(prefix="soak-"))
        _say(f"round with seed {seed}")
        verdict, suffered = asyncio.run(soak(folder, seed, min(left, ROUND_SECONDS)))
        _say(", ".join(f"{name} {n}" for name, n in sorted(suffered.items())))
        facts += verdict.facts
        kills += sum(n for name, n in suffered.items() if "kill" in name)
        for name, outcomes in verdict.balance.items():
            total.setdefault(name, Counter()).update(outcomes)
        if verdict.violations:
            is_well = False
            _say(f"VIOLATIONS with seed {seed}; what is left is in {folder}")
            _say("\n".join(verdict.violations))
        else:
            shutil.rmtree(folder)
        seed += 1
    _say(f"in all, {kills} kills:")
    _say("\n".join(Verdict(balance=total, facts=facts).lines()))
    return is_well


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
