"""A vendor that stamps on arrival is back after an hour: how many requests until all is right.

    python -m benchmarks.back_again [--agents 10000] [--states 20]

Everybody's states piled up for an hour. The gateway runs while the vendor refuses (`away`), or
is started when the vendor is well again (`restart`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aiohttp import web

from benchmarks.machine import description, table
from benchmarks.owed import owe
from tests.acceptance.flex import NAMES
from tests.acceptance.process import Gateway

AWAY_SECONDS = 20
PATIENCE_SECONDS = 300

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  wfm: {destination}
"""
CALABRIO = """{{mapping: calabrio_rta_json, url: "{url}", max_backlog: 1000000{batch},
    options: {{authentication_key: k, source_id: "1"}}, identify_by: [id]}}"""
EVENTS = """{{mapping: cloudevents, url: "{url}", max_backlog: 1000000{batch},
    superseded: skip, events: [agent.state]}}"""
BATCH = ", batch: {max_events: 50, max_wait: 250ms}"


@dataclass
class Vendor:
    """A stand-in that counts. *told*: what it was told of each agent, in order."""

    is_away: bool = True
    requests: int = 0
    refused: int = 0
    told: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        said = json.loads(await request.read())
        if self.is_away:
            self.refused += 1
            return web.Response(status=503)
        self.requests += 1
        for who, what in read(said):
            self.told.setdefault(who, []).append(what)
        return web.Response()


def read(said: dict | list) -> Iterator[tuple[str, str]]:
    """Yield who is told to be in what state."""
    if isinstance(said, dict) and "AuthenticationKey" in said:
        for state in said.get("States", [said]):
            yield state["UserCode"], state["StateCode"].partition(":")[2] or state["StateCode"]
        return
    for event in said if isinstance(said, list) else [said]:
        yield event["data"]["agent"]["id"], event["data"]["reason"]["label"]


async def come_back(folder: Path, vendor: Vendor, config: str, words: argparse.Namespace) -> float:
    """Let the vendor be well again; return the seconds until everybody's state was told."""
    async with Gateway(folder, config) as gateway:
        if vendor.is_away:
            await asyncio.sleep(AWAY_SECONDS)
        vendor.is_away = False
        began = time.perf_counter()
        while len(vendor.told) < words.agents:
            assert time.perf_counter() - began < PATIENCE_SECONDS
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        while await gateway.told_of("wfm", "backlog"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)
        await gateway.stop()
    return took


def run(name: str, destination: str, batch: int, words: argparse.Namespace, *, away: bool) -> tuple:
    with tempfile.TemporaryDirectory(prefix="back-") as place:
        folder = Path(place)
        return asyncio.run(_run(name, destination, batch, words, folder, away=away))


async def _run(
    name: str, destination: str, batch: int, words: argparse.Namespace, folder: Path, *, away: bool
) -> tuple:
    async with Vendor(is_away=away) as vendor:
        asked = BATCH if batch > 1 else ""
        config = CONFIG.format(destination=destination.format(url=vendor.url, batch=asked))
        path = folder / "gateway.yaml"
        path.write_text(config.replace("path: gateway.db", f"path: {folder}/gateway.db"))
        owed = await asyncio.to_thread(owe, path, agents=words.agents, states=words.states)
        took = await come_back(folder, vendor, path.read_text(), words)
    last = NAMES[(words.states - 1) % len(NAMES)]
    codes = {last, "ready"} if last == "Available" else {last}
    first = sum(told[0] in codes for told in vendor.told.values())
    needed = math.ceil(words.agents / batch)
    return (name, "away" if away else "restart", owed, needed, vendor.requests, vendor.refused,
            f"{first} of {words.agents}", f"{took:.1f}")  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.back_again", description=__doc__)
    asked.add_argument("--agents", type=int, default=10_000)
    asked.add_argument("--states", type=int, default=20)
    words = asked.parse_args()
    rows = [
        run(name, destination, batch, words, away=away)
        for name, destination in (("calabrio_rta_json", CALABRIO), ("cloudevents", EVENTS))
        for batch in (1, 50)
        for away in (True, False)
        if (name, batch) != ("calabrio_rta_json", 1)
    ]
    print(table(["destination", "how", "owed", "requests needed", "requests made",
                 "refused while away", "current state told first", "seconds"], rows))  # fmt: skip
    print(f"\n{description()}")


if __name__ == "__main__":
    sys.exit(main())
