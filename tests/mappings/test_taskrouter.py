"""The TaskRouter mapping against the facts, parts B1 to B4."""

import json
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from gateway.mapping import (
    ContactPiece,
    Content,
    ContentError,
    Ignored,
    Phase,
    Record,
    Status,
    Unreadable,
)
from gateway.mapping.registry import installed
from gateway.operations.simulation import ContactCentre
from gateway.pipeline.track import Stamp, track
from mappings.sources.taskrouter import MAPPING
from mappings.sources.taskrouter.insights import insights_of
from mappings.sources.taskrouter.insights_table import ROWS

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SECONDS = str(int(RECEIVED.timestamp()) - 1)
BASE = {
    "EventType": "worker.activity.update",
    "Sid": "EV1",
    "AccountSid": "AC1",
    "WorkspaceSid": "WS1",
    "Timestamp": SECONDS,
    "TimestampMs": f"{SECONDS}250",
    "WorkerSid": "WK1",
    "WorkerName": "anna",
    "WorkerActivitySid": "WA1",
    "WorkerActivityName": "Available",
}
RESERVATION = BASE | {
    "EventType": "reservation.accepted",
    "ReservationSid": "WR1",
    "ReservationVersion": "1",
    "TaskSid": "WT1",
    "TaskChannelUniqueName": "voice",
}


def split(body, media_type="application/x-www-form-urlencoded", **options):
    raw = body if isinstance(body, bytes) else body.encode()
    content = Content("POST", media_type, "", raw, signed=False, received_at=RECEIVED)
    return MAPPING.split(content, MAPPING.options().load(options))


def glimpse(told, **options):
    (part,) = split(urlencode(told), **options)
    assert isinstance(part, Record), part
    observation, *_ = MAPPING.translate(part, MAPPING.options().load(options), RECEIVED)
    return observation


def streamed(told, **envelope):
    """Return the event as Event Streams would send it."""
    payload = {snake(name): value for name, value in told.items() if name != "EventType"}
    kind = f"com.twilio.taskrouter.{told['EventType']}"
    return {"specversion": "1.0", "type": kind, "data": {"payload": payload}} | envelope


def snake(name):
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


def test_the_time_is_the_most_exact_one_told():
    second = RECEIVED - timedelta(seconds=1)
    assert glimpse(BASE).at == second + timedelta(milliseconds=250)
    without = {name: value for name, value in BASE.items() if name != "TimestampMs"}
    assert glimpse(without).at == second
    assert glimpse(without | {"Timestamp": "2026-03-02T12:00:00Z"}).at == RECEIVED.replace(hour=12)
    assert glimpse(without | {"Timestamp": "9" * 30}).activity.since is None


def test_a_time_of_thousands_of_digits_harms_no_other_event():
    body = json.dumps([streamed(BASE), streamed(BASE | {"Sid": "EV2", "TimestampMs": "9" * 5000})])
    first, second = split(body, "application/json")
    assert isinstance(first, Record)
    assert (second.at, isinstance(second, Record)) == (None, True)


def test_without_an_id_an_event_is_another_one_at_another_time():
    told = {name: value for name, value in BASE.items() if name != "Sid"}
    later = told | {"TimestampMs": str(int(told["TimestampMs"]) + 60_000)}
    first, again, second = (split(urlencode(each))[0].digest for each in (told, told, later))
    assert first == again != second


@pytest.mark.parametrize(
    ("event", "phase", "is_gone"),
    [
        ("created", Phase.OFFERED, False),
        ("accepted", Phase.ACTIVE, False),
        ("wrapup", Phase.WRAP_UP, False),
        ("completed", Phase.UNKNOWN, True),
        ("rejected", Phase.UNKNOWN, True),
        ("timeout", Phase.UNKNOWN, True),
        ("canceled", Phase.UNKNOWN, True),
        ("rescinded", Phase.UNKNOWN, True),
        ("failed", Phase.UNKNOWN, True),
    ],
)
def test_every_event_of_a_reservation(event, phase, is_gone):
    held = glimpse(RESERVATION | {"EventType": f"reservation.{event}"}).held
    assert (held.is_gone, held.version) == (is_gone, 1)
    assert is_gone or held.contact.phase is phase


@pytest.mark.parametrize(
    "told",
    [
        {"EventType": "task.created"},
        {"EventType": "task-queue.entered"},
        {"EventType": "workflow.timeout"},
        {"EventType": "activity.created"},
        {"EventType": "something.new"},
        {"EventType": "reservation.failed", "WorkerSid": ""},
    ],
)
def test_what_changes_no_agent_is_ignored(told):
    (part,) = split(urlencode(BASE | told))
    assert isinstance(part, Ignored)


