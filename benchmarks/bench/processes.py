"""Processes that the bench starts: ports, readiness, what they cost, and their end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

CPU_CLOCK = 2
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60
END_SECONDS = 5
POLL_SECONDS = 0.05


def ahead(pid: int) -> None:
    """Let a session of the bench go before others', where `BENCH_NICE` says how far (root).

    Linux shares time between sessions first, so a process's own niceness alone changes nothing.
    """
    wanted = os.environ.get("BENCH_NICE")
    if wanted:
        os.setpriority(os.PRIO_PROCESS, pid, int(wanted))
        Path(f"/proc/{pid}/autogroup").write_text(wanted)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Running:
    """A contender that answers, with the sessions of all its processes."""

    url: str
    """To which `/v1/ingest/{source}` is added."""
    sessions: list[int] = field(default_factory=list)

    def pids(self) -> list[int]:
        """Return every process that ours or their children have started."""
        return [pid for pid, session in _sessions() if session in self.sessions]

    def cpu_seconds(self) -> float:
        """Return the processor time of all, children that ended included."""
        return sum(_cpu_seconds(pid) for pid in self.pids())

    def peak_mib(self) -> float:
        """Return the most resident memory that each has had, added up."""
        return sum(_peak_kib(pid) for pid in self.pids()) / 1024


def machine_cpu_seconds() -> float:
    """Return the processor time of everything on this machine."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + soft + steal) / TICKS


def own_cpu_seconds(pid: int) -> float:
    """Return the processor time of the bench itself, its senders included, and of *pid*."""
    spent = os.times()
    return sum(spent[:4]) + _cpu_seconds(pid)


def _sessions() -> list[tuple[int, int]]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [(pid, int(words[3])) for pid in pids if (words := _stat(pid))]


def _stat(pid: int) -> list[str]:
    """Return the fields after the command, from the state on; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children that ended.

    Of the process by its clock, made from its number as clock_getcpuclockid(3) does: what
    /proc tells comes in hundredths of a second.
    """
    words = _stat(pid)
    if not words:
        return 0
    return time.clock_gettime((~pid << 3) | CPU_CLOCK) + sum(map(int, words[13:15])) / TICKS


def _peak_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@asynccontextmanager
async def started(
    words: Sequence[str], log: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Run a command in a session of its own; end all of it at the end."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())} | dict(environ or {}),
            stdout=out,
            stderr=out,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    ahead(process.pid)
    try:
        yield process.pid
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the first to end, then end what its session still holds."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
    for pid, session in _sessions():
        if session == process.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def together(
    commands: Sequence[tuple[Sequence[str], Mapping[str, str]]], log: Path, port: int
) -> AsyncIterator[Running]:
    """Run several commands; go on when the one at *port* says that it is well."""
    running = Running(f"http://127.0.0.1:{port}")
    async with AsyncExitStack() as stack:
        for words, environ in commands:
            pid = await stack.enter_async_context(started(words, log, environ))
            running.sessions.append(pid)
        await answers(f"{running.url}/healthz", log)
        yield running


async def answers(url: str, log: Path) -> None:
    """Wait until an address answers 200."""
    async with aiohttp.ClientSession() as session:
        for _ in range(int(READY_SECONDS / POLL_SECONDS)):
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(POLL_SECONDS)
    raise RuntimeError(f"{url} does not answer: {log} ends with\n{ending(log)}")


def ending(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
