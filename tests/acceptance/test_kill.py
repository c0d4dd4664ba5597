"""Killed while many senders post and a destination fails: nothing acknowledged is lost."""

import asyncio
import contextlib
import json
import random
import socket

import aiohttp

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

SENDERS = 50
RECORDS = 12
KILLS = 3

CONFIG = """
server: {{port: {port}}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {{Training: not_ready}}}}
destinations:
  wfm:
    mapping: cloudevents
    url: {url}
    timeout: 2s
    retry: {{first: 20ms, max: 200ms}}
    circuit: {{failures: 1000, probe_after: 100ms}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def keep_posting(gateway: Gateway, agent: int, ledger: list[str]) -> None:
    """Post an agent's records in order, each until it is acknowledged."""
    async with aiohttp.ClientSession() as session:
        for number in range(RECORDS):
            body = envelope(record(agent, number))
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(
                        f"{gateway.url}/v1/ingest/flex",
                        data=body,
                        headers={"Content-Type": "application/json"},
                        timeout=aiohttp.ClientTimeout(total=5),
                    ) as answer:
                        await answer.read()
                        if answer.status == 200:
                            ledger.append(record(agent, number)["last_processed_event_sid"])
                            break
                await asyncio.sleep(0.05)  # a sender's own pause before it sends again


def every_third_fails(number: int) -> int:
    return 503 if number % 3 == 2 else 200


async def test_nothing_acknowledged_is_lost_and_each_agent_stays_in_order(tmp_path):
    dice = random.Random(7)
    async with WfmStandIn() as wfm:
        wfm.answer_by_number(every_third_fails)
        config = CONFIG.format(port=free_port(), url=wfm.url)
        async with Gateway(tmp_path, config) as gateway:
            ledger: list[str] = []
            senders = [
                asyncio.ensure_future(keep_posting(gateway, agent, ledger))
                for agent in range(SENDERS)
            ]
            for _ in range(KILLS):
                await wfm.wait_for(len(wfm.received) + dice.randrange(20, 120))
                await gateway.kill()
                await gateway.start()
            await asyncio.gather(*senders)
            await wait_until_delivered(wfm, ledger)
            assert await gateway.stop() == 0
    judge(wfm, ledger)


def delivered(wfm: WfmStandIn) -> list[dict]:
    return [json.loads(each.body) for each in wfm.received if each.status == 200]


async def wait_until_delivered(wfm: WfmStandIn, ledger: list[str]) -> None:
    async with asyncio.timeout(60):
        while set(ledger) - {each["data"]["native_id"] for each in delivered(wfm)}:
            await wfm.wait_for(len(wfm.received) + 1)


def judge(wfm: WfmStandIn, ledger: list[str]) -> None:
    events = delivered(wfm)
    states = [each for each in events if each["type"] == "wfm.agent.state.v1"]
    assert {each["data"]["native_id"] for each in states} == set(ledger)
    assert len(ledger) == SENDERS * RECORDS
    by_agent: dict[str, list[str]] = {}
    for each in states:
        told = by_agent.setdefault(each["subject"], [])
        if each["time"] not in told:
            told.append(each["time"])
    assert all(told == sorted(told) and len(told) == RECORDS for told in by_agent.values())
    ids = {}
    for each in events:
        assert ids.setdefault(each["id"], each) == each
    logins = [each for each in events if each["type"] == "wfm.agent.login.v1"]
    assert {each["subject"] for each in logins} == set(by_agent)