def test_the_operators_statuses_go_by_sid_and_by_name():
    assert glimpse(BASE, statuses={"WA1": "not_ready"}).activity.status is Status.NOT_READY
    assert glimpse(BASE | {"WorkerActivityName": "Lunch"}).activity.mapped is False


def test_a_deleted_worker_is_logged_out():
    assert glimpse(BASE | {"EventType": "worker.deleted"}).activity.status is Status.LOGGED_OUT


@pytest.mark.parametrize(
    "attributes",
    ["", "null", "[]", "7", "{broken", "{a=b, c=d}", '"' + "x" * 70_000 + '"', "[" * 5000],
)
def test_attributes_that_are_none_cost_nothing_else(attributes):
    told = glimpse(BASE | {"WorkerAttributes": attributes})
    assert (told.agent.username, told.agent.email) == ("anna", None)
    assert told.activity.status is Status.READY


def test_only_attributes_that_are_allowed_by_name_are_told():
    attributes = {
        "email": "anna@example.com",
        "full_name": " Anna ",
        "team_name": "a name needs its id",
        "department_id": 7,
        "department_name": "Sales",
        "agent_label_1": "y" * 300,
        "roles": ["admin"],
        "some_auth_token": "canary",
    }
    for text in (json.dumps(attributes), json.dumps(json.dumps(attributes))):
        agent = glimpse(BASE | {"WorkerAttributes": text}).agent
        assert (agent.email, agent.name, agent.team) == ("anna@example.com", "Anna", None)
        assert (agent.department.id, agent.department.name) == ("7", "Sales")
        assert agent.attributes == (("agent_label_1", "y" * 128),)
        assert "canary" not in repr(agent)


def test_a_stream_may_send_one_event_or_several():
    one = streamed(RESERVATION)
    (alone,) = split(json.dumps(one), "application/json")
    both = split(json.dumps([one, streamed(BASE)]), "application/cloudevents-batch+json")
    assert alone.agent_id == "WK1"
    assert [each.agent_id for each in both] == ["WK1", "WK1"]


def test_the_same_event_by_both_ways_is_the_same_event():
    (by_callback,) = split(urlencode(RESERVATION))
    numbers = RESERVATION | {"ReservationVersion": 1, "TimestampMs": int(f"{SECONDS}250")}
    (by_stream,) = split(json.dumps(streamed(numbers)), "application/json")
    assert by_callback.digest == by_stream.digest
    (other,) = split(urlencode(RESERVATION | {"Sid": "EV2"}))
    assert other.digest != by_callback.digest


def test_the_envelopes_type_counts_where_the_payload_says_another():
    told = streamed(RESERVATION)
    told["data"]["payload"]["eventtype"] = "reservation.created"
    (part,) = split(json.dumps(told), "application/json")
    observation, *_ = MAPPING.translate(part, MAPPING.options().load({}), RECEIVED)
    assert observation.held.contact.phase is Phase.ACTIVE


def test_one_bad_item_costs_the_others_nothing():
    items = [streamed(BASE), None, {"type": 7}, {"type": "x", "data": {"payload": []}}]
    good, *bad = split(json.dumps(items), "application/json")
    assert isinstance(good, Record)
    assert all(isinstance(each, Unreadable) for each in bad)


def test_a_payload_with_odd_members_is_read_as_far_as_it_can_be():
    told = streamed(BASE)
    told["data"]["payload"] |= {"task_attributes": {"a": [1]}, "worker_version": True, "new": [{}]}
    (part,) = split(json.dumps(told), "application/json")
    assert isinstance(part, Record)


def test_a_test_event_has_nothing_to_translate():
    body = {"type": "com.twilio.eventstreams.test-event", "id": "AC1", "data": {"test_id": "x"}}
    (part,) = split(json.dumps(body), "application/json")
    assert isinstance(part, Ignored)


@pytest.mark.parametrize("body", [b"", b" ", b"{broken", b"no form", b"\xff=\xff"])
def test_what_is_neither_json_nor_a_form_is_refused(body):
    with pytest.raises(ContentError):
        split(body, "text/plain" if body == b"no form" else "application/x-www-form-urlencoded")


def test_a_signed_form_is_not_taken_for_json():
    body = b'{"type": "com.twilio.taskrouter.worker.created"}'
    form = "application/x-www-form-urlencoded"
    content = Content("POST", form, "", body, signed=True, received_at=RECEIVED)
    (part,) = MAPPING.split(content, MAPPING.options().load({}))
    assert isinstance(part, Unreadable)


# What is kept.


def kept(body, media_type="application/x-www-form-urlencoded", **options):
    raw = body if isinstance(body, bytes) else body.encode()
    content = Content("POST", media_type, "", raw, signed=False, received_at=RECEIVED)
    return MAPPING.keep(content, MAPPING.options().load(options))


