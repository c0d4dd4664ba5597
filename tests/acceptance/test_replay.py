"""`replay`: a mapping mended today, and yesterday told right."""

import asyncio
import json

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}, statuses: {{{statuses}}}}}
destinations:
  history: {{mapping: cloudevents, url: "{url}/history", events: [agent.state]}}
  board:
    mapping: calabrio_rta_json
    url: "{url}/board"
    options: {{authentication_key: made-up-key, source_id: "1"}}
"""
SAME = {"same": 5, "changed": 0, "new": 0, "gone": 0}


def history(wfm):
    return [json.loads(each.body) for each in wfm.received if "history" in each.path]


async def replayed(gateway, *words):
    code, out, err = await gateway.run("--json", "replay", *words)
    assert code == 0, err
    return json.loads(out)


async def received(gateway):
    """Let an agent be available, at lunch, in training, in a meeting; wait until all is told."""
    for number in range(4):
        await gateway.post("flex", envelope(record(1, number)))
    for name in ("history", "board"):
        await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)


async def mended(gateway, url, config=CONFIG):
    """Have it take a training for ready."""
    gateway.config_path.write_text(config.format(url=url, statuses="Training: ready"))
    gateway.hang_up()

    async def said():
        return any("gateway.reloaded" in line for line in gateway.output)

    await gateway.until(said, wanted=True)


async def test_only_what_differs_is_told_again_and_only_once(tmp_path):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, statuses="Training: not_ready")
        async with Gateway(tmp_path, config) as gateway:
            await received(gateway)
            assert (await replayed(gateway, "--dry-run"))["events"] == SAME
            await mended(gateway, wfm.url)
            looked = await replayed(gateway, "--dry-run")
            before = len(wfm.received)
            told = await replayed(gateway, "--rate", "1000")
            await gateway.until(lambda: gateway.told_of("history", "backlog"), wanted=0)
            again = await replayed(gateway, "--rate", "1000")
            assert await gateway.stop() == 0
    assert looked["events"] == {"same": 3, "changed": 2, "new": 0, "gone": 0}
    assert looked["deliveries"] == told["deliveries"] == {"history": 2}
    assert again["events"] == SAME
    assert len(wfm.received) == before + 2
    corrected = [(each["time"][14:19], each["data"]["status"]) for each in history(wfm)[-2:]]
    assert corrected == [("00:02", "ready"), ("00:03", "not_ready")]
    ids = [each["id"] for each in history(wfm)]
    assert len(set(ids)) == len(ids)


ARCHIVE = """
  archive: {{mapping: cloudevents, url: "{url}/archive", events: [agent.state]}}
"""


def revisions(wfm, path):
    told = [json.loads(each.body) for each in wfm.received if path in each.path]
    return [(each["id"], each["data"]["status"]) for each in told[4:]]


async def test_what_one_destination_was_told_the_others_can_be_told_later(tmp_path):
    config = CONFIG + ARCHIVE
    async with WfmStandIn() as wfm:
        words = {"url": wfm.url, "statuses": "Training: not_ready"}
        async with Gateway(tmp_path, config.format(**words)) as gateway:
            await received(gateway)
            await gateway.until(lambda: gateway.told_of("archive", "backlog"), wanted=0)
            await mended(gateway, wfm.url, config)
            alone = await replayed(gateway, "--destination", "archive")
            rest = await replayed(gateway)
            again = await replayed(gateway)
            await gateway.until(lambda: gateway.told_of("history", "backlog"), wanted=0)
            assert await gateway.stop() == 0
    told = [each["deliveries"] for each in (alone, rest, again)]
    assert told == [{"archive": 2}, {"history": 2}, {}]
    assert [status for _, status in revisions(wfm, "history")] == ["ready", "not_ready"]
    assert set(revisions(wfm, "history")) == set(revisions(wfm, "archive"))


async def test_it_can_be_narrowed_and_is_told_in_words(tmp_path):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, statuses="Training: not_ready")
        async with Gateway(tmp_path, config) as gateway:
            await received(gateway)
            nothing = await replayed(gateway, "--to", "2026-03-02T09:00:00Z")
            other = await replayed(gateway, "--reason", "translate")
            wrong = await gateway.run("replay", "--source", "nobody")
            assert await gateway.stop() == 0
            _, text, _ = await gateway.run("replay", "--dry-run")
    assert (nothing["receipts"], other["receipts"]) == (0, 0)
    assert wrong[0] == 1
    assert "no source 'nobody' is configured (flex)" in wrong[2]
    assert "4 receipts, events: 5 same" in text


async def begun(gateway, wfm, *words):
    """Start a slow replay; wait until the first event of it was told."""
    process = await asyncio.create_subprocess_exec(
        *gateway.command("replay", "--rate", "1/s", *words),
        cwd=gateway.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    before = len(history(wfm))
    async with asyncio.timeout(20):
        while len(history(wfm)) == before:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    return process


async def trained(gateway, several):
    """Let so many agents be in training, each in a request of its own."""
    for agent in range(several):
        await gateway.post("flex", envelope(record(agent, 2)))
    for name in ("history", "board"):
        await gateway.until(lambda name=name: gateway.told_of(name, "backlog"), wanted=0)


def once_each(wfm, several):
    """Whether each agent was told of twice: as it was, and once as a revision."""
    told = {each["id"]: (each["subject"], each["data"]["status"]) for each in history(wfm)}
    return len(told) == len(set(told.values())) == 2 * several


async def test_killed_in_the_middle_it_is_gone_on_with(tmp_path):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, statuses="Training: not_ready")
        async with Gateway(tmp_path, config) as gateway:
            await trained(gateway, 8)
            await mended(gateway, wfm.url)
            process = await begun(gateway, wfm)
            await gateway.kill()
            assert await process.wait() == 1
            await gateway.start()
            await replayed(gateway, "--rate", "1000")
            await gateway.until(lambda: gateway.told_of("history", "backlog"), wanted=0)
            assert (await replayed(gateway))["deliveries"] == {}
    assert once_each(wfm, 8)


async def test_asked_to_stop_it_does_not_wait_for_a_replay(tmp_path):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, statuses="Training: not_ready")
        async with Gateway(tmp_path, config) as gateway:
            await trained(gateway, 4)
            await mended(gateway, wfm.url)
            process = await begun(gateway, wfm)
            async with asyncio.timeout(6):
                assert await gateway.stop() == 0
            assert await process.wait() == 1


async def test_interrupted_it_tells_no_more(tmp_path):
    async with WfmStandIn() as wfm:
        config = CONFIG.format(url=wfm.url, statuses="Training: not_ready")
        async with Gateway(tmp_path, config) as gateway:
            await trained(gateway, 8)
            await mended(gateway, wfm.url)
            process = await begun(gateway, wfm)
            process.kill()  # in the background of a shell SIGINT would be ignored
            await process.wait()

            async def audited():
                _, entries = await gateway.get_admin("/api/v1/audit")
                results = [each["result"] for each in entries]
                return any("interrupted" in each.get("problem", "") for each in results)

            await gateway.until(audited, wanted=True)
            rest = await replayed(gateway, "--dry-run")
            assert 0 < rest["events"]["changed"] < 16
