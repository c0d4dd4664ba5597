"""The real process, started with the real command, seen from outside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LISTENING = re.compile(r"(listening|admin) on (https?://\S+)")
START_SECONDS = 30
CALM_SECONDS = 60
POLL_SECONDS = 0.02


@dataclass
class Gateway:
    """`wfm-gateway serve` on a configuration of its own in *folder*."""

    folder: Path
    config: str
    environ: dict[str, str] = field(default_factory=dict)
    handed: tuple[int, ...] = ()
    """File descriptors that it inherits."""
    url: str = ""
    admin_url: str = ""
    process: asyncio.subprocess.Process | None = None
    output: list[str] = field(default_factory=list)
    _readers: list[asyncio.Task] = field(default_factory=list)
    _listeners: set[str] = field(default_factory=set)

    @property
    def config_path(self) -> Path:
        return self.folder / "gateway.yaml"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "gateway", "--config", str(self.config_path), *words]

    async def __aenter__(self) -> Self:
        self.config_path.write_text(self.config)
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command("serve"),
            cwd=self.folder,
            pass_fds=self.handed,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())} | self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        listens = asyncio.Event()
        self._listeners.clear()
        self._readers += [
            asyncio.ensure_future(self._read(self.process.stdout, listens)),
            asyncio.ensure_future(self._read(self.process.stderr, listens)),
        ]
        ended = asyncio.ensure_future(self.process.wait())
        waiting = asyncio.ensure_future(listens.wait())
        done, _ = await asyncio.wait(
            {ended, waiting}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        assert ended not in done, "\n".join(self.output)
        assert listens.is_set(), "\n".join(self.output)

    async def _read(self, stream: asyncio.StreamReader, listens: asyncio.Event) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            self.output.append(text)
            if found := LISTENING.search(text):
                if found[1] == "admin":
                    self.admin_url = found[2]
                else:
                    self.url = found[2]
                self._listeners.add(found[1])
                if len(self._listeners) == 2:
                    listens.set()

    async def kill(self) -> None:
        """End it without a word."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), START_SECONDS)

    async def post(
        self, source: str, body: bytes, headers: dict[str, str] | None = None, query: str = ""
    ) -> tuple[int, Any]:
        """Send one request; return status and what the answer says."""
        headers = {"Content-Type": "application/json"} | (headers or {})
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.url}/v1/ingest/{source}{query}", data=body, headers=headers
            ) as answer,
        ):
            text = await answer.read()
            return answer.status, json.loads(text) if text else None

    async def get(self, target: str, base: str = "") -> tuple[int, Any]:
        """Ask for something; return status and what the answer says."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(URL((base or self.url) + target, encoded=True)) as answer,
        ):
            return answer.status, json.loads(await answer.read() or b"null")

    async def get_admin(self, target: str) -> tuple[int, Any]:
        """The same of the admin listener."""
        return await self.get(target, self.admin_url)

    async def post_admin(self, target: str) -> int:
        """Try to change something; return the status."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.admin_url + target, json={}) as answer,
        ):
            return answer.status

    async def metrics(self) -> str:
        """Return the metrics."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.admin_url}/metrics") as answer,
        ):
            return await answer.text()

    async def count(self, verb: str) -> int:
        """Return how many entries a verb lists."""
        code, out, err = await self.run("--json", verb, "list")
        assert code == 0, err
        return len(json.loads(out))

    async def told_of(self, destination: str, what: str) -> Any:
        """Return what `/readyz` tells of a destination."""
        _, ready = await self.get_admin("/readyz")
        return ready["destinations"][destination][what]

    async def untranslated(self) -> int:
        """Return how many receipts wait to be translated."""
        _, ready = await self.get_admin("/readyz")
        return ready["store"]["untranslated"]

    async def backlog(self) -> int:
        """Return what is still to be done."""
        _, ready = await self.get_admin("/readyz")
        untranslated = ready["store"].get("untranslated", 1)  # it cannot say while it is ill
        _, found = await self.get_admin("/api/v1/destinations")
        return int(untranslated) + sum(each["backlog"] for each in found)

    async def calm(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until everything is translated and nothing is owed."""
        async with asyncio.timeout(seconds):
            while await self.backlog() > 0:  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(POLL_SECONDS)

    async def until(self, ask: Callable[[], Awaitable[Any]], *, wanted: Any) -> None:
        """Ask again and again until the answer is the wanted one."""
        async with asyncio.timeout(START_SECONDS):
            while await ask() != wanted:  # noqa: ASYNC110 - another process has no event to await
                await asyncio.sleep(POLL_SECONDS)

    def hang_up(self) -> None:
        """Send SIGHUP."""
        self.process.send_signal(signal.SIGHUP)

    async def run(self, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        """Run another verb on the same configuration."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*words),
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())} | self.environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(stdin), START_SECONDS)
        return process.returncode, out.decode(), err.decode()
