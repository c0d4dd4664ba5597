"""The line to add for a state that a destination's table of codes does not name."""

from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from gateway.mapping import States
from gateway.model.event import EventType
from gateway.pipeline.codes import uncoded
from gateway.ports import ToldState
from tests.operations.bench import destination

LUNCH = ToldState("flex", "not_ready", "WA1", "Lunch")


def at(states, **changes):
    return replace(destination("wfm"), states=States().deserialize(states), **changes)


@pytest.mark.parametrize(
    ("state", "key", "code"),
    [
        (LUNCH, "not_ready:Lunch", "not_ready:Lunch"),
        (ToldState("flex", "not_ready", "WA1", None), "not_ready:WA1", "not_ready:WA1"),
        (ToldState("flex", "not_ready", None, 'Tea: "5"'), 'not_ready:Tea: "5"', None),
        (ToldState("flex", "not_ready", None, "Überlauf\n"), "not_ready:Überlauf", None),
        (ToldState("flex", "ready", "WA2", "Available"), "ready:Available", "ready"),
        (ToldState("flex", "busy", "WA2", "Available"), "busy", "busy"),
        (ToldState("flex", "unknown", None, None), "unknown", "unknown"),
    ],
)
def test_the_line_read_as_yaml_names_the_state_from_then_on(state, key, code):
    found = uncoded(state, at({"logged_out": "OFF"}))
    assert found.key == key
    assert code in (None, found.code)
    path, _, table = found.line.partition(": ")
    assert path == "destinations.wfm.options.states"
    added = YAML(typ="safe").load(table)
    assert list(added) == [key]
    assert uncoded(state, at({"logged_out": "OFF"} | added)) is None


def test_a_fallback_is_told_and_names_nothing():
    found = uncoded(LUNCH, at({"*": "9"}))
    assert found.line == 'destinations.wfm.options.states: {"not_ready:Lunch": "9"}'


@pytest.mark.parametrize(
    "told",
    [
        at({"not_ready:*": "AUX"}),
        at({"*:lunch": "L"}),
        at({}, sources=frozenset({"engage"})),
        at({}, events=frozenset({EventType.LOGIN})),
        destination("without_a_table"),
    ],
)
def test_what_is_named_or_never_told_there_needs_no_line(told):
    assert uncoded(LUNCH, told) is None
