import json
from datetime import timedelta

from gateway.engine.preview import preview
from gateway.mapping import EventType
from gateway.model.secret import Secret
from gateway.settings import BatchSettings, DestinationAuth
from tests.standins.delivery import NOON, destination_settings, event, ids_in

BATCH = BatchSettings(3, timedelta(0))
LATER = NOON + timedelta(milliseconds=1)


def test_each_event_has_its_request_with_secrets_masked():
    auth = DestinationAuth("bearer", (("Authorization", Secret("Bearer t0ken")),))
    events = [event("a", "anna"), event("b", "anna", at=LATER)]
    shown = preview(events, destination_settings(auth=auth))
    assert [ids_in(each.request) for each in shown] == [["a"], ["b"]]
    assert dict(shown[0].request.headers)["Authorization"] == "***"
    assert json.loads(shown[0].request.body)[0]["who"] == "anna"


def test_what_the_destination_is_not_told_is_left_out():
    settings = destination_settings(events=frozenset({EventType.LOGIN}))
    shown = preview([event("a", "anna"), event("b", "anna", EventType.LOGIN)], settings)
    assert [each.events[0].id for each in shown] == ["b"]


def test_batches_are_shown_as_they_would_leave():
    events = [event("a", "anna"), event("b", "berta")]
    events += [event("c", "anna", at=LATER), event("d", "carla", at=LATER)]
    shown = preview(events, destination_settings(batch=BATCH))
    assert [ids_in(each.request) for each in shown] == [["a", "b"], ["c", "d"]]


def test_what_a_newer_state_of_the_same_request_supersedes_is_said():
    events = [event("a", "anna"), event("b", "berta"), event("c", "anna")]
    shown = preview(events, destination_settings())
    assert shown[0].problems == ("a: superseded: a newer one came with it",)
    assert shown[0].request is None
    assert [ids_in(each.request) for each in shown[1:]] == [["b"], ["c"]]
    sent = preview(events, destination_settings(superseded="send"))
    assert [ids_in(each.request) for each in sent] == [["a"], ["b"], ["c"]]


def test_what_is_in_the_way_is_said():
    events = [event("a", "anna", broken=True), event("b", "berta", mute=True)]
    broken, mute = preview(events, destination_settings())
    assert broken.request is mute.request is None
    assert broken.problems == ("a: broken on purpose",)
    assert mute.problems == ("b: the vendor has no words for it",)
