"""Dry runs: inputs read as bodies, events, and the requests that would be sent."""

import json
from dataclasses import replace

import pytest

from gateway.mapping.destination import Request, Settlement, Told, one_request
from gateway.model.event import EventType
from gateway.model.secret import Secret
from gateway.operations.dryrun import Unsent, bodies_in, requests_for, translate
from gateway.settings import DestinationAuth, SourceAuth, SourceSettings
from mappings.destinations.calabrio_rta_json import MAPPING as CALABRIO
from mappings.sources.flex_rta import MAPPING
from tests.acceptance.flex import envelope, record
from tests.operations.bench import DESTINATION, NOW, Roster, destination

FLEX = SourceSettings("flex", MAPPING, SourceAuth("none"), MAPPING.options().load({}))
LINES = b"\n".join(envelope(record(1, number)) for number in range(3))


def told(item):
    def request(items, _options):
        body = json.dumps(items[0]).encode()
        return Request(
            body, "application/json", parts=(body,), path="/state", query=(("k", "s/1"),)
        )

    mapping = replace(DESTINATION, step=one_request(item, request, lambda *_: None))
    return replace(
        destination("acme", url="http://127.0.0.1:9/in"),
        mapping=mapping,
        options={"key": Secret("s/1")},
        auth=DestinationAuth("header", (("X-Key", Secret("hidden")),)),
    )


def status_of(each: Told, _options):
    return {"who": each.identity, "is": each.data["status"], "key": "s/1"}


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (b'{"a": 1}', [b'{"a": 1}']),
        (b'{\n "a": 1\n}\n', [b'{\n "a": 1\n}\n']),
        (b'[{"a": 1},\n{"a": 2}]', [b'[{"a": 1},\n{"a": 2}]']),
        (b'{"a": 1}\n\n{"a": 2}\r\n', [b'{"a": 1}', b'{"a": 2}']),
        (b'{"a": 1}\n{"a": \n', [b'{"a": 1}', b'{"a": ']),
        (b'{\n "a": \n', [b'{\n "a": \n']),
        (b"a=1&b=2\n", [b"a=1&b=2\n"]),
        (b"", [b""]),
        (b"\xff\xfe", [b"\xff\xfe"]),
    ],
)
def test_an_input_is_one_body_or_a_json_body_a_line(text, bodies):
    assert bodies_in(text) == bodies


def test_lines_are_translated_one_after_another():
    events, flaws = translate(LINES, FLEX, Roster(), NOW)
    assert flaws == []
    assert [event.type for event in events] == [
        EventType.LOGIN,
        EventType.STATE,
        EventType.STATE,
        EventType.STATE,
    ]
    assert events[-1].data["previous"]["reason"]["label"] == "Lunch"


def test_what_cannot_be_read_is_told_with_its_place_and_harms_no_other():
    text = b"\n".join([envelope(record(1, 0)), b'{"product": ', envelope(record(2, 1))])
    events, flaws = translate(text, FLEX, Roster(), NOW)
    assert {event.subject[-1] for event in events} == {"1", "2"}
    assert len(flaws) == 1
    assert "body 2" in str(flaws[0])


def test_the_requests_that_would_be_sent_hide_secrets():
    agent = f"WK{1:032x}"
    events, _flaws = translate(LINES, FLEX, Roster({("flex", agent): "2001"}), NOW)
    first, *shown = requests_for(events, told(status_of), "forward")
    assert isinstance(first, Unsent)
    assert "agent.login of flex is not told" in first.why
    assert shown[0] == {
        "method": "POST",
        "url": "http://127.0.0.1:9/in/state?k=***",
        "headers": {
            "Content-Type": "application/json",
            "Idempotency-Key": f"{events[1].id}:acme",
            "User-Agent": shown[0]["headers"]["User-Agent"],
            "X-Key": "***",
        },
        "body": {"who": "2001", "is": "ready", "key": "***"},
    }


def test_what_would_not_be_sent_says_why():
    events, _flaws = translate(LINES, FLEX, Roster(), NOW)
    states = events[1:]

    def whys(target, unmapped="forward"):
        return [
            each.why for each in requests_for(states, target, unmapped) if isinstance(each, Unsent)
        ]

    assert len(whys(told(status_of), "hold")) == len(states)
    assert len(whys(told(status_of), "drop")) == len(states)
    assert len(whys(told(lambda *_: None))) == len(states)
    unchanged = whys(told(lambda *_: "the same"))
    assert len(unchanged) == len(states) - 1
    assert all("unchanged" in why for why in unchanged)


def test_a_mapping_that_is_done_at_once_has_no_request():
    target = replace(
        told(status_of),
        mapping=replace(
            DESTINATION, step=lambda _events, memory, _answer, _options: Settlement((), memory)
        ),
    )
    events, _flaws = translate(LINES, FLEX, Roster(), NOW)
    assert all(isinstance(each, Unsent) for each in requests_for(events, target, "forward"))


def test_a_login_that_the_state_with_it_supersedes_is_not_shown_as_sent():
    options = {"authentication_key": "k", "source_id": "1"}
    target = replace(
        told(status_of), mapping=CALABRIO, options=CALABRIO.options().load(options),
        events=CALABRIO.events, superseded="skip",
    )  # fmt: skip
    events, _flaws = translate(LINES, FLEX, Roster(), NOW)
    shown = requests_for(events, target, "forward")
    assert [each.why for each in shown if isinstance(each, Unsent)] == [
        f"{events[0].id}: superseded: a newer one came with it"
    ]
    sent = [each["body"]["StateCode"] for each in shown if not isinstance(each, Unsent)]
    assert len(sent) == len(events) - 1
    assert "LOGGED ON" not in sent
