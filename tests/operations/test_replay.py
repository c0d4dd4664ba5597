"""`replay` beside a running gateway, and without one."""

from gateway.operations.replay import REPLAY
from tests.acceptance.flex import envelope
from tests.operations.bench import Running
from tests.standins.house import START, House, picture

ANNA, BEN = ("flex", f"WK{1:032x}"), ("flex", f"WK{2:032x}")


async def contested(tmp_path):
    """Return a store in which Anna goes by 2001; what was received of Ben, whose id that is too,
    can be read by now.
    """
    house = House(tmp_path)
    house.roster.named |= {ANNA: ("2001", None), BEN: ("2001", None)}
    house.configure(accounts=["AC" + f"{1:032x}"])
    await house.open()
    foreign = picture(0, agent=2, account_sid="AC" + "2" * 32)
    await house.receive(envelope(picture(0), foreign), at=START)
    house.configure()
    return house


async def run(bench):
    return await REPLAY.perform(bench, REPLAY.load({"rate": 1000}), who="ann")


async def test_without_a_gateway_it_asks_the_store_who_goes_by_an_identity(tmp_path):
    house = await contested(tmp_path)
    report = await run(house.bench())
    assert report["deliveries"] == {"history": 2, "states": 1}
    assert (await house.store.backlog("states")).held == 1
    await house.store.close()


async def test_a_running_gateway_knows_who_waits_from_then_on(tmp_path):
    house, running = await contested(tmp_path), Running()
    await run(house.bench(running))
    assert running.offered == []
    assert house.badges.conflicts()["states", "2001"] == (":".join(ANNA), ":".join(BEN))
    await house.receive(envelope(picture(1, name="Offline")))
    assert house.badges.freed() == (":".join(BEN),)
    await house.store.close()
