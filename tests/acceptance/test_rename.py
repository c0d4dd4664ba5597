"""A renamed destination: nothing that it was owed is lost or told to somebody else by itself."""

import json

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
  {name}: {{mapping: cloudevents, url: "{url}", retry: {{first: 20ms, max: 100ms}}}}
"""


async def test_a_backlog_waits_for_its_new_name(tmp_path):
    async with WfmStandIn() as wfm:
        down = CONFIG.format(name="wfm", url="http://127.0.0.1:9/")
        async with Gateway(tmp_path, down) as gateway:
            for number in range(3):
                await gateway.post("flex", envelope(record(1, number)))
            await gateway.until(lambda: gateway.told_of("wfm", "backlog"), wanted=4)
            assert await gateway.stop() == 0
            gateway.config_path.write_text(CONFIG.format(name="vendor", url=wfm.url))
            await gateway.start()
            assert any("destination.unknown" in line for line in gateway.output)
            _, rows, _ = await gateway.run("--json", "destinations", "list")
            left = [each for each in json.loads(rows) if not each["configured"]]
            await gateway.post("flex", envelope(record(2, 0)))
            await wfm.wait_for(2)
            wrong = await gateway.run("destinations", "adopt", "nobody", "vendor")
            same = await gateway.run("destinations", "adopt", "vendor", "vendor")
            code, told, err = await gateway.run("destinations", "adopt", "wfm", "vendor")
            assert code == 0, err
            await wfm.wait_for(6)
            await gateway.until(lambda: gateway.told_of("vendor", "backlog"), wanted=0)
            assert await gateway.stop() == 0
    assert [(each["name"], each["backlog"]) for each in left] == [("wfm", 4)]
    assert (wrong[0], same[0]) == (1, 1)
    assert "no destination 'nobody' has left anything (wfm)" in wrong[2]
    assert told == "wfm: 4 deliveries, 0 superseded, 0 dead letters\n"
    events = [json.loads(each.body) for each in wfm.received]
    first = [each["time"] for each in events if each["subject"].endswith("1")]
    assert len(first) == 4
    assert first == sorted(first)
