"""The gateway of the demo: the real command in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gateway.http.client import call, is_alive
from gateway.http.unix import socket_path
from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.05
SETTLE_SECONDS = 30.0
LOG_LINES_SHOWN = 20
_LISTENING = re.compile(r"\blistening on (https?://\S+)")


@dataclass
class DemoGateway:
    """`wfm-gateway serve` on *config*, its log in a file beside the store."""

    config: Path
    store: Path
    environ: Mapping[str, str]
    url: str = ""
    _process: Process | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where it logs."""
        return self.store.with_name("gateway.log")

    async def __aenter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "--config", str(self.config), "serve"),
                env={**os.environ, **self.environ, "PYTHONUNBUFFERED": "1"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C reaches the demo, which then stops it
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_it_listens()
        except BaseException as problem:
            await self.__aexit__()
            if isinstance(problem, TimeoutError):
                raise OperationError(self._why("did not start in time")) from problem
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _until_it_listens(self) -> None:
        while not self.url:
            if self._process is not None and self._process.returncode is not None:
                raise OperationError(self._why("ended"))
            listening = _LISTENING.search(self.log.read_text(errors="replace"))
            alive = await asyncio.to_thread(is_alive, socket_path(self.store))
            if listening and alive:
                self.url = listening[1].rstrip("/")
                return
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _why(self, what: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n".join([f"the demo's gateway {what}; its last words:", *tail])

    async def status(self) -> dict[str, Any]:
        """Ask it how it is, as `wfm-gateway` verbs do."""
        socket = socket_path(self.store)
        answer: dict[str, Any] = await asyncio.to_thread(call, socket, "GET", "/api/v1/status")
        return answer

    async def until_nothing_is_owed(self) -> None:
        """Wait until everything received is translated and delivered."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while not _is_idle(await self.status()):  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _is_idle(status: Mapping[str, Any]) -> bool:
    return not status["counts"].get("untranslated") and not any(
        each["backlog"] for each in status["destinations"]
    )
