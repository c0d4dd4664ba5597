from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from gateway.mapping import MappingError, Request
from gateway.model.agent import RosterEntry
from gateway.model.badge import EVERYWHERE, Badge, Badges
from gateway.model.delivery import Delivery
from gateway.model.event import stable_id
from gateway.model.secret import Secret
from gateway.pipeline.render import (
    check,
    digest,
    envelope,
    idempotency_key,
    outgoing,
    redacted,
    told,
)
from gateway.settings import INCLUDABLE, DestinationAuth
from tests.standins.delivery import NOON, destination_settings

CONTACT = {
    "data": {
        "agent": {
            "id": "7",
            "name": "Anna",
            "email": "anna@example.com",
            "phone": "+1",
            "username": "anna",
            "attributes": {"site": "north"},
        },
        "contact": {
            "direction": "inbound",
            "customer_address": "+49 30 1",
            "dialed_number": "+1 800",
            "recording_url": "https://recordings.example.com/1",
            "disposition": "will call back",
        },
        "customer": {"name": "Bob"},
        "attributes": {"text": []},
    }
}


def delivery(seq=1, event_id="e1", event=CONTACT):
    return Delivery(
        seq=seq,
        event_id=event_id,
        destination="wfm",
        lane="7",
        subject="flex:7",
        event_type="agent.state",
        event=orjson.dumps(event),
        recorded_at=NOON,
        identity="wfm-7",
    )


def test_nothing_personal_is_told_unless_included():
    data = told(delivery(), frozenset()).data
    assert [data["agent"][name] for name in ("name", "email", "phone", "attributes")] == [None] * 4
    assert (data["agent"]["id"], data["agent"]["username"]) == ("7", "anna")
    contact = data["contact"]
    assert contact["customer_address"] is contact["recording_url"] is contact["disposition"] is None
    assert contact["dialed_number"] == "+1 800"
    assert data["customer"] is data["attributes"] is None


def test_everything_is_told_where_all_is_included():
    assert told(delivery(), frozenset(INCLUDABLE)).event == CONTACT


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("agent_contact", {"name", "email", "phone"}),
        ("customer", {"customer", "customer_address"}),
        ("recording", {"recording_url"}),
        ("notes", {"disposition"}),
        ("attributes", {"attributes"}),
    ],
)
def test_each_word_includes_its_own_and_no_other(name, shown):
    data = redacted(CONTACT, frozenset({name}))["data"]
    holders = (data, data["agent"], data["contact"])
    everything = {"name", "email", "phone", "customer", "customer_address", "recording_url"}
    everything |= {"disposition", "attributes"}
    seen = {key for each in holders for key, value in each.items() if value is not None}
    assert seen & everything == shown


@pytest.mark.parametrize("direction", ["outbound", None])
def test_a_number_dialled_outbound_is_the_customers(direction):
    event = orjson.loads(orjson.dumps(CONTACT))
    event["data"]["contact"]["direction"] = direction
    assert redacted(event, frozenset())["data"]["contact"]["dialed_number"] is None
    shown = redacted(event, frozenset({"customer"}))["data"]["contact"]["dialed_number"]
    assert shown == "+1 800"


def test_a_contact_without_an_agent_can_be_told():
    event = {"data": {"agent": None, "contact": None, "customer": None, "attributes": None}}
    assert told(delivery(event=event), frozenset()).event == event


def request(**changes):
    return Request(body=b"{}", content_type="application/json", parts=(None,), **changes)


@pytest.mark.parametrize(
    ("configured", "path", "query", "whole"),
    [
        ("https://h/in", "", (), "https://h/in"),
        ("https://h/in", "state", (), "https://h/in/state"),
        ("https://h/in/", "/state", (), "https://h/in/state"),
        ("https://h", "state", (), "https://h/state"),
        (
            "https://h/in?key=1",
            "state",
            (("who", "a b&c"),),
            "https://h/in/state?key=1&who=a+b%26c",
        ),
        ("https://h/in", "a b?c#d", (), "https://h/in/a%20b%3Fc%23d"),
        ("https://h/in", "//evil.example/x", (), "https://h/in/evil.example/x"),
        ("https://h:81/in", "@evil.example", (), "https://h:81/in/@evil.example"),
    ],
)
def test_paths_and_queries_join_the_configured_url_and_never_change_its_host(
    configured, path, query, whole
):
    around = envelope(destination_settings(url=configured))
    assert outgoing(request(path=path, query=query), around, "k").url == whole


def test_credentials_are_sent_and_named_as_secret():
    auth = DestinationAuth("header", (("X-Key", Secret("s3cret")),))
    ready = outgoing(request(), envelope(destination_settings(auth=auth)), "k")
    assert ("X-Key", "s3cret") in ready.headers
    assert ready.secret_headers == {"x-key"}
    assert ready.timeout == timedelta(seconds=10)
    assert "s3cret" not in repr(ready)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\x00"),
        ("X A", "1"),
        ("", "1"),
        ("Idempotency-Key", "mine"),
        ("host", "evil.example"),
        ("X-Key", "not yours"),
    ],
)
def test_headers_that_are_none_or_not_the_mappings_are_refused(name, value):
    auth = DestinationAuth("header", (("X-Key", Secret("s3cret")),))
    with pytest.raises(MappingError):
        check(request(headers=((name, value),)), envelope(destination_settings(auth=auth)))


def test_a_content_type_that_would_split_the_request_is_refused():
    bad = Request(body=b"", content_type="text/plain\r\nX: 1", parts=())
    with pytest.raises(MappingError):
        check(bad, envelope(destination_settings()))


def test_idempotency_keys_are_stable_and_depend_on_members_order_and_step():
    one, two = delivery(1, "e1"), delivery(2, "e2")
    assert idempotency_key([one]) == "e1:wfm"
    assert idempotency_key([one, two]) == stable_id("e1:wfm", "e2:wfm")
    assert idempotency_key([one, two]) != idempotency_key([two, one])
    assert idempotency_key([one], 1) == "e1:wfm:1"


def test_no_part_has_no_digest():
    assert digest(None) is None
    assert digest(b"a") == digest(b"a") != digest(b"b")


class Renamed:
    """A roster that names everybody by now."""

    def entry(self, source, agent_id):
        return RosterEntry(source, agent_id, "2002", email="now@example.com")


class Nobody:
    def entry(self, _source, _agent_id):
        return None


NAMELESS = {"data": {"agent": {"key": "flex:7", "id": "7", "wfm_id": None, "email": None}}}


def as_told(identity, roster, *worn):
    owed = replace(delivery(event=NAMELESS), identity=identity)
    agent = told(owed, frozenset(INCLUDABLE), roster, Badges(worn)).data["agent"]
    return agent["wfm_id"], agent["email"]


def test_what_was_held_for_its_identity_is_completed():
    assert as_told("2002", Renamed()) == ("2002", "now@example.com")
    assert as_told("77", Nobody(), Badge(EVERYWHERE, "flex:7", "77")) == ("77", None)
    assert as_told("now@example.com", Nobody()) == (None, None)


def test_any_other_event_is_told_as_it_was_made():
    known_as = NAMELESS["data"]["agent"]["id"]
    assert as_told(known_as, Renamed(), Badge(EVERYWHERE, "flex:7", "77")) == (None, None)


def test_a_question_without_a_body_names_no_type():
    question = Request(b"", "", (None,), method="GET", path="/agents")
    made = outgoing(question, envelope(destination_settings()), "k")
    assert "Content-Type" not in dict(made.headers)
