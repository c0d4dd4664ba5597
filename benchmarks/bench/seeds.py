"""Stores that a case starts on: made by the gateway's own parts, kept in `var/bench`.

    python -m benchmarks.bench.seeds FOLDER AGENTS STATES

`known-N` is a store that knows N agents and owes nothing; `owed-N` owes N deliveries to 10,000
agents. A million takes a while, once, and 3 GB; the little that a round delivers of it is not
missed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from benchmarks.bench.cases import Case
from benchmarks.bench.contenders import Place, write_config
from benchmarks.bench.packages import HOME, Packages
from benchmarks.bench.phases import MAX_BACKLOG
from benchmarks.owed import owe

AGENTS = 10_000
NOBODY = "http://127.0.0.1:9/"
NAME = "gateway.db"


async def seeded(case: Case) -> Path | None:
    """Return the store that a case begins with; None: an empty one of its own."""
    kind, _, number = case.seed.partition("-")
    if not int(number or 0):
        return None
    folder = (HOME / case.seed).absolute()
    if not (folder / "done").exists():
        agents = int(number) if kind == "known" else AGENTS
        states = 1 if kind == "known" else int(number) // AGENTS
        await _made(folder, agents, states, owed=kind == "owed")
    return folder / NAME


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


async def _made(folder: Path, agents: int, states: int, *, owed: bool) -> None:
    _emptied(folder)
    urls = [NOBODY] if owed else []
    place = Place(folder, urls, Packages(), store=folder / NAME, max_backlog=MAX_BACKLOG)
    write_config(place, port=0)
    print(f"making {folder.name}: {agents} agents, {states} states each", flush=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bench.seeds", str(folder), str(agents), str(states)
    )
    if await process.wait():
        raise RuntimeError(f"{folder.name} could not be made")
    (folder / "done").touch()


if __name__ == "__main__":
    owe(Path(sys.argv[1]) / "gateway.yaml", agents=int(sys.argv[2]), states=int(sys.argv[3]))
