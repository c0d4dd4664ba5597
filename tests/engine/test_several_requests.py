"""A vendor that is told in several requests, and an end between them."""

import asyncio
import json

from gateway.mapping.registry import installed
from tests.standins.delivery import Bench, destination_settings

ARGUS = installed().destinations["argus_wfmcc"]


def told(wire):
    """What the vendor heard: whether a state was left or entered, and its code."""
    words = {0: "left", 1: "entered"}
    bodies = [json.loads(each.body) for each in wire.sent]
    return [(words[each["action"]], each["stateCode"]) for each in bodies]


async def test_an_end_between_leaving_and_entering_repeats_neither(tmp_path):
    options = ARGUS.options().load({"system_id": "1"})
    settings = destination_settings(mapping=ARGUS, options=options)
    bench = Bench(tmp_path / "store.db", settings=settings)
    async with bench.running():
        await bench.state("anna", "ready")
        await bench.ledger.until(1)
        bench.wire.gate = asyncio.Event()
        await bench.state("anna", "busy")
        await bench.wire.until(2)
        bench.wire.gate.set()
        bench.wire.gate = asyncio.Event()
        await bench.wire.until(3)
    before = told(bench.wire)
    assert before == [("entered", "ready"), ("left", "ready"), ("entered", "busy")]
    bench.wire.gate = None
    bench.renew()
    async with bench.running():
        await bench.ledger.until(2)
    assert told(bench.wire) == [*before, ("entered", "busy")]
    await bench.ledger.close()
