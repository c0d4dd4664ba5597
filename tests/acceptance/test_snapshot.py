"""Snapshots through the real process: the vendor's floor is right after an outage and a restart."""

import json

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway
from tests.standins.calabrio import LOGGED_OUT, CalabrioStandIn

AGENTS = 6
AVAILABLE, LUNCH, OFFLINE = 0, 1, 2


def roster(*numbers):
    rows = [f"flex,WK{number:032x},{2000 + number}" for number in numbers]
    return "\n".join(["source,agent_id,wfm_id", *rows, ""])


def config(url, snapshot):
    return (
        "server: {port: 0}\nadmin: {port: 0}\nstore: {path: gateway.db}\n"
        "sources: {flex: {type: flex_rta, auth: {type: none}}}\n"
        "agents: {files: [agents.csv]}\n"
        "destinations:\n  calabrio:\n    mapping: calabrio_rta_json\n"
        f"    url: {url}\n"
        "    retry: {first: 20ms, max: 100ms}\n    circuit: {failures: 2, probe_after: 100ms}\n"
        f"    options: {{authentication_key: '${{KEY}}', source_id: '1'}}\n{snapshot}"
    )


def floor(*numbers, code="ready"):
    return {str(2000 + number): code for number in numbers}


async def hear(gateway, *numbers, step=AVAILABLE):
    status, _ = await gateway.post("flex", envelope(*(record(each, step) for each in numbers)))
    assert status == 200


async def test_the_floor_is_right_after_an_outage_and_a_restart(tmp_path):
    everybody = range(1, AGENTS + 1)
    (tmp_path / "agents.csv").write_text(roster(*everybody))
    async with CalabrioStandIn(key="made-up", sources={"1"}) as calabrio:
        text = config(calabrio.url, "    snapshot: {after_outage: true}\n")
        async with Gateway(tmp_path, text, {"KEY": "made-up"}) as gateway:
            await hear(gateway, *everybody)
            await calabrio.wait_until(lambda: calabrio.states == floor(*everybody))
            # Somebody whom the vendor has from elsewhere: only a snapshot can take them off.
            calabrio.people["1"].add("9999")
            calabrio.states["9999"] = "Ready"
            calabrio.flooded = True
            await hear(gateway, 1, 2, 3, step=LUNCH)
            await gateway.until(lambda: gateway.told_of("calabrio", "circuit"), wanted="open")
            await gateway.kill()
            await gateway.start()
            await hear(gateway, 4, step=LUNCH)
            await gateway.until(lambda: gateway.told_of("calabrio", "circuit"), wanted="open")
            calabrio.flooded = False
            await calabrio.wait_until(lambda: calabrio.snapshots)
            shown = dict(calabrio.states)
            await gateway.until(lambda: gateway.told_of("calabrio", "backlog"), wanted=0)
            assert await gateway.stop() == 0
    (snapshot,) = calabrio.snapshots
    lunch = floor(1, 2, 3, 4, code="not_ready:Lunch")
    assert snapshot == floor(5, 6) | lunch
    assert shown == snapshot | {"9999": LOGGED_OUT}
    assert calabrio.states == shown


async def test_an_operator_has_everybody_told_and_is_told_why_not(tmp_path):
    (tmp_path / "agents.csv").write_text(roster(1, 2, 3))
    async with CalabrioStandIn(key="made-up", sources={"1"}) as calabrio:
        async with Gateway(tmp_path, config(calabrio.url, ""), {"KEY": "made-up"}) as gateway:
            code, _, err = await gateway.run("resync", "calabrio")
            assert code == 1
            assert "source flex was not heard since the start" in err
            assert "3 of source flex have no known state" in err
            await hear(gateway, 1, 2)
            code, out, _ = await gateway.run("--json", "resync", "calabrio", "--dry-run")
            shown = json.loads(out)
            assert (code, shown["agents"], shown["would_log_out"]) == (0, 2, [])
            assert shown["obstacles"] == [f"1 of source flex have no known state: WK{3:032x}"]
            assert shown["request"]["body"]["IsSnapshot"] is True
            assert "made-up" not in out
            await hear(gateway, 3)
            await calabrio.wait_until(lambda: len(calabrio.states) == 3)
            code, out, err = await gateway.run("resync", "calabrio")
            assert (code, out) == (0, "calabrio: 3 agents, 3 logged in\ndelivered\n"), err
            assert calabrio.snapshots == [floor(1, 2, 3)]
            listed = await gateway.told_of("calabrio", "snapshot")
            assert listed["last"]["outcome"] == "delivered"
            metrics = await gateway.metrics()
            assert (
                'gateway_snapshots_total{destination="calabrio",outcome="refused"} 1.0' in metrics
            )
            assert await gateway.stop() == 0
            code, out, _ = await gateway.run("resync", "calabrio", "--dry-run")
            assert (code, "not heard since the start" in out) == (0, True)
            code, _, err = await gateway.run("resync", "calabrio")
            assert (code, "no gateway runs" in err) == (1, True)


async def test_whoever_is_new_or_gone_is_right_at_the_next_interval(tmp_path):
    (tmp_path / "agents.csv").write_text(roster(1, 2))
    async with CalabrioStandIn(key="made-up", sources={"1"}) as calabrio:
        text = config(calabrio.url, "    snapshot: {every: 200ms}\n")
        async with Gateway(tmp_path, text, {"KEY": "made-up"}) as gateway:
            await hear(gateway, 1, 2)
            await calabrio.wait_until(lambda: calabrio.states == floor(1, 2))
            calabrio.people["1"].add("9999")
            calabrio.states |= {"9999": "Ready", "2001": "lost"}
            await calabrio.wait_until(lambda: calabrio.states == floor(1, 2) | {"9999": LOGGED_OUT})
            assert await gateway.stop() == 0
