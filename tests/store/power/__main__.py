"""Lose the power for a while: ``python -m tests.store.power --seconds 60 --seed 7``.

Exit code 1 where something acknowledged was lost; the folder with what the disk held is kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.store.power.trial import generations, lay_out


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.store.power", description=__doc__)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--seed", type=int, default=None)
    asked.add_argument("--ignore", action="append", default=[], help="a sync: db, wal, folder …")
    words = asked.parse_args()
    seed = words.seed if words.seed is not None else Random().randrange(10**6)
    return suffer(words.seconds, seed, frozenset(words.ignore))


def suffer(seconds: float, seed: int, ignored: frozenset[str]) -> int:
    ends_at = time.monotonic() + seconds
    suffered, dice = 0, Random(seed)
    with tempfile.TemporaryDirectory(prefix="power-") as place:
        lives = generations(Path(place), dice, requests=150, losses=100, ignored=ignored)
        for number, losses in enumerate(lives, start=1):
            suffered += len(losses)
            for each in losses:
                if each.problems:
                    kept = Path(tempfile.mkdtemp(prefix="power-loss-"))
                    lay_out(kept, each.files)
                    say(f"seed {seed}, life {number}, step {each.position}: {kept}")
                    say("\n".join(each.problems))
                    return 1
            if time.monotonic() > ends_at:
                break
    say(f"seed {seed}: the power was lost {suffered} times in {number} lives, and nothing else")
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
