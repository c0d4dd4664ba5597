"""The database file in bad hands: damaged, newer, copied, brought back."""

import json
import sqlite3
from contextlib import closing

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.wfm import WfmStandIn

CONFIG = """
server: {{port: 0}}
admin: {{port: 0}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: none}}}}
destinations:
  wfm: {{mapping: cloudevents, url: "{url}"}}
"""


async def test_a_damaged_store_is_set_aside_and_senders_are_served(tmp_path):
    path = tmp_path / "gateway.db"
    async with WfmStandIn() as wfm:
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await wfm.wait_for(2)
            assert await gateway.stop() == 0
            with path.open("r+b") as file:
                file.seek(100)
                file.write(b"\xa5" * 3 * 4096)
            code, out, _ = await gateway.run("store", "check")
            await gateway.start()
            assert (await gateway.post("flex", envelope(record(1, 1))))[0] == 200
            await wfm.wait_for(4)
            _, ready = await gateway.get_admin("/readyz")
            (aside,) = ready["store"]["set_aside"]
            await gateway.until(lambda: raised(gateway), wanted=["store_set_aside"])
            sound = await gateway.run("store", "check")
            other = await gateway.run("store", "check", "--file", aside)
            assert await gateway.stop() == 0
    assert code == 1
    assert "cannot be" in out
    assert any("store.set_aside" in line and aside in line for line in gateway.output)
    assert (sound[0], other[0]) == (0, 1)


async def raised(gateway):
    _, ready = await gateway.get_admin("/readyz")
    return [each["alarm"] for each in ready["alarms"]]


async def test_a_copy_brings_back_what_was_owed(tmp_path):
    path, copy = tmp_path / "gateway.db", tmp_path / "copy.db"
    async with WfmStandIn() as wfm:
        wfm.answer(503)
        async with Gateway(tmp_path, CONFIG.format(url=wfm.url)) as gateway:
            await gateway.post("flex", envelope(record(1, 0)))
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=2)
            code, told, err = await gateway.run("--json", "store", "backup", "copy.db")
            again = await gateway.run("store", "backup", "copy.db")
            assert await gateway.stop() == 0
            for each in tmp_path.glob("gateway.db*"):
                each.unlink()
            copy.rename(path)
            wfm.answer(200)
            failed = len(wfm.received)
            await gateway.start()
            await wfm.wait_for(failed + 2)
            assert await gateway.stop() == 0
    assert code == 0, err
    assert json.loads(told)["bytes"] > 0
    assert again[0] == 1
    assert "something at" in again[2]


async def test_a_newer_store_is_refused_in_words(tmp_path):
    gateway = Gateway(tmp_path, CONFIG.format(url="http://127.0.0.1:9/"))
    gateway.config_path.write_text(gateway.config)
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as connection:
        connection.execute(f"PRAGMA application_id = {0x57464D47}")
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE later (x)")
    before = (tmp_path / "gateway.db").read_bytes()
    code, _, err = await gateway.run("serve")
    assert code == 1
    assert "newer wfm-gateway" in err
    assert "Traceback" not in err
    assert (tmp_path / "gateway.db").read_bytes() == before
