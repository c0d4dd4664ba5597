"""The Flex RTA mapping against the contract, section 4, "Flex RTA"."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.mapping import Content, ContentError, Phase, Reason, Record, Status, Unreadable
from gateway.model.clock import from_rfc3339
from gateway.pipeline.track import Stamp, track
from mappings.sources.flex_rta import MAPPING

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
AT = "2026-03-02T12:59:59.000Z"
SAMPLES = files(MAPPING.package) / "samples"
MENDED = ("offline", "created_voice", "accepted_voice", "two_channels")


def envelope(*records, **more):
    return {"product": "Flex", "object": "WFMWorkerChange", "version": 1, "records": records} | more


def record(channels=None, **worker):
    told = {"sid": "WK1", "activity_sid": "WA1", "activity_name": "Available"} | worker
    return {
        "worker": told,
        "channels": channels,
        "account_sid": "AC1",
        "workspace_sid": "WS1",
        "last_processed_event_sid": "EV1",
        "date_last_processed_event": AT,
    }


def voice(*reservations, name="voice"):
    return {"task_channel_name": name, "reservations": list(reservations)}


def split(body, **options):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = Content("POST", "application/json", "", raw, signed=False, received_at=RECEIVED)
    return MAPPING.split(content, MAPPING.options().load(options))


def picture(told, **options):
    (part,) = split(envelope(told), **options)
    assert isinstance(part, Record), part
    (observation,) = MAPPING.translate(part, MAPPING.options().load(options), RECEIVED)
    return observation


def in_x(text):
    """Return a sample with the sids as the page has them."""
    return re.sub(r'"([A-Z]{2})[0-9a-f]{32}"', lambda found: f'"{found[1]}{"x" * 32}"', text)


@pytest.mark.parametrize("as_published", [False, True])
def test_the_two_channel_sample_is_busy_since_the_first_call(as_published):
    text = (SAMPLES / "two_channels.in.json").read_text()
    (part,) = split((in_x(text) if as_published else text).encode())
    (told,) = MAPPING.translate(part, MAPPING.options().load({}), RECEIVED)
    events = track(None, told, Stamp("flex", RECEIVED, part.digest)).events
    state = events[-1].data
    assert (state["status"], state["since"]) == ("busy", "2021-06-06T11:44:42.262Z")
    assert [each["channel"] for each in state["contacts"]] == ["voice", "chat"]


def test_the_samples_as_published_are_four_records_of_one_agent():
    parts = [split(in_x((SAMPLES / f"{name}.in.json").read_text()).encode())[0] for name in MENDED]
    assert {each.agent_id for each in parts} == {"WK" + "x" * 32}
    assert len({each.digest for each in parts}) == 4


@pytest.mark.parametrize("body", [envelope(), envelope(records=None), envelope(records=[]), []])
def test_requests_without_records(body):
    assert split(body) == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"records": []}, "object"),
        (envelope(object="WFMOther"), "object"),
        (envelope(object=["WFMWorkerChange"]), "object"),
        (envelope(records={}), "records"),
        ("text", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_what_is_no_worker_change(body, path):
    with pytest.raises(ContentError) as raised:
        split(body)
    assert raised.value.status == 422
    assert [each.path for each in raised.value.flaws] == [path]


def test_product_version_and_what_else_there_is_decide_nothing():
    told = record() | {"surprise": {"a": [1]}}
    (part,) = split(envelope(told, version="2", product=None, more=1))
    assert isinstance(part, Record)


@pytest.mark.parametrize("odd", [b'"\\ud800"', b"1e400", b"1" * 5000])
def test_an_odd_value_harms_at_most_its_own_record(odd):
    text = json.dumps(envelope(record(), record(sid="WK2"), record(activity_name="odd")))
    named, measured, timed = (
        text.replace('"odd"', odd.decode()),
        text.replace('"channels": null', f'"channels": [{{"capacity": {odd.decode()}}}]', 1),
        text.replace(f'"{AT}"', odd.decode(), 1),
    )
    assert [type(each) for each in split(named.encode())] == [Record, Record, Record]
    assert [type(each) for each in split(measured.encode())] == [Record, Record, Record]
    assert [type(each) for each in split(timed.encode())] == [Unreadable, Record, Record]


def test_one_bad_record_harms_no_other():
    parts = split(envelope(record(), 7, record(sid=None), {}, record(sid="WK2")))
    assert [type(each) for each in parts] == [Record, Unreadable, Unreadable, Unreadable, Record]
    assert [each.index for each in parts] == [0, 1, 2, 3, 4]
    assert parts[2].flaws[0].path == "records[2].worker.sid"
    assert parts[3].flaws[0].path == "records[3].worker.sid"


def test_wrappers_in_an_array_are_counted_through():
    parts = split([envelope(record()), {"object": 7}, envelope(record(), record(sid=True))])
    assert [each.index for each in parts] == [0, 1, 2, 3]
    assert parts[1].flaws[0].path == "[1].object"
    assert parts[3].flaws[0].path == "[2].records[1].worker.sid"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("account_sid", ["AC1"]),
        ("date_last_processed_event", 1622977750),
        ("date_last_processed_event", "yesterday"),
        ("channels", {}),
        ("channels", [7]),
        ("channels", [{"reservations": "none"}]),
        ("channels", [{"reservations": [{"status": True}]}]),
        ("channels", [{"reservations": [{"date_updated": "now"}]}]),
        ("worker", "WK1"),
        ("worker", {"sid": "WK1", "activity_name": {}}),
    ],
)
def test_wrong_types_where_it_matters(place, value):
    (part,) = split(envelope(record() | {place: value}))
    assert isinstance(part, Unreadable)
    assert part.flaws[0].path.startswith(f"records[0].{place}")


def test_ids_told_as_numbers_stay_exact():
    (part,) = split(envelope(record(sid=202006302131470132090000083238)))
    assert part.agent_id == "202006302131470132090000083238"


def test_a_record_is_itself_whatever_the_order_of_its_keys():
    (one,) = split(envelope(record()))
    (same,) = split(envelope(dict(reversed(record().items()))))
    (other,) = split(envelope(record(activity_name="Lunch")))
    assert one.digest == same.digest != other.digest


def test_without_event_and_time_it_is_never_a_duplicate():
    bare = record() | {"last_processed_event_sid": None, "date_last_processed_event": None}
    (part,) = split(envelope(bare))
    assert part.digest is None
    (timed,) = split(envelope(bare | {"worker": {"sid": "WK1", "date_activity_updated": AT}}))
    assert timed.digest is not None


def test_the_time_is_the_newest_of_the_others_where_its_own_is_not_told():
    reservation = {"sid": "WR1", "date_created": "2099-01-01T00:00:00Z", "date_updated": AT}
    told = record([voice(reservation)], date_activity_updated="2026-03-02T12:00:00Z")
    (part,) = split(envelope(told | {"date_last_processed_event": None}))
    assert part.at == from_rfc3339(AT)
    assert picture(told | {"date_last_processed_event": None}).at == from_rfc3339(AT)


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2026-02-30T00:00"])
def test_a_time_that_is_not_believed_puts_nothing_in_order(at):
    (part,) = split(envelope(record() | {"date_last_processed_event": at}))
    assert part.at is None
    assert part.digest is not None


@pytest.mark.parametrize("channels", [None, [], "absent"])
def test_no_tasks(channels):
    told = record(channels)
    if channels == "absent":
        del told["channels"]
    assert picture(told).contacts == ()


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("accepted", Phase.ACTIVE),
        ("wrapping", Phase.WRAP_UP),
        ("pending", Phase.OFFERED),
        ("Created", Phase.OFFERED),
        ("transferring", Phase.UNKNOWN),
        (None, Phase.UNKNOWN),
    ],
)
def test_contacts_that_are_held(word, phase):
    (contact,) = picture(record([voice({"sid": "WR1", "status": word})])).contacts
    assert (contact.phase, contact.native_status) == (phase, word)


@pytest.mark.parametrize("word", ["canceled", "completed", "rejected", "rescinded", "Timeout"])
@pytest.mark.parametrize("told", ["date_reservation_status_updated", "date_updated"])
def test_contacts_that_are_gone(word, told):
    pictured = picture(record([voice({"sid": "WR1", "status": word, told: AT})]))
    assert pictured.contacts == ()
    assert [(each.key, each.at) for each in pictured.departures] == [("WR1", from_rfc3339(AT))]


def test_times_that_are_not_believed_are_left_out():
    reservation = {
        "sid": "WR1",
        "status": "accepted",
        "date_created": "2026-02-30T00:00:00Z",
        "date_reservation_status_updated": "2099-01-01T00:00:00Z",
        "date_updated": AT,
    }
    channel = voice(reservation) | {"date_capacity_updated": "1970-01-01T00:00:00Z"}
    pictured = picture(record([channel], date_activity_updated="2099-01-01T00:00:00Z"))
    assert pictured.contacts[0].offered_at is None
    assert pictured.contacts[0].since == from_rfc3339(AT)
    assert pictured.channels[0].capacity_since is None
    assert pictured.activity.since is None


def twice(first, second, *, channel="voice"):
    one = {"sid": "WR1", "status": first[0], "date_updated": first[1]}
    other = {"sid": "WR1", "status": second[0], "date_updated": second[1]}
    return picture(record([voice(one), voice(other, name=channel)]))


EARLIER = "2026-03-02T12:00:00Z"


@pytest.mark.parametrize("channel", ["voice", "chat"])
def test_a_reservation_told_twice_is_the_newest(channel):
    for first, second in [
        (("pending", EARLIER), ("accepted", AT)),
        (("accepted", AT), ("pending", EARLIER)),
        (("accepted", AT), ("pending", None)),
        (("pending", AT), ("accepted", AT)),
    ]:
        (contact,) = twice(first, second, channel=channel).contacts
        assert contact.phase is Phase.ACTIVE
    gone = twice(("completed", AT), ("accepted", EARLIER))
    assert gone.contacts == ()
    assert len(gone.departures) == 1


def test_reservations_without_a_sid_are_told_apart():
    assert len(picture(record([voice({}, {})])).contacts) == 2


@pytest.mark.parametrize(
    ("statuses", "sid", "name", "status", "mapped"),
    [
        ({}, "WA1", "Offline", Status.LOGGED_OUT, True),
        ({}, "WA1", "Available", Status.READY, True),
        ({}, "WA1", "available", Status.NOT_READY, False),
        ({}, "WA1", "Pause ☕", Status.NOT_READY, False),
        ({}, None, "Lunch", Status.NOT_READY, False),
        ({}, "WA1", None, Status.UNKNOWN, False),
        ({"Lunch": "not_ready"}, "WA1", " Lunch ", Status.NOT_READY, True),
        ({"WA1": "busy", "Lunch": "not_ready"}, "WA1", "Lunch", Status.BUSY, True),
        ({"WA1": "ready"}, "WA1", None, Status.READY, True),
        ({"Available": "not_ready"}, "WA1", "Available", Status.NOT_READY, True),
    ],
)
def test_activities(statuses, sid, name, status, mapped):
    told = record(activity_sid=sid, activity_name=name)
    activity = picture(told, statuses=statuses).activity
    assert (activity.status, activity.mapped) == (status, mapped)
    assert activity.reason == Reason(sid, name.strip() if name else None)


def test_null_worker_fields_carry_no_information():
    assert picture(record(activity_sid=None, activity_name=" ")).activity is None


@pytest.mark.parametrize(
    ("told", "free"),
    [(75, 75), ("75", 75), (133, 100), (-1, 0), ("-5", 0), (12.5, 12.5), (None, None), ("x", None)],
)
def test_free_capacity_is_a_percentage(told, free):
    (channel,) = picture(record([{"available_capacity": told}])).channels
    assert channel.free_percent == free


@pytest.mark.parametrize(
    ("told", "direction"),
    [("Inbound", "inbound"), ("OUTBOUND", "outbound"), ("Internal", "internal"), (None, None)],
)
def test_directions(told, direction):
    (contact,) = picture(record([voice({"sid": "WR1", "direction": told})])).contacts
    assert contact.direction == direction


def test_live_channels():
    assert picture(record()).live_channels == {"voice", "video"}
    assert picture(record(), live_channels=["Chat "]).live_channels == {"chat"}


@pytest.mark.parametrize(
    "options", [{"statuses": {"Lunch": "eating"}}, {"live_channels": "voice"}, {"timezone": "UTC"}]
)
def test_options_that_are_wrong(options):
    with pytest.raises(ValidationError):
        MAPPING.options().load(options)


@given(st.lists(st.sampled_from([record(), record(sid="WK2"), 7, {}, None]), max_size=8))
def test_every_record_has_its_part(records):
    parts = split(envelope(*records))
    readable = [isinstance(each, dict) and "worker" in each for each in records]
    assert [isinstance(each, Record) for each in parts] == readable


@given(st.integers(0, 3600), st.sampled_from(["Z", "+02:00", "-05:00", ""]))
def test_offsets(seconds, offset):
    at = datetime(2026, 3, 2, 11, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    hours = {"+02:00": 2, "-05:00": -5}.get(offset, 0)
    text = f"{at + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}{offset}"
    (part,) = split(envelope(record() | {"date_last_processed_event": text}))
    assert part.at == at
