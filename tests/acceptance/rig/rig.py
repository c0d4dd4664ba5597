"""The rig: a real gateway between senders that keep a ledger and vendors that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import struct
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Self

from tests.acceptance.process import CALM_SECONDS, Gateway
from tests.acceptance.rig.books import read_books
from tests.acceptance.rig.centre import Agent, career
from tests.acceptance.rig.judge import Terms, Verdict, judge
from tests.acceptance.rig.ledger import Ledger
from tests.acceptance.rig.sender import Sender
from tests.acceptance.rig.vendor import Mood, Vendor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LAST_WORDS = 40
MOST_TOLD = 20
OUR_PORTS = 20_000, 32_000

CONFIG = """
server: {{port: {port}, shutdown_grace: 5s}}
admin: {{port: {admin_port}}}
store: {{path: {store}}}
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
    superseded: {superseded}
    {secured}
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


@dataclass
class RiggedGateway(Gateway):
    """The real process, started by the launcher with bombs and a clock; *disk*: in the mount
    namespace of that process.
    """

    disk: int | None = None

    def command(self, *words: str) -> list[str]:
        launcher = [sys.executable, "-m", "tests.acceptance.rig.killpoint"]
        command = [*launcher, "--config", str(self.config_path), *words]
        if self.disk is None:
            return command
        there = ["sh", "-c", 'cd "$0" && exec "$@"', str(self.folder)]
        return ["nsenter", "--target", str(self.disk), "--mount", *there, *command]

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

    async def ended(self, seconds: float = 40) -> int:
        """Wait for its end, whoever brings it about; return the exit code."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), seconds)


@dataclass
class Rig:
    """Everything of one run. *more* is added to the configuration. The roster lacks each
    *unmapped_every*-th agent (0: nobody); what the vendor of codes is owed of them is held.
    *tls*: the vendor of events is behind it. *disk*: the store is in the folder `disk` as the
    process with that id sees it. *skips*: the vendor of events wants the newest states only.
    """

    folder: Path
    seed: int = 7
    agents: int = 12
    more: str = ""
    pause: float = 0.0
    starts: bool = True
    unmapped_every: int = 9
    tls: ssl.SSLContext | None = None
    disk: int | None = None
    skips: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    events: Vendor = field(default_factory=Vendor)
    codes: Vendor = field(default_factory=Vendor)
    verdict: Verdict = field(default_factory=Verdict)

    async def __aenter__(self) -> Self:
        self.dice = Random(self.seed)
        self.people = [
            Agent("engage" if number % 3 == 0 else "flex", number)
            for number in range(1, self.agents + 1)
        ]
        self._stack = contextlib.AsyncExitStack()
        self.events.tls = self.tls
        for vendor in (self.events, self.codes):
            await self._stack.enter_async_context(vendor)
        self.write_roster()
        (self.folder / "clock").write_bytes(struct.pack("<d", 0.0))
        self.gateway = RiggedGateway(
            self.folder, self._config(), {"RIG_CLOCK": str(self.folder / "clock")}, disk=self.disk
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
        port, admin_port = free_ports(2)
        ports = {"port": port, "admin_port": admin_port}
        secured = f"tls: {{ca: {self.folder}/ca.pem}}" if self.tls else ""
        config = CONFIG.format(
            secured=secured,
            superseded="skip" if self.skips else "send",
            store="disk/gateway.db" if self.disk else "gateway.db",
            events=self.events,
            codes=self.codes,
            statuses=STATUSES,
            **ports,
        )
        return config + self.more

    @property
    def place(self) -> Path:
        """The folder with the store, as it is seen from here."""
        if self.disk is None:
            return self.folder
        return Path(f"/proc/{self.disk}/root{self.folder}/disk")

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
            Terms("events", self.events, skips=self.skips),
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
        await self.gateway.calm(seconds)

    async def balance(self) -> Verdict:
        """Wait for calm, end the gateway, and let the judge compare."""
        await self.calm()
        code = await self.gateway.stop()
        if self.disk is not None:  # SQLite does not find its way there
            for each in self.place.glob("gateway.db*"):
                shutil.copy(each, self.folder)
        verdict = judge(self.ledger, read_books(self.folder / "gateway.db"), self.terms)
        if code != 0:
            verdict.violations.append(f"SIGTERM ended it with exit code {code}")
        sys.stdout.write("".join(f"{line}\n" for line in verdict.lines()))
        self.verdict = verdict
        return verdict


@contextlib.asynccontextmanager
async def sending(rig: Rig) -> AsyncIterator[None]:
    """Let the senders send all the while; then wait for the judge, who finds nothing."""
    async with asyncio.TaskGroup() as group:
        group.create_task(rig.send())
        try:
            yield
        except BaseException:
            loud = [each for each in rig.gateway.output if '"level":"info"' not in each]
            sys.stdout.write("\n".join(loud[-LAST_WORDS:]))
            raise
        finally:
            rig.sender.is_over = True
    verdict = await rig.balance()
    assert verdict.violations == [], "\n".join(verdict.violations[:MOST_TOLD])
    assert verdict.facts > 0


def free_ports(several: int) -> list[int]:
    """Return so many different free ports."""
    found: set[int] = set()
    while len(found) < several:
        found.add(free_port())
    return sorted(found)


def free_port() -> int:
    """Return a port that nobody has, below those that connections are given by the system: it
    must still be free when the gateway starts anew.
    """
    while True:
        port = SystemRandom().randrange(*OUR_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
