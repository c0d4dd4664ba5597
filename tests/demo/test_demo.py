"""The demo as a user starts it."""

import asyncio
import os
import signal
import sys

SECONDS = 60


async def start(folder, *words):
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "--config", "config/demo.yaml", "demo", *words),
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_it_shows_the_samples_and_ends_even_twice_at_the_same_time(tmp_path):
    both = [await start(tmp_path, "--once") for _ in range(2)]
    async with asyncio.timeout(SECONDS):
        for demo in both:
            out, _ = await demo.communicate()
            shown = out.decode()
            assert demo.returncode == 0, shown
            assert "Traceback" not in shown
            assert max(map(len, shown.splitlines())) <= 100
            for word in ("what came in", "the neutral event", "what each vendor received"):
                assert word in shown
            for word in (
                "wfm.agent.state.v1",
                "/Rta/State/Change",
                "busy since 2021-06-06T11:44:42",
            ):
                assert word in shown
    assert not list(tmp_path.glob("wfm-gateway-demo-*"))


async def test_the_simulated_contact_centre_runs_until_it_is_interrupted(tmp_path):
    demo = await start(tmp_path)
    shown = b""
    async with asyncio.timeout(SECONDS):
        while b"requests, " not in shown:
            shown += await demo.stdout.readline()
        demo.send_signal(signal.SIGINT)
        shown += await demo.stdout.read()
        await demo.wait()
    assert demo.returncode == 0, shown.decode()
    assert b"Traceback" not in shown
    assert b"The demo is over" in shown
    assert not list(tmp_path.glob("wfm-gateway-demo-*"))
