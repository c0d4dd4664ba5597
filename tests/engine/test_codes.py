"""A state without a code at a vendor is reported once."""

from dataclasses import replace

from structlog.testing import capture_logs

from gateway.engine.codes import Codes
from gateway.mapping import States
from gateway.ports import MOST_TOLD_STATES, Finished, ToldState
from tests.operations.bench import destination

LUNCH = ToldState("flex", "not_ready", "WA1", "Lunch")
READY = ToldState("flex", "ready", "WA2", "Available")


def at(name, states):
    return replace(destination(name), states=States().deserialize(states))


def reported(codes, destinations, *told):
    with capture_logs() as logs:
        fresh = tuple(each for each in told if each not in codes)
        codes.note([Finished(None, told_states=fresh)], destinations)
    assert {each["event"] for each in logs} <= {"state.unmapped"}
    return [(each["destination"], each["add"]) for each in logs]


def test_each_state_is_reported_once_for_each_destination():
    destinations = (at("one", {"ready": "A"}), at("two", {"not_ready": "B"}))
    codes = Codes()
    assert reported(codes, destinations, LUNCH, READY) == [
        ("one", 'destinations.one.options.states: {"not_ready:Lunch": "not_ready:Lunch"}'),
        ("two", 'destinations.two.options.states: {"ready:Available": "ready"}'),
    ]
    assert reported(codes, destinations, LUNCH, READY) == []
    assert reported(codes, destinations, replace_code(LUNCH, "WA7")) == []


def replace_code(state, code):
    return state._replace(code=code)


def test_new_settings_report_what_they_no_longer_name():
    codes = Codes()
    assert reported(codes, (at("one", {"*:*": "X", "not_ready": "N"}),), LUNCH) == []
    assert len(reported(codes, (at("one", {}),), READY)) == 2
    assert reported(codes, (at("one", {}),)) == []


def test_made_up_names_take_no_more_room_than_there_is():
    codes, destinations = Codes(), (at("one", {}),)
    many = [ToldState("flex", "not_ready", None, str(n)) for n in range(MOST_TOLD_STATES)]
    assert len(reported(codes, destinations, *many)) == MOST_TOLD_STATES
    assert LUNCH in codes
