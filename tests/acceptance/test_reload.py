"""A new configuration while it runs, and a restart that no sender notices."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys

import aiohttp

from gateway.http.unix import user_name
from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  {source}: {{type: flex_rta, auth: {{type: none}}, statuses: {{Training: {training}}}}}
destinations:
  wfm:
    mapping: cloudevents
    url: {url}
    concurrency: {concurrency}
    retry: {{first: 20ms, max: 100ms}}
"""
SENDERS = 20
RECORDS = 30


def config(url, *, source="flex", training="not_ready", concurrency=16):
    return CONFIG.format(url=url, source=source, training=training, concurrency=concurrency)


def states(wfm):
    told = [json.loads(each.body) for each in wfm.received if each.status == 200]
    return [each for each in told if each["type"] == "wfm.agent.state.v1"]


async def reloaded(gateway, text, word="gateway.reloaded"):
    """Have it read *text*; wait until it says what came of it."""
    count = sum(word in line for line in gateway.output)
    gateway.config_path.write_text(text)
    gateway.hang_up()

    async def said():
        return sum(word in line for line in gateway.output) > count

    await gateway.until(said, wanted=True)


async def test_a_good_configuration_counts_from_the_next_request_on(tmp_path):
    async with WfmStandIn() as old, WfmStandIn() as new:
        old.answer(503)
        async with Gateway(tmp_path, config(old.url)) as gateway:
            assert (await gateway.post("flex", envelope(record(1, 2))))[0] == 200
            await old.wait_for(1)
            await reloaded(gateway, config(new.url, training="ready"))
            await new.wait_for(2)  # what the old address never took
            assert (await gateway.post("flex", envelope(record(2, 2))))[0] == 200
            await new.wait_for(4)
            await reloaded(gateway, config(new.url, source="other"))
            assert (await gateway.post("flex", envelope(record(3, 0))))[0] == 404
            assert (await gateway.post("other", envelope(record(3, 0))))[0] == 200
            await new.wait_for(6)
            assert await gateway.stop() == 0
    assert [each["data"]["status"] for each in states(new)] == ["not_ready", "ready", "ready"]


async def test_a_bad_configuration_changes_nothing_and_says_why(tmp_path):
    async with WfmStandIn() as wfm:
        async with Gateway(tmp_path, config(wfm.url)) as gateway:
            bad = config("ftp://nowhere", concurrency=0) + "surprise: 1\n"
            await reloaded(gateway, bad, "reload.refused")
            (line,) = [each for each in gateway.output if "reload.refused" in each]
            problems = json.loads(line)["problems"]
            assert len(problems) == 3
            assert all("gateway.yaml" in each for each in problems)
            assert (await gateway.post("flex", envelope(record(1, 0))))[0] == 200
            await wfm.wait_for(2)
            gateway.config_path.write_text(gateway.config)
            await gateway.run("destinations", "pause", "wfm", "--why", "their maintenance")
            _, rows, _ = await gateway.run("--json", "audit")
            assert await gateway.stop() == 0
    pause, reload = json.loads(rows)
    assert (reload["who"], reload["result"]) == ("process", {"problems": 3})
    assert (pause["who"], pause["why"]) == (user_name(os.getuid()), "their maintenance")


async def test_what_needs_a_restart_is_named(tmp_path):
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url)) as gateway:
        text = config(wfm.url).replace("server: {port: 0}", "server: {port: 1, max_connections: 9}")
        await reloaded(gateway, text, "reload.partial")
        (line,) = [each for each in gateway.output if "reload.partial" in each]
        waiting = json.loads(line)["keys_that_need_a_restart"]
        assert waiting == ["server.port", "server.max_connections"]
        assert (await gateway.get("/healthz"))[0] == 200


HASTY = """
import os, signal, sys
from gateway import app
from gateway.cli.main import main
stage = app.serve.__globals__
open_store = stage["open_store"]

def hung_up_meanwhile(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGHUP)
    return open_store(*args, **kwargs)

stage["open_store"] = hung_up_meanwhile
main(sys.argv[1:])
"""


class Hasty(Gateway):
    """A gateway that is sent SIGHUP while it opens its store."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", HASTY, *super().command(*words)[3:]]


async def test_hung_up_while_it_starts_it_reads_again_when_it_has(tmp_path):
    async with WfmStandIn() as wfm, Hasty(tmp_path, config(wfm.url)) as gateway:

        async def said():
            return sum("gateway.reloaded" in line for line in gateway.output)

        await gateway.until(said, wanted=1)
        assert await gateway.stop() == 0


async def test_hung_up_while_it_ends_it_ends_well(tmp_path):
    async with WfmStandIn() as wfm, Gateway(tmp_path, config(wfm.url)) as gateway:
        gateway.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            while gateway.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(gateway.process.pid, signal.SIGHUP)
                await asyncio.sleep(0.002)
        assert gateway.process.returncode == 0


async def test_a_source_may_go_and_come_under_load_and_a_destination_change(tmp_path):
    async with WfmStandIn() as wfm:
        async with Gateway(tmp_path, config(wfm.url)) as gateway:
            senders = [asyncio.ensure_future(keep_posting(gateway.url, n)) for n in range(SENDERS)]
            for number in range(6):
                await wfm.wait_for(len(wfm.received) + 20)
                await reloaded(gateway, config(wfm.url, concurrency=3 + number))
            assert await asyncio.gather(*senders) == [0] * SENDERS
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
            assert await gateway.stop() == 0
    for_each = {}
    for each in states(wfm):
        told = for_each.setdefault(each["subject"], [])
        if each["time"] not in told:
            told.append(each["time"])
    assert len(for_each) == SENDERS
    assert all(told == sorted(told) and len(told) == RECORDS for told in for_each.values())


async def keep_posting(url, agent):
    """Post an agent's records, each until it is acknowledged; return how often we were refused."""
    refused = 0
    for number in range(RECORDS):
        status = None
        while status != 200:
            try:
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(
                        f"{url}/v1/ingest/flex",
                        data=envelope(record(agent, number)),
                        headers={"Content-Type": "application/json"},
                    ) as answer,
                ):
                    status = answer.status
            except aiohttp.ClientConnectorError:
                refused += 1
            except aiohttp.ClientError:
                status = None  # cut while it was answered: the sender asks again
    return refused


HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="server")
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


class Activated(Gateway):
    """A gateway whose public socket its parent holds, as systemd does."""

    def command(self, *words: str) -> list[str]:
        command = super().command(*words)
        return [command[0], "-c", HANDED, str(self.handed[0]), *command[1:]]


async def test_a_restart_behind_a_held_socket_refuses_nobody(tmp_path):
    with socket.create_server(("127.0.0.1", 0), backlog=256) as held:
        async with WfmStandIn() as wfm:
            handed = (held.fileno(),)
            async with Activated(tmp_path, config(wfm.url), handed=handed) as gateway:
                url = f"http://127.0.0.1:{held.getsockname()[1]}"
                senders = [asyncio.ensure_future(keep_posting(url, n)) for n in range(SENDERS)]
                for _ in range(2):
                    await wfm.wait_for(len(wfm.received) + 100)
                    assert await gateway.stop() == 0
                    await gateway.start()
                assert await asyncio.gather(*senders) == [0] * SENDERS
                await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=0)
                assert await gateway.stop() == 0
    assert len({each["data"]["native_id"] for each in states(wfm)}) == SENDERS * RECORDS