CANARIES = {
    "TaskAttributes": json.dumps({"direction": "inbound", "from": "canary", "a": {"b": "canary"}}),
    "WorkerAttributes": json.dumps(
        {"email": "anna@example.com", "phone": "canary", "token": "canary", "c": ["canary"]}
    ),
    "EventDescription": "canary",
    "Somebody": "canary",
}


@pytest.mark.parametrize("keep", ["redacted", "fields"])
@pytest.mark.parametrize("is_stream", [True, False])
def test_what_is_not_allowed_by_name_is_not_kept(keep, is_stream):
    told = RESERVATION | CANARIES
    if is_stream:
        media_type, body = "application/json", json.dumps([streamed(told, subject="canary"), 7])
    else:
        media_type, body = "application/x-www-form-urlencoded", urlencode(told)
    found = kept(body, media_type, keep=keep)
    assert b"canary" not in found
    assert (b"***" in found or b"%2A%2A%2A" in found) == (keep == "redacted" or is_stream)
    assert kept(found, media_type, keep=keep) == found
    part = split(found, media_type)[0]
    observation, *_ = MAPPING.translate(part, MAPPING.options().load({}), RECEIVED)
    assert observation.agent.email == "anna@example.com"
    assert observation.held.contact.direction == "inbound"
    assert observation.held.contact.phase is Phase.ACTIVE


EVERY_NEED = {
    "direction": "Inbound",
    "call_sid": "CA1",
    "from": "+15550001111",
    "from_city": "Berlin",
    "to": "+15550002222",
    "api_version": "canary",
    "token": "canary",
    "conversations": {
        "conversation_id": "conv-1",
        "abandoned": "Yes",
        "hold_time": "3.5",
        "queue": "Sales",
        "segment_link": "https://example.com/1",
        "case": "Retention",
        "conversation_label_1": "label",
        "conversation_measure_1": "canary",
        "conversation_measure_2": 2,
        "token": "canary",
        "nested": {"case": "canary"},
    },
    "customers": {"phone": "+15550003333", "year_of_birth": "1899", "token": "canary"},
    "customer": {"phone": "canary"},
    "conversation": "canary",
}
ALWAYS = {
    "": {"direction": "inbound", "call_sid": "CA1"},
    "conversations": {
        "conversation_id": "conv-1",
        "abandoned": "Yes",
        "hold_time": 3.5,
        "conversation_measure_2": 2,
    },
    "customers": {},
}
OPEN = {"conversations": {"queue": "Sales", "segment_link": "https://example.com/1"}}
OF_CUSTOMER = {
    "": {"from": "+15550001111", "from_city": "Berlin", "to": "+15550002222"},
    "customers": {"phone": "+15550003333"},
}
OF_TEXT = {"conversations": {"case": "Retention", "conversation_label_1": "label"}}


@pytest.mark.parametrize(
    ("included", "more", "expected"),
    [
        ((), {}, [ALWAYS, OPEN]),
        (("customer",), {}, [ALWAYS, OPEN, OF_CUSTOMER]),
        (("attributes",), {}, [ALWAYS, OPEN, OF_TEXT]),
        (("customer", "attributes"), {}, [ALWAYS, OPEN, OF_CUSTOMER, OF_TEXT]),
        (("customer", "attributes"), {"privacy": "hipaa"}, [ALWAYS]),
    ],
)
@pytest.mark.parametrize("keep", ["redacted", "fields"])
def test_of_a_tasks_attributes_only_what_is_wanted_is_kept(included, more, expected, keep):
    options = MAPPING.options().load({"keep": keep, **more})
    options = MAPPING.wanting(options, frozenset(included))
    text = json.dumps(EVERY_NEED)
    found = attributes_kept(text, options)
    wanted = {}
    for each in expected:
        for place, told in each.items():
            wanted[place] = wanted.get(place, {}) | told
    objects = {name: value for name, value in wanted.items() if name and value}
    assert unmasked(found) == wanted[""] | objects
    is_redacted = keep == "redacted" and not more
    assert (set(found) == set(EVERY_NEED)) == is_redacted
    assert ("***" in json.dumps(found)) == is_redacted
    assert attributes_kept(json.dumps(found), options) == found
    wants = {"customer": options.wants_customer, "text": options.wants_text}
    assert more or insights_of(found, **wants) == insights_of(text, **wants)


def attributes_kept(text, options):
    body = urlencode(RESERVATION | {"TaskAttributes": text}).encode()
    form = "application/x-www-form-urlencoded"
    content = Content("POST", form, "", body, signed=False, received_at=RECEIVED)
    return json.loads(dict(parse_qsl(MAPPING.keep(content, options).decode()))["TaskAttributes"])


def unmasked(found):
    inner = {
        name: unmasked(each) if isinstance(each, dict) else each for name, each in found.items()
    }
    return {name: each for name, each in inner.items() if each not in ("***", {})}


