"""Templates of `http_json`: what they are filled with, and what they refuse."""

import orjson
import pytest
from marshmallow import ValidationError

from gateway.mapping import MappingError, Told
from mappings.destinations.http_json import MAPPING

EVENT = {
    "id": "e1",
    "type": "wfm.agent.state.v1",
    "source": "/sources/flex",
    "time": "2026-03-02T09:00:00.250Z",
    "data": {
        "status": "not_ready",
        "reason": {"code": "WA1", "label": "Lunch"},
        "since": "2026-03-02T08:59:00.000Z",
        "next": None,
        "contacts": [{"id": "T1"}],
        "agent": {"name": None, "team": {"id": "7", "name": "Voice"}},
    },
}


def request(identity="2001", event=EVENT, **given):
    return MAPPING.step([Told(event, identity)], {}, None, MAPPING.options().load(given))


def body(template, **more):
    return orjson.loads(request(body=template, **more).body)


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{data.contacts}", [{"id": "T1"}]),
        ("{data.next}", None),
        ("{data.status}/{data.next}/{data.agent.team.name}", "not_ready//Voice"),
        ("{identity}", "2001"),
        ("{state_code}", "not_ready"),
        ("{kind}", "agent.state"),
        ("{time|unix}", 1772442000),
        ("{time|unix_ms}", 1772442000250),
        ("{data.since|iso}", "2026-03-02T08:59:00+00:00"),
        ({"a": ["{data.status}", 1, None]}, {"a": ["not_ready", 1, None]}),
        ("no {Placeholder here}", "no {Placeholder here}"),
    ],
)
def test_a_body_is_filled_in(template, wanted):
    assert body(template) == wanted


def test_state_codes_come_from_the_table():
    assert body("{state_code}", states={"not_ready:lunch": "L", "*": "9"}) == "L"


@pytest.mark.parametrize("key", ["path", "body"])
def test_an_unknown_placeholder_is_named(key):
    with pytest.raises(ValidationError) as raised:
        MAPPING.options().load({key: "/{data.stauts}"})
    assert "{data.stauts}" in str(raised.value.messages[key])


def test_what_is_filled_into_a_path_stays_one_segment():
    assert request("a/b?c#d", path="/agents/{identity}").path == "/agents/a%2Fb%3Fc%23d"
    for identity in ("..", ".", ""):
        with pytest.raises(MappingError):
            request(identity, path="/agents/{identity}")
    with pytest.raises(MappingError):
        request(".", path="/agents/.{identity}/x")
    assert request("", path="/agents/of-{identity}").path == "/agents/of-"


def test_a_header_takes_no_control_characters():
    with pytest.raises(MappingError):
        request("2001\r\nX-Evil: 1", headers={"X-Agent": "{identity}"})


def test_a_path_must_begin_at_the_host():
    with pytest.raises(ValidationError):
        MAPPING.options().load({"path": "@evil.example.com/"})


def test_what_says_the_same_can_be_compared_if_asked():
    assert request().parts == (None,)
    one, other = request(unchanged=True), request(unchanged=True, event=EVENT | {"id": "e2"})
    assert one.parts == other.parts != (None,)


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"body": {1: "a"}}, ("body", 1), "needs quotes"),
        ({"body": {"a": [float("nan")]}}, ("body", "a", 0), "what JSON has"),
        ({"body": "agent {data.agent}"}, ("body",), "no plain value"),
        ({"form": True, "body": {"a": "{data.agent}"}}, ("body", "a"), "no plain value"),
        ({"path": "/{data.contacts}"}, ("path",), "no plain value"),
        ({"path": "/a?b={identity}"}, ("path",), "belongs in query"),
        ({"path": "/a\r\nb"}, ("path",), "control"),
        ({"query": {"a": "{data}"}}, ("query", "a"), "no plain value"),
        ({"headers": {"X A": "b"}}, ("headers", "X A"), "Not the name"),
        ({"headers": {"Host": "b"}}, ("headers", "Host"), "itself needs"),
        ({"headers": {"content-type": "b"}}, ("headers", "content-type"), "itself needs"),
        ({"headers": {"Authorization": "b"}}, ("headers", "Authorization"), "Belongs in auth"),
        ({"headers": {"X-A": "b\r\nc: d"}}, ("headers", "X-A"), "control"),
        ({"headers": {"X-A": "{data.reason}"}}, ("headers", "X-A"), "no plain value"),
        ({"path": "/{data.stauts}"}, ("path",), "did you mean data.status?"),
    ],
)
def test_what_could_not_be_sent_stops_the_start_by_its_place(given, place, said):
    with pytest.raises(ValidationError) as raised:
        MAPPING.options().load(given)
    at = raised.value.messages
    for step in place:
        at = at[step]
    assert said in at[0]


def test_an_object_fills_a_member_of_a_body_alone():
    assert body({"a": "{data.reason}"}) == {"a": {"code": "WA1", "label": "Lunch"}}
