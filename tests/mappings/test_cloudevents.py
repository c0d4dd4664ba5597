"""What `cloudevents` sends, read back with the CloudEvents SDK."""

import json
from importlib.resources import files

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat

from gateway.mapping import Told
from mappings.destinations.cloudevents import MAPPING

SAMPLES = files("mappings.destinations.cloudevents") / "samples"


def tell(name):
    sample = json.loads((SAMPLES / f"{name}.in.json").read_text())
    events = [Told(each["event"], each["identity"]) for each in sample["tell"]]
    return events, MAPPING.step(events, {}, None, {})


@pytest.mark.parametrize("name", ["state_busy", "login", "logout", "contact"])
def test_one_event_is_structured(name):
    events, request = tell(name)
    message = HTTPMessage(headers={"content-type": request.content_type}, body=request.body)
    event = from_structured_event(message, JSONFormat())
    assert event.get_id() == events[0].event["id"]
    assert event.get_data() == events[0].event["data"]
    assert event.get_extension("partitionkey") == events[0].event["partitionkey"]


def test_several_events_are_a_batch_in_their_order():
    events, request = tell("batch")
    assert request.content_type == "application/cloudevents-batch+json"
    assert json.loads(request.body) == [each.event for each in events]
