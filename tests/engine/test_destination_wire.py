from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.engine.clock import LoopClock
from gateway.http.transport import HttpTransport
from tests.standins.delivery import Bench, destination_settings, event


async def test_over_a_real_wire_and_with_the_real_clock(tmp_path):
    answers = [503, 200]
    seen = []

    async def receive(request):
        seen.append((request.path_qs, dict(request.headers), await request.read()))
        return web.Response(status=answers.pop(0) if answers else 200)

    application = web.Application()
    application.router.add_post("/in", receive)
    async with TestServer(application) as server:
        settings = destination_settings(url=str(server.make_url("/in")))
        transport = HttpTransport.to(settings)
        bench = Bench(
            tmp_path / "store.db", settings=settings, clock=LoopClock(), transport=transport
        )
        async with bench.running():
            await bench.owe(event("e1", "anna"))
            await bench.ledger.until(2)
        await transport.close()
        await bench.ledger.close()
    assert bench.ledger.outcomes() == ["retry_at", "delivered"]
    assert [headers["Idempotency-Key"] for _path, headers, _body in seen] == ["e1:wfm"] * 2
    assert seen[0][2] == seen[1][2]
