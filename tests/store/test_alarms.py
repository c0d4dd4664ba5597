"""Alarms are kept with the events that tell of them."""

from datetime import timedelta

from gateway.model.alarm import Alarm, AlarmName, StandingAlarm
from gateway.pipeline.alert import alert
from gateway.ports import AlarmChange, RoutedEvent
from tests.store.engines import START, owed

SILENT = StandingAlarm(Alarm(AlarmName.SOURCE_SILENT, "flex", "nothing for 5m"), START)
FULL = StandingAlarm(
    Alarm(AlarmName.STORE_UNAVAILABLE, "", "the disk is full"), START - timedelta(minutes=1)
)


def change(standing, *, is_raised=True, to=("wfm",)):
    event = alert(standing, is_raised=is_raised, now=START)
    deliveries = tuple(
        owed(event.id, event.subject, to=name, identity=None, collapses=False) for name in to
    )
    return AlarmChange(standing, is_raised, RoutedEvent(event, deliveries))


async def test_what_is_raised_is_there_after_a_restart(opened):
    store = await opened()
    assert await store.alarms() == []
    await store.keep_alarms([change(SILENT), change(FULL)])
    store = await opened()
    assert await store.alarms() == [FULL, SILENT]
    await store.keep_alarms([change(FULL, is_raised=False)])
    assert await (await opened()).alarms() == [SILENT]


async def test_the_event_is_owed_with_it(opened):
    store = await opened()
    (delivery,) = await store.keep_alarms([change(SILENT)])
    assert (delivery.event_type, delivery.destination) == ("gateway.alert", "wfm")
    store = await opened()
    (lane,) = await store.claim("wfm", lanes=9, depth=9, busy=frozenset())
    assert [each.event for each in lane.deliveries] == [delivery.event]
    assert (await store.sizes())["events"] == 1


async def test_a_change_that_is_kept_already_is_told_once(store):
    assert len(await store.keep_alarms([change(SILENT)])) == 1
    assert await store.keep_alarms([change(SILENT)]) == []
    assert (await store.sizes())["events"] == 1
    assert await store.alarms() == [SILENT]
