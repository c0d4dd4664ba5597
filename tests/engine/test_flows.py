"""How many requests a destination is owed in a minute."""

from datetime import timedelta

from gateway.engine.flows import Flow, owed_in_all
from gateway.settings import BatchSettings
from tests.standins.delivery import NOON, destination_settings

SETTINGS = destination_settings()


def after(minutes, *, per_minute, settings=SETTINGS):
    flow, found = Flow(), None
    for step in range(int(minutes * 30) + 1):
        at = NOON + step * timedelta(seconds=2)
        found = flow.look(settings, int(per_minute * step / 30), at)
    return found, flow


def test_a_steady_flow_is_known_after_five_minutes():
    assert after(4.9, per_minute=60)[0] is None
    assert round(after(30, per_minute=60)[0]) == 60


def test_several_ride_in_one_request():
    batch = BatchSettings(10, timedelta(milliseconds=250))
    settings = destination_settings(batch=batch)
    assert round(after(6, per_minute=60, settings=settings)[0]) == 6


def test_a_clock_that_is_put_back_begins_anew():
    _, flow = after(6, per_minute=60)
    assert flow.look(SETTINGS, 400, NOON) is None


def test_what_was_never_sent_is_not_counted():
    sizes = {"outcome:wfm:delivered": 5, "outcome:wfm:superseded": 90, "outcome:other:dead": 3}
    assert owed_in_all("wfm", 2, sizes) == 7
