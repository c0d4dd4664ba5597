"""A million deliveries owed: how long a start takes, and how much memory.

    python -m benchmarks.backlog [--agents 10000] [--states 99]

The memory is that of a gateway which takes in a state of every agent within a minute: with
nothing owed and a vendor that takes everything; with the backlog and a vendor that is away
(every connection is refused), and back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.machine import description, median, table
from benchmarks.owed import owe, picture
from tests.acceptance.flex import NAMES, envelope
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

ROUNDS = 1
WORK_SECONDS = 60
REST_SECONDS = 10
POLL_SECONDS = 0.005

NOBODY = "http://127.0.0.1:9/"

CONFIG = """
server: {{port: 0}}
admin: {{port: {admin}}}
store: {{path: {store}}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  dead:
    mapping: {mapping}
    url: {url}
    max_backlog: 5000000
    retry: {{give_up_after: 7d}}
"""


@dataclass
class Memory:
    """Resident memory in MiB: of all, and of what is not backed by a file."""

    resident: float
    anonymous: float


def memory_of(pid: int) -> Memory:
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in {"VmRSS", "RssAnon"}:
            found[name] = int(value.split()[0]) / 1024
    return Memory(found["VmRSS"], found["RssAnon"])


def forget_pages(path: Path) -> None:
    """Have the file read from the disk the next time."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def start(gateway: Gateway) -> float:
    """Start it; return the seconds until it says that it is ready."""
    began = time.perf_counter()
    starting = asyncio.ensure_future(gateway.start())
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{gateway.admin_url}/readyz") as answer:
                    if answer.status == 200:
                        break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(POLL_SECONDS)
    took = time.perf_counter() - began
    await starting
    return took


async def starts(gateway: Gateway, store: Path, *, cold: bool, kill: bool) -> list[float]:
    """Start it again and again; end it in order, or not."""
    taken = []
    for _ in range(ROUNDS):
        if cold:
            forget_pages(store)
        taken.append(await start(gateway))
        await asyncio.sleep(1)  # let it begin with its work, as it would
        await (gateway.kill() if kill else gateway.stop())
    return taken


async def at_rest(gateway: Gateway) -> Memory:
    """Return the memory some seconds after a start, with nothing coming in."""
    await start(gateway)
    await asyncio.sleep(REST_SECONDS)
    found = memory_of(gateway.process.pid)
    await gateway.stop()
    return found


async def at_work(gateway: Gateway, agents: int) -> Memory:
    """Let it work for a while; return the most memory that it had."""
    await start(gateway)
    most = Memory(0, 0)
    ends_at = time.monotonic() + WORK_SECONDS
    each = agents // WORK_SECONDS // 10
    agent = 0
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < ends_at:
            now = datetime.now(UTC)
            records = [picture((agent + n) % agents, NAMES[agent % 3], now) for n in range(each)]
            agent += each
            async with session.post(
                f"{gateway.url}/v1/ingest/flex",
                data=envelope(*records),
                headers={"Content-Type": "application/json"},
            ) as answer:
                assert answer.status == 200, await answer.text()
            await asyncio.sleep(0.1)
            found = memory_of(gateway.process.pid)
            most = Memory(max(most.resident, found.resident), max(most.anonymous, found.anonymous))
    await gateway.stop()
    return most


def made(folder: Path, store: Path, admin: int, url: str, mapping: str) -> Gateway:
    """Return a gateway on the store, yet to be started, with a configuration of its own."""
    folder.mkdir()
    config = CONFIG.format(store=store, admin=admin, url=url, mapping=mapping)
    gateway = Gateway(folder, config)
    gateway.config_path.write_text(config)
    gateway.admin_url = f"http://127.0.0.1:{admin}"
    return gateway


async def measure_starts(loaded: Gateway, empty: Gateway, store: Path) -> str:
    taken = {
        "empty store": await starts(empty, store, cold=False, kill=False),
        "after a clean end": await starts(loaded, store, cold=False, kill=False),
        "likewise, not in the page cache": await starts(loaded, store, cold=True, kill=False),
        "after kill -9": await starts(loaded, store, cold=False, kill=True),
    }
    head = ["start to ready", "median s", "longest s"]
    return table(head, [(k, f"{median(v):.2f}", f"{max(v):.2f}") for k, v in taken.items()])


def compared(when: str, found: dict[str, Memory]) -> str:
    none = next(iter(found.values()))
    head = [when, "resident, MiB", "ratio", "of it anonymous, MiB", "ratio"]
    rows = [
        (name, f"{each.resident:.0f}", f"{each.resident / none.resident:.2f}",
         f"{each.anonymous:.0f}", f"{each.anonymous / none.anonymous:.2f}")
        for name, each in found.items()
    ]  # fmt: skip
    return table(head, rows)


async def measure(folder: Path, store: Path, words: argparse.Namespace) -> None:
    nothing = folder / "nothing.db"
    async with WfmStandIn() as well:
        away = made(folder / "away", store, 18081, NOBODY, words.mapping)
        empty = made(folder / "empty", nothing, 18082, well.url, words.mapping)
        back = made(folder / "back", store, 18083, well.url, words.mapping)
        print(await measure_starts(away, empty, store), flush=True)
        gateways = {
            "nothing owed": empty,
            "owed, the vendor away": away,
            "owed, the vendor back": back,
        }
        rest = {name: await at_rest(each) for name, each in gateways.items() if each is not back}
        print(f"\n{compared('memory at rest', rest)}", flush=True)
        work = {name: await at_work(each, words.agents) for name, each in gateways.items()}
        print(
            f"\n{compared('memory at work', work)}\n\n{len(well.received)} requests at the vendor"
        )
    print(f"\n{description()}")


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.backlog", description=__doc__)
    asked.add_argument("--agents", type=int, default=10_000)
    asked.add_argument("--states", type=int, default=99)
    asked.add_argument("--mapping", default="cloudevents")
    asked.add_argument("--keep", type=Path, help="use, or make and keep, the store in this folder")
    words = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="backlog-") as place:
        folder = Path(place)
        store = folder / "gateway.db"
        kept = words.keep and words.keep / "gateway.db"
        if kept and kept.exists():
            shutil.copy(kept, store)
        else:
            seed(folder, store, words)
            if kept:
                words.keep.mkdir(exist_ok=True)
                shutil.copy(store, kept)
        asyncio.run(measure(folder, store, words))


def seed(folder: Path, store: Path, words: argparse.Namespace) -> None:
    gateway = made(folder / "seed", store, 0, NOBODY, words.mapping)
    began = time.perf_counter()
    owed = owe(gateway.config_path, agents=words.agents, states=words.states)
    took = time.perf_counter() - began
    print(f"{owed} deliveries owed to {words.agents} agents; made in {took:.0f} s\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
