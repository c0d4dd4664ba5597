"""The disk lets the real process down: what senders and operators are told meanwhile."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, accounts: [AC00000000000000000000000000000001]}}
destinations:
  wfm: {{mapping: cloudevents, url: "{url}"}}
"""


class GatewayOnABadDisk(Gateway):
    """The real process, started by the launcher with a disk of our own."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tests.acceptance.faulty", "--config",
                str(self.config_path), *words]  # fmt: skip

    def turn(self, weather: str) -> None:
        told = self.folder / "weather.new"
        told.write_text(weather)
        told.rename(self.folder / "weather")  # never half of it


@pytest.fixture
async def wfm():
    async with WfmStandIn() as wfm:
        yield wfm


@pytest.fixture
async def gateway(tmp_path: Path, wfm):
    environ = {"FAULTY_DISK": str(tmp_path)}
    async with GatewayOnABadDisk(tmp_path, CONFIG.format(url=wfm.url), environ) as gateway:
        yield gateway


async def post(gateway, number):
    """Post a record; return status, headers and what is said."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{gateway.url}/v1/ingest/flex",
            data=envelope(record(1, number)),
            headers={"Content-Type": "application/json"},
        ) as answer,
    ):
        return answer.status, answer.headers, await answer.json(content_type=None)


async def readiness(gateway):
    status, _report = await gateway.get_admin("/readyz")
    return status


@pytest.mark.parametrize("weather", ["write full", "write io", "sync io"])
async def test_senders_are_told_to_come_again_until_the_disk_is_mended(gateway, wfm, weather):
    assert (await post(gateway, 0))[0] == 200
    await wfm.wait_for(2)
    gateway.turn(weather)
    status, headers, problem = await post(gateway, 1)
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == 503
    assert await readiness(gateway) == 503
    gateway.turn("")
    status, _headers, answer = await post(gateway, 1)
    assert (status, answer["accepted"]) == (200, 1)
    await gateway.until(lambda: readiness(gateway), wanted=200)
    await wfm.wait_for(3)
    assert await gateway.stop() == 0
    assert len(wfm.received) == 3


async def test_while_a_sync_takes_its_time_everything_else_is_answered(gateway, wfm):
    assert (await post(gateway, 0))[0] == 200
    gateway.turn("hold")
    posted = asyncio.ensure_future(post(gateway, 1))
    held = gateway.folder / "held"
    async with asyncio.timeout(20):
        while not held.exists():  # noqa: ASYNC110 - another process has no event to await
            await asyncio.sleep(0.01)
    ready = asyncio.ensure_future(readiness(gateway))
    assert (await gateway.get("/healthz"))[0] == 200
    assert (await gateway.get_admin("/api/v1/destinations"))[0] == 200
    assert (await gateway.get_admin("/api/v1/agents"))[0] == 200
    assert not posted.done()
    gateway.turn("")
    assert (await posted)[0] == 200
    assert await ready == 200


async def test_a_disk_that_hangs_is_told(gateway):
    gateway.turn("hold")
    assert await readiness(gateway) == 503
    gateway.turn("")
    await gateway.until(lambda: readiness(gateway), wanted=200)
