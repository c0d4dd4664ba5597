"""What an operator asks of a running destination."""

import asyncio
from types import SimpleNamespace

import pytest

from gateway.app import attendant
from gateway.app.attendant import Attendant
from gateway.app.tellers import Tellers
from gateway.app.workers import Workers
from gateway.model.badge import Badges
from gateway.model.errors import OperationError, StoreUnavailableError
from tests.standins.delivery import OK, delivering, judged

REFUSED = judged("park", status=401)


def attendant_of(bench):
    tellers = Tellers(
        bench.ledger,
        metrics=bench.metrics,
        roster=None,
        standings=None,
        workers=Workers(int),
        badges=Badges(),
        on_held=list,
    )
    tellers.destinations["wfm"] = bench.destination
    return Attendant(
        SimpleNamespace(files={}),
        bench.ledger,
        tellers=tellers,
        readers=None,
        filers=SimpleNamespace(filers={}),
        sources={},
        workers={},
        metrics=bench.metrics,
        roster=None,
        badges=Badges(),
        now=bench.clock.now,
    )


async def test_resume_tells_a_parked_destination_at_once(tmp_path):
    async with delivering(tmp_path) as bench:
        bench.wire.script(REFUSED, OK)
        first = await bench.contact("anna")
        await bench.quiet()
        assert bench.destination.health()["parked"]
        await attendant_of(bench).resume("wfm")
        await bench.ledger.until(1)
        assert bench.wire.told == [first, first]
        assert not bench.destination.health()["parked"]


async def test_what_the_store_cannot_keep_is_said_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(attendant, "KEEP_SECONDS", 0.01)

    async with delivering(tmp_path) as bench:

        async def fail(_name, _mark):
            raise StoreUnavailableError("disk full")

        bench.ledger.mark = fail
        with pytest.raises(OperationError, match="is paused, but the store cannot keep that"):
            await attendant_of(bench).pause("wfm")
        await asyncio.sleep(0)
        assert bench.destination.health()["paused"]
