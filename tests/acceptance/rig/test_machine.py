"""The machine lets the gateway down: a full disk, a broken one, one that is read-only; and it is
asked to end while everybody sends.
"""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess

import pytest

from tests.acceptance.rig.rig import Rig, sending

SMALL_DISK = 24 * 1024**2


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own in a mount namespace of its own; what is in there is seen
    from outside through the process that keeps it.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    script = f"mount -t tmpfs -o size={SMALL_DISK} tmpfs {folder} && echo ready && exec sleep 600"
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may have a disk of its own")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as keeper:
        if keeper.stdout.readline() != b"ready\n":
            pytest.skip(f"this machine gives no disk: {keeper.stderr.read().decode()}")
        try:
            yield keeper.pid
        finally:
            keeper.kill()


async def until_refused(rig, many=20):
    enough = rig.ledger.refused[503] + many

    async def is_enough():
        return rig.ledger.refused[503] >= enough

    await rig.gateway.until(is_enough, wanted=True)


async def test_a_full_disk_refuses_and_loses_nothing_and_mends_itself(tmp_path, small_disk):
    async with Rig(tmp_path, pause=0.03, disk=small_disk) as rig, sending(rig):
        await rig.events.wait_for(20)
        ballast = rig.place / "ballast"
        fill(ballast)
        await until_refused(rig)
        ballast.unlink()
        await rig.events.wait_for(len(rig.events.heard) + 50)
    assert rig.verdict.balance["events"].keys() == {"delivered"}


def fill(ballast):
    """Write until the disk is full."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))


async def test_files_that_may_not_grow_lose_nothing(tmp_path):
    async with Rig(tmp_path, pause=0.03) as rig, sending(rig):
        await rig.events.wait_for(20)
        pid = rig.gateway.process.pid
        free = resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        await until_refused(rig)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, free)
        await rig.events.wait_for(len(rig.events.heard) + 50)
    assert rig.verdict.balance["events"].keys() == {"delivered"}


async def test_a_folder_that_cannot_be_written_is_refused_in_words(tmp_path, small_disk):
    inside = ["nsenter", "--target", str(small_disk), "--mount"]
    mount = [*inside, "mount", "-o", "remount,ro", str(tmp_path / "disk")]
    await asyncio.to_thread(subprocess.run, mount, check=True)
    async with Rig(tmp_path, disk=small_disk, starts=False) as rig:
        code, _, said = await rig.gateway.run("serve")
    assert code == 1
    assert "disk/gateway.db cannot be opened: Read-only file system" in said
    assert "Traceback" not in said


async def test_asked_to_end_while_everybody_sends_it_ends_well(tmp_path):
    async with Rig(tmp_path, agents=20) as rig, sending(rig):
        for _ in range(3):
            await rig.events.wait_for(len(rig.events.heard) + 40)
            assert await rig.gateway.stop() == 0
            await rig.gateway.start()
