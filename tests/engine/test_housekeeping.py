from gateway.engine.housekeeping import release_held
from gateway.model.agent import RosterEntry
from gateway.model.delivery import NewDelivery
from gateway.ports import Finished, RecordKey, RoutedEvent
from gateway.store.sqlite import open_store
from tests.standins.delivery import NOON, destination_settings, event
from tests.store.engines import receipt

AGENTS = ("ann", "bob")


class EverybodyIsKnown:
    def entry(self, source, agent_id):
        return RosterEntry(source, agent_id, f"w-{agent_id}")


async def hold_one_of_each(store):
    await store.append(receipt(), (RecordKey(0, None),))
    (claimed,) = await store.untranslated(1)
    routed = []
    for agent in AGENTS:
        told = event(f"of {agent}", agent)
        told.data["agent"]["key"] = f"flex:{agent}"
        owed = NewDelivery(told.id, "wfm", agent, None, collapses=True, held="unidentified")
        routed.append(RoutedEvent(told, (owed,)))
    await store.finish([Finished(claimed, tuple(routed))])


async def test_an_agent_is_offered_before_the_next_one_is_let_go(tmp_path):
    store = open_store(tmp_path / "store.db", now=lambda: NOON)
    held_still = []
    offered = []

    def offer(deliveries):
        offered.extend((each.event_id, each.lane) for each in deliveries)
        held_still.append(store._database.tally["held:wfm"])

    try:
        await hold_one_of_each(store)
        settings = destination_settings(identify_by=("wfm_id",))
        await release_held(store, {"wfm": settings}, EverybodyIsKnown(), "forward", offer)
    finally:
        await store.close()
    assert offered == [("of ann", "w-ann"), ("of bob", "w-bob")]
    assert held_still == [1, 0]
