"""The rig: a real gateway between senders that keep a ledger and vendors that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Self

from tests.acceptance.process import Gateway
from tests.acceptance.rig.books import read_books
from tests.acceptance.rig.centre import Agent, career
from tests.acceptance.rig.judge import Terms, Verdict, judge
from tests.acceptance.rig.ledger import Ledger
from tests.acceptance.rig.sender import Sender
from tests.acceptance.rig.vendor import Mood, Vendor

CALM_SECONDS = 60
POLL_SECONDS = 0.02
OUR_PORTS = 20_000, 32_000

CONFIG = """
server: {{port: {port}, shutdown_grace: 5s}}
admin: {{port: {admin_port}}}
store: {{path: gateway.db}}
agents: {{files: [agents.csv]}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {{{statuses}}}}}
  engage: {{type: ringcentral, auth: {{type: none}}, statuses: {{{statuses}}}}}
destinations:
  events:
    mapping: cloudevents
    url: {events.url}
    timeout: {events.milliseconds}ms
    retry: {{first: 20ms, max: 200ms}}
    circuit: {{failures: 5, probe_after: 200ms}}
    identify_by: [id]
  codes:
    mapping: calabrio_rta_json
    url: {codes.url}
    options: {{authentication_key: secret, source_id: "1"}}
    identify_by: [wfm_id]
    timeout: {codes.milliseconds}ms
    retry: {{first: 20ms, max: 200ms}}
    circuit: {{failures: 5, probe_after: 200ms}}
"""
STATUSES = "Break: not_ready, Lunch: not_ready, Coaching: not_ready"


class RiggedGateway(Gateway):
    """The real process, started by the launcher with bombs and a clock."""

    def command(self, *words: str) -> list[str]:
        launcher = "tests.acceptance.rig.killpoint"
        return [sys.executable, "-m", launcher, "--config", str(self.config_path), *words]

    async def start_with(self, point: str) -> None:
        """Start with a bomb; it may go off before the gateway listens."""
        self.environ |= {"RIG_POINT": point, "RIG_LOG_PAGES": "40"}
        try:
            await self.start()
        except AssertionError:
            assert self.process is not None
            if self.process.returncode is None:
                raise
        finally:
            del self.environ["RIG_POINT"], self.environ["RIG_LOG_PAGES"]

    async def ended(self, seconds: float = 20) -> int:
        """Wait for its end, whoever brings it about; return the exit code."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), seconds)


@dataclass
class Rig:
    """Everything of one run. *more* is added to the configuration. The roster lacks each
    *unmapped_every*-th agent (0: nobody); what the vendor of codes is owed of them is held.
    """

    folder: Path
    seed: int = 7
    agents: int = 12
    more: str = ""
    pause: float = 0.0
    starts: bool = True
    unmapped_every: int = 9
    ledger: Ledger = field(default_factory=Ledger)
    events: Vendor = field(default_factory=Vendor)
    codes: Vendor = field(default_factory=Vendor)

    async def __aenter__(self) -> Self:
        self.dice = Random(self.seed)
        self.people = [
            Agent("engage" if number % 3 == 0 else "flex", number)
            for number in range(1, self.agents + 1)
        ]
        self._stack = contextlib.AsyncExitStack()
        for vendor in (self.events, self.codes):
            await self._stack.enter_async_context(vendor)
        self.write_roster()
        (self.folder / "clock").write_bytes(struct.pack("<d", 0.0))
        self.gateway = RiggedGateway(
            self.folder, self._config(), {"RIG_CLOCK": str(self.folder / "clock")}
        )
        self.gateway.config_path.write_text(self.gateway.config)
        self._stack.push_async_exit(self.gateway)
        if self.starts:
            await self.gateway.start()
        self.sender = Sender(lambda: self.gateway.url, self.ledger, self.dice, self.pause)
        self.careers = [career(each, Random(self.dice.random())) for each in self.people]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def _config(self) -> str:
        ports = {"port": free_port(), "admin_port": free_port()}
        config = CONFIG.format(events=self.events, codes=self.codes, statuses=STATUSES, **ports)
        return config + self.more

    @property
    def identities(self) -> dict[str, str]:
        """The agents whom the vendor of codes knows, by subject."""
        every = self.unmapped_every
        known = [each for each in self.people if not every or each.number % every]
        return {each.subject: each.wfm_id for each in known}

    def write_roster(self) -> None:
        """Tell the gateway whom the vendor of codes knows."""
        rows = [
            f"{each.source},{each.id},{self.identities[each.subject]}"
            for each in self.people
            if each.subject in self.identities
        ]
        roster = "\n".join(["source,agent_id,wfm_id", *rows, ""])
        (self.folder / "agents.csv").write_text(roster)

    @property
    def terms(self) -> list[Terms]:
        return [
            Terms("events", self.events),
            Terms("codes", self.codes, skips=True, codes=True, identities=self.identities),
        ]

    async def send(self, each: int | None = None) -> None:
        """Let every agent send so many requests (`None`: until `sender.is_over`)."""
        await self.sender.send_all(self.careers, each)

    def be(self, mood: Mood, *, retry_after: str | None = None) -> None:
        """Let both vendors answer every request so."""
        for vendor in (self.events, self.codes):
            vendor.be(mood, retry_after=retry_after)

    def wrong_by(self, seconds: float) -> None:
        """Step the gateway's clock."""
        with (self.folder / "clock").open("r+b") as file:
            file.write(struct.pack("<d", seconds))

    def be_at(self, moment: datetime) -> None:
        """Set the gateway's clock to a moment."""
        self.wrong_by((moment - datetime.now(UTC)).total_seconds())

    async def calm(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until everything is translated and nothing is owed."""
        async with asyncio.timeout(seconds):
            while await self.backlog() > 0:  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(POLL_SECONDS)

    async def backlog(self) -> int:
        """Ask the admin API what is still to be done."""
        _, ready = await self.gateway.get_admin("/readyz")
        _, found = await self.gateway.get_admin("/api/v1/destinations")
        return int(ready["store"]["untranslated"]) + sum(each["backlog"] for each in found)

    async def balance(self) -> Verdict:
        """Wait for calm, end the gateway, and let the judge compare."""
        await self.calm()
        code = await self.gateway.stop()
        verdict = judge(self.ledger, read_books(self.folder / "gateway.db"), self.terms)
        if code != 0:
            verdict.violations.append(f"SIGTERM ended it with exit code {code}")
        sys.stdout.write("".join(f"{line}\n" for line in verdict.lines()))
        return verdict


def free_port() -> int:
    """Return a port that nobody has, below those that connections are given by the system: it
    must still be free when the gateway starts anew.
    """
    while True:
        port = SystemRandom().randrange(*OUR_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