def test_what_is_kept_ends_where_reading_ends():
    options = MAPPING.wanting(MAPPING.options().load({}), frozenset({"attributes"}))
    long = json.dumps({"conversations": {"case": "y" * 128 + "canary"}})
    assert attributes_kept(long, options) == {"conversations": {"case": "y" * 128}}


def test_a_name_is_read_alike_in_all_its_rows():
    for rows in ROWS.values():
        ways = {(row.name, row.read, row.needs) for row in rows}
        assert len(ways) == len({row.name for row in rows})


def test_the_bytes_are_kept_where_the_operator_says_so():
    body = urlencode(RESERVATION | CANARIES)
    assert kept(body, keep="bytes") == body.encode()


def test_with_privacy_nothing_is_kept_that_can_hold_personal_data():
    told = RESERVATION | CANARIES | {"WorkerName": "canary"}
    found = kept(urlencode(told), privacy="hipaa", keep="bytes")
    assert b"canary" not in found
    assert b"example.com" not in found
    (part,) = split(found)
    assert part.agent_id == "WK1"


@pytest.mark.parametrize("keep", ["redacted", "fields", "bytes"])
@pytest.mark.parametrize("value", [{"canary": 1}, ["canary"], {}, []])
@pytest.mark.parametrize("name", ["WorkerSid", "TaskSid", "WorkerActivityName", "TimestampMs"])
def test_a_field_that_is_no_text_is_said_to_be_none_and_makes_nobody_up(name, value, keep):
    body = json.dumps(streamed(RESERVATION | {name: value}))
    found = kept(body, "application/json", keep=keep)
    assert b"canary" not in found or keep == "bytes"
    (part,) = split(found, "application/json")
    assert isinstance(part, Unreadable)
    assert [str(each) for each in part.flaws] == [
        f"data.payload.{snake(name)}: Must be a text or null."
    ]


def test_what_cannot_be_read_is_not_kept():
    with pytest.raises(ContentError):
        kept("{canary", "application/json")
    items = [{"type": "x", "data": "canary"}, "canary", ["canary"]]
    assert kept(json.dumps(items), "application/json").count(b"canary") == 0


# One day, told in three ways.

AGENTS = 12
HAPPENINGS = 1500
PACE = timedelta(seconds=2)


class Day:
    """A feed of a simulated day: what is known of every agent after each minute."""

    def __init__(self, mapping):
        self._mapping = mapping
        self._options = mapping.options().load({})
        self._known = {}
        self._seen = set()
        self.minutes = []

    def minute(self, requests, now):
        for body, media_type in requests:
            content = Content("POST", media_type, "", body, signed=False, received_at=now)
            for part in self._mapping.split(content, self._options):
                if part.digest not in self._seen:
                    self._seen.add(part.digest)
                    self._take(part, now)
        self.minutes.append({name: self._shape(each) for name, each in self._known.items()})

    def _take(self, part, now):
        for each in self._mapping.translate(part, self._options, now):
            if isinstance(each, ContactPiece):
                continue
            stamp = Stamp("flex", now, part.digest)
            self._known[part.agent_id] = track(self._known.get(part.agent_id), each, stamp).known

    @staticmethod
    def _shape(known):
        held = {(each.reservation_id, each.phase, each.channel) for each in known.contacts}
        return known.now.status, known.now.reason, held


def simulated(mapping):
    """Return the requests of each minute of the day."""
    centre = ContactCentre(AGENTS, seed=11)
    minutes = {}
    for number in range(HAPPENINGS):
        now = RECEIVED + number * PACE
        minute = minutes.setdefault(now.replace(second=0), [])
        minute += [(each.body, each.content_type) for each in mapping.compose(centre.next(now))]
    return minutes


def by_stream(requests, dice):
    """Return callbacks as batches of Event Streams: in any order, some twice."""
    events = [streamed(dict(parse_qsl(body.decode()))) for body, _ in requests]
    events += dice.sample(events, len(events) // 3)
    dice.shuffle(events)
    return [(json.dumps(events).encode(), "application/json")]


def test_a_day_is_the_same_by_pictures_by_callbacks_and_by_streams():
    dice = random.Random(5)
    pictures, callbacks = installed().sources["flex_rta"], MAPPING
    by_picture, by_callback, streams = Day(pictures), Day(callbacks), Day(callbacks)
    told = simulated(pictures)
    for minute, requests in simulated(callbacks).items():
        now = minute + timedelta(minutes=1)
        by_picture.minute(told[minute], now)
        shuffled = requests + dice.sample(requests, len(requests) // 3)
        dice.shuffle(shuffled)
        by_callback.minute(shuffled, now)
        streams.minute(by_stream(requests, dice), now)
    assert len(by_picture.minutes) == 50
    assert by_callback.minutes == by_picture.minutes
    assert streams.minutes == by_picture.minutes
