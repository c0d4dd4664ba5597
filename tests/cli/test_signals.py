"""`serve` ends with exit code 0 whenever it is asked to, also before it serves."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.acceptance.process import START_SECONDS, Gateway

CONFIG = """
server: {port: 0, shutdown_grace: 1s}
admin: {port: 0}
store: {path: gateway.db}
sources:
  flex: {type: flex_rta, auth: {type: none}}
"""


def has_loaded(pid, library):
    """Whether the process has loaded a library."""
    return library in Path(f"/proc/{pid}/maps").read_text()


def catches(pid, wanted):
    """Whether the process has a handler of its own for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(
        next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16
    )
    return bool(mask >> (wanted - 1) & 1)


async def loading(folder):
    """Start it; return it as soon as it can be asked to stop, long before it listens."""
    gateway = Gateway(folder, CONFIG)
    gateway.config_path.write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        *gateway.command("serve"),
        cwd=folder,
        env={"PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(START_SECONDS):
        while not catches(process.pid, signal.SIGTERM):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.002)
    assert not has_loaded(process.pid, "uvloop")  # what takes its time comes later
    return process


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0, 0.2, 0.5])
async def test_asked_to_stop_while_it_starts(tmp_path, asked, seconds):
    process = await loading(tmp_path)
    await asyncio.sleep(seconds)  # into the imports, the configuration, the store, the listening
    process.send_signal(asked)
    _out, err = await asyncio.wait_for(process.communicate(), START_SECONDS)
    assert (process.returncode, b"Traceback" in err) == (0, False), err


async def test_hung_up_while_it_starts_it_goes_on(tmp_path):
    process = await loading(tmp_path)
    process.send_signal(signal.SIGHUP)
    assert b"listening on" in await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), START_SECONDS)
    assert process.returncode == 0
