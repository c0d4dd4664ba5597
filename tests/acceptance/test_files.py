"""Files of intervals, by the real process: made up after an outage, told, corrected by a word."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from gateway.engine.files.calendar import shape_of
from gateway.store.sqlite import open_store
from tests.acceptance.process import Gateway
from tests.standins.shelf import destination

HOURS_2 = timedelta(hours=2)
CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources: {{flex: {{type: flex_rta, auth: {{type: none}}}}}}
destinations:
  history:
    mapping: calabrio_interval_files
    url: 'file://{folder}'
    grace: 0s
    options: {{queues: {{Support: 101}}}}
"""


def now():
    return datetime.now(UTC)


async def asked_since(place, since):
    """Make a store whose file destination has been configured since then."""
    store = open_store(place / "gateway.db", now=now)
    await store.filing_since("history", shape_of(destination()), since)
    await store.close()


def names(folder):
    return {each.name for each in folder.iterdir()}


class Files(Gateway):
    """A gateway, and what is told of its destination that gets files."""

    async def state(self):
        _, found = await self.get_admin("/api/v1/destinations")
        return found[0]["state"]

    async def done(self):
        """Whether all that was owed has been looked at: it is `writing` from the first file on."""
        _, found = await self.get_admin("/api/v1/destinations")
        return found[0]["state"], found[0]["backlog"]

    async def listed(self):
        _, rows = await self.get_admin("/api/v1/destinations/history/files")
        return rows

    async def said(self, *words):
        code, out, err = await self.run(*words)
        assert code == 0, err
        return out.strip()


async def test_what_was_missed_is_made_up_told_and_written_again_by_a_word(tmp_path):
    since, folder = now() - HOURS_2, tmp_path / "incoming"
    await asked_since(tmp_path, since)
    async with Files(tmp_path, CONFIG.format(folder=folder)) as gateway:
        await gateway.until(gateway.state, wanted="failing")
        folder.mkdir()
        await gateway.said("destinations", "resume", "history")
        await gateway.until(gateway.done, wanted=("writing", 0))
        rows = await gateway.listed()
        assert len(rows) in (8, 9)
        assert {each["revision"] for each in rows} == {1}
        assert names(folder) == {name for each in rows for name in each["files"]}
        assert all("_incomplete" in each for each in names(folder))
        first, second = rows[0]["start"], rows[1]["start"]
        asked = ("files", "again", "history", "--from", first, "--to", second)
        assert await gateway.said(*asked) == "history: 1 spans will be written once more"
        await gateway.until(lambda: corrections(folder), wanted=3)
        assert 'gateway_files_total{destination="history",what="corrected"}' in (
            await gateway.metrics()
        )
        assert await gateway.stop() == 0
    async with Files(tmp_path, CONFIG.format(folder=folder)) as gateway:
        await gateway.until(gateway.done, wanted=("writing", 0))
        again = await gateway.listed()
        assert [each["revision"] for each in again[: len(rows)]] == [2] + [1] * (len(rows) - 1)


async def corrections(folder):
    return len([each for each in names(folder) if "_r2" in each])


async def test_a_folder_that_hangs_is_failing_and_holds_up_no_stop(tmp_path):
    """A pipe that nobody reads hangs as a mount does whose server is away."""
    since, folder = now() - HOURS_2, tmp_path / "incoming"
    await asked_since(tmp_path, since)
    folder.mkdir()
    os.mkfifo(folder / ".wfm-gateway-probe")
    config = CONFIG.format(folder=folder).replace("grace: 0s", "timeout: 1s")
    async with Files(tmp_path, config) as gateway:
        code, out, _ = await gateway.run("ping", "history")
        assert (code, "it took longer than 1 s" in out) == (1, True)
        async with asyncio.timeout(10):
            assert await gateway.stop() == 0
