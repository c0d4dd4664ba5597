"""Wrong-state seconds per agent-hour: what the vendor was told against what was true.

One simulated floor is told, at the same moments, to the gateway and to a plain relay with
retries (`benchmarks.relay`), each with a vendor of its own that has the same bad days: first
none, then a share of errors, then an outage in which both are killed and started again, then
the time after it. An agent is wrong from a change of state until the vendor has taken it.

    python -m benchmarks.wrong_state --agents 200 --calm 120 --errors 120 --outage 600 --after 180
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from gateway.mapping.registry import installed
from gateway.operations.simulation import ContactCentre
from tests.acceptance.process import Gateway
from tests.acceptance.rig.rig import free_port

MEAN_DWELL_SECONDS = 60.0
ERROR_SHARE = 0.03
SETTLED = 2.0
"""Seconds from the end of a phase on in which nothing happens, for what is under way."""

CONFIG = """
server: {{port: {port}}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  wfm: {{mapping: cloudevents, url: {url}, events: [agent.state], superseded: skip}}
"""

State = tuple[str, str | None]


@dataclass
class Floor:
    """What is true, and what one vendor was told; *wrong* seconds by phase."""

    truth: dict[str, State] = field(default_factory=dict)
    told: dict[str, State] = field(default_factory=dict)
    wrong_since: dict[str, float] = field(default_factory=dict)
    wrong: float = 0.0

    def happens(self, agent: str, state: State) -> None:
        self.truth[agent] = state
        self._look(agent)

    def is_told(self, agent: str, state: State) -> None:
        self.told[agent] = state
        self._look(agent)

    def _look(self, agent: str) -> None:
        now = time.monotonic()
        if self.told.get(agent) != self.truth.get(agent):
            self.wrong_since.setdefault(agent, now)
        elif agent in self.wrong_since:
            self.wrong += now - self.wrong_since.pop(agent)

    def take(self) -> float:
        """Return the wrong seconds since the last time that this was asked."""
        now = time.monotonic()
        self.wrong += sum(now - since for since in self.wrong_since.values())
        self.wrong_since = dict.fromkeys(self.wrong_since, now)
        taken, self.wrong = self.wrong, 0.0
        return taken


class Vendor:
    """Takes states, or does not: *mood* returns the status to answer with."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.mood = lambda: 200
        self.url = ""
        self.requests = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/events", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"

    async def _take(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        self.requests += 1
        status = self.mood()
        if status == 200:
            data = event["data"]
            self.floor.is_told(event["subject"], _state(data["status"], data["reason"]["label"]))
        return web.Response(status=status)


def _state(status: str, label: str | None) -> State:
    return status, label if status == "not_ready" else None


class RelayProcess:
    def __init__(self, folder: Path, config: str, port: int) -> None:
        self.config = folder / "relay.yaml"
        self.config.write_text(config)
        self.url = f"http://127.0.0.1:{port}"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.relay", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
        )
        await self.process.stdout.readline()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


class Sender:
    """The platform: sends each agent's records in order to one contender, until taken."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/v1/ingest/flex"
        self._session = session
        self._lines: dict[str, asyncio.Queue[bytes]] = {}
        self._tasks: list[asyncio.Task] = []

    def send(self, agent: str, body: bytes) -> None:
        if agent not in self._lines:
            self._lines[agent] = asyncio.Queue()
            self._tasks.append(asyncio.ensure_future(self._drain(self._lines[agent])))
        self._lines[agent].put_nowait(body)

    async def _drain(self, line: asyncio.Queue[bytes]) -> None:
        while True:
            body = await line.get()
            while not await self._is_taken(body):  # noqa: ASYNC110 - the platform's own pause
                await asyncio.sleep(1)

    async def _is_taken(self, body: bytes) -> bool:
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(self._url, data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


class Run:
    """One floor, two contenders."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._asked = asked
        self._centre = ContactCentre(asked.agents, asked.seed)
        self._mapping = installed().sources["flex_rta"]
        self._dice = random.Random(asked.seed)
        self.floors = {"gateway": Floor(), "relay": Floor()}
        self.senders: dict[str, Sender] = {}

    async def happen(self, seconds: float) -> None:
        """Let the floor live for so long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            pause = self._dice.expovariate(self._asked.agents / MEAN_DWELL_SECONDS)
            await asyncio.sleep(pause)
            moment = self._centre.next(datetime.now(UTC))
            for composed in self._mapping.compose(moment):
                (record,) = json.loads(composed.body)["records"]
                agent = f"flex:{record['worker']['sid']}"
                for name, floor in self.floors.items():
                    floor.happens(agent, _state(moment.status.value, moment.reason))
                    self.senders[name].send(agent, composed.body)

    def measure(self, phase: str, seconds: float) -> None:
        hours = self._asked.agents * seconds / 3600
        row = {name: floor.take() / hours for name, floor in self.floors.items()}
        still = {name: len(floor.wrong_since) for name, floor in self.floors.items()}
        print(
            f"| {phase} | {seconds:.0f} | {row['gateway']:.2f} | {row['relay']:.2f} "
            f"| {still['gateway']} | {still['relay']} |",
            flush=True,
        )


async def main(asked: argparse.Namespace) -> None:
    run = Run(asked)
    vendors = {name: Vendor(floor) for name, floor in run.floors.items()}
    for vendor in vendors.values():
        await vendor.start()
    dice = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        port, relay_port = free_port(), free_port()
        config = CONFIG.format(port=port, url=vendors["gateway"].url)
        relay = RelayProcess(
            Path(folder), CONFIG.format(port=relay_port, url=vendors["relay"].url), relay_port
        )
        await relay.start()
        async with Gateway(Path(folder), config) as gateway, aiohttp.ClientSession() as session:
            run.senders = {
                "gateway": Sender(gateway.url, session),
                "relay": Sender(relay.url, session),
            }
            print("| phase | seconds | gateway | relay | still wrong, gateway | relay |")
            print("|---|---|---|---|---|---|")
            await phase(run, "calm", asked.calm)
            for vendor in vendors.values():
                vendor.mood = lambda: 500 if dice.random() < ERROR_SHARE else 200
            await phase(run, "3 % errors", asked.errors)
            for vendor in vendors.values():
                vendor.mood = lambda: 503
            await run.happen(asked.outage / 2)
            await asyncio.gather(gateway.kill(), relay.kill())
            await asyncio.gather(gateway.start(), relay.start())
            await run.happen(asked.outage / 2)
            run.measure("outage, with a restart in its middle", asked.outage)
            for vendor in vendors.values():
                vendor.mood = lambda: 200
            await phase(run, "after the outage", asked.after)
            for sender in run.senders.values():
                sender.stop()
            assert await gateway.stop() == 0
        await relay.kill()


async def phase(run: Run, name: str, seconds: float) -> None:
    await run.happen(seconds)
    await asyncio.sleep(SETTLED)
    run.measure(name, seconds)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description="Wrong-state seconds per agent-hour.")
    words.add_argument("--agents", type=int, default=200)
    words.add_argument("--seed", type=int, default=7)
    for name, seconds in (("calm", 120), ("errors", 120), ("outage", 600), ("after", 180)):
        words.add_argument(f"--{name}", type=float, default=seconds)
    asyncio.run(main(words.parse_args()))
