"""Each check finds what it is there for: mappings that break one promise each."""

import random
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from marshmallow import INCLUDE, Schema, fields

from gateway.conformance import State, examine
from gateway.mapping import (
    Composed,
    Judgement,
    MappingError,
    Record,
    Request,
    SecretField,
    Settlement,
    Verdict,
    one_request,
)
from mappings.destinations.calabrio_rta_json import MAPPING as STATES
from mappings.destinations.cloudevents import MAPPING as EVENTS
from mappings.sources.ringcentral import MAPPING as SOURCE


def broken(mapping, check):
    """Return what is told of a check that is broken."""
    (found,) = examine(mapping, check).found
    assert (found.state is State.BROKEN) == bool(found.problems)
    return found.problems


def only(mapping, check):
    """Return what is told of the one check that is broken."""
    found = {each.check: each.problems for each in examine(mapping).found}
    assert [name for name, problems in found.items() if problems] == [check], found
    return found[check]


def before(mapping, change):
    """Return the mapping with something done before each step."""

    def step(events, memory, answer, options):
        change(events)
        return mapping.step(events, memory, answer, options)

    return replace(mapping, step=step)


def after(mapping, change):
    """Return the mapping with requests that are changed."""

    def step(events, memory, answer, options):
        made = mapping.step(events, memory, answer, options)
        return change(made, events, options) if isinstance(made, Request) else made

    return replace(mapping, step=step)


def test_a_mapping_without_samples():
    ((name, what),) = broken(replace(STATES, package="mappings.destinations"), "samples")
    assert name == ""
    assert "package=__name__" in what


def test_an_option_that_nobody_has_heard_of():
    class Loose(Schema):
        class Meta:
            unknown = INCLUDE

    ((_, what),) = only(replace(EVENTS, options=Loose), "options")
    assert what == "takes a key that it does not have"


def test_an_option_that_is_not_refused_in_words():
    class Wrong(STATES.options):
        source_id = fields.Function(deserialize=lambda value: value + "")

    problems = only(replace(STATES, options=Wrong), "options")
    assert "source_id = null: raises TypeError" in problems[1][1] or problems[0][1]
    assert all("raises TypeError" in what for _, what in problems)


def test_what_is_not_as_the_golden_file_says():
    problems = broken(after(STATES, lambda made, *_: replace(made, path="/other")), "golden")
    name, what = problems[1]
    assert name == "login.in.json"
    assert what.startswith('is not what login.out.json says: "path": "/other", where "path": "/Rta')


@pytest.mark.parametrize(
    ("reach", "what"),
    [
        (lambda _: time.time(), "uses the clock (time)"),
        (lambda _: datetime.now(UTC), "uses the clock (now)"),
        (lambda _: random.random(), "uses randomness (random)"),
        (lambda _: Path("/etc/hostname").read_text(), "uses I/O (open)"),
        (lambda _: print(end=""), "uses I/O (print)"),  # noqa: T201 - it is found
    ],
)
def test_what_is_reached_for(reach, what):
    problems = only(before(EVENTS, reach), "pure")
    assert {each for _, each in problems} == {what}


def test_another_result_the_second_time_and_in_another_process():
    count = iter(range(1_000_000))
    mapping = after(EVENTS, lambda made, *_: replace(made, path=f"/{next(count)}"))
    told = {what for _, what in broken(mapping, "pure")}
    assert told == {
        "makes something else of it the second time",
        "makes something else of it in another process",
    }


def test_a_destination_that_is_not_total():
    mapping = before(STATES, lambda events: (events[0].data["agent"] or {"id": ""})["id"].upper())
    problems = broken(mapping, "total")
    assert ("batch.in.json", "without data.agent: raises KeyError: 'agent'") in problems


@pytest.mark.parametrize(
    "made",
    [
        None,
        "told",
        (),
        Request(b"{}", "application/json", ()),
        Request("{}", "application/json", (None,)),
        Request(b"{}", "application/json", (None,), path="/\ud800"),
        Request(b"{}", "application/json", (None,), method="CONNECT"),
        Settlement(None),
        Settlement((Verdict.DELIVERED,)),
        Settlement((Judgement(Verdict.DELIVERED),), {"at": datetime(2026, 3, 2, tzinfo=UTC)}),
    ],
)
def test_a_destination_that_returns_nonsense(made):
    assert broken(replace(EVENTS, step=lambda *_: made), "total")


def judging(judge):
    """Return a mapping that judges like that."""

    def request(items, _options):
        return Request(b"{}", "application/json", (None,) * len(items))

    step = one_request(lambda told, _options: told, request, lambda answer, *_: judge(answer))
    return replace(EVENTS, step=step, judges=True)


def test_answers_that_cannot_be_parsed():
    def trusting(answer):
        return Judgement(Verdict[orjson.loads(answer.body)["verdict"]])

    def harsh(answer):
        is_html = answer.body.startswith(b"<html")
        return Judgement(Verdict.PERMANENT) if is_html else None

    assert "raises JSONDecodeError" in str(broken(judging(trusting), "answers"))
    assert "though its status says delivered" in str(broken(judging(harsh), "answers"))
    assert broken(judging(lambda _answer: None), "answers") == ()


def test_a_mapping_that_judges_though_it_says_that_it_does_not():
    mapping = replace(judging(lambda _answer: Judgement(Verdict.DELIVERED)), judges=False)
    assert "in spite of judges=False" in str(broken(mapping, "answers"))


def test_a_mapping_that_does_not_come_to_an_end():
    endless = Request(b"", "", (None,))
    mapping = replace(EVENTS, judges=True, step=lambda *_: endless)
    assert "does not come to an end" in str(broken(mapping, "answers"))


def test_unknown_words_at_a_destination():
    def know(events):
        if any("Never" in str(each.data.get("reason")) for each in events):
            raise MappingError("no such reason")

    problems = only(before(STATES, know), "unknown_words")
    assert "a reason 'Never Heard Of' is refused: no such reason" in str(problems)


def test_what_is_told_again_cannot_be_compared():
    def with_id(made, events, _options):
        return replace(made, parts=tuple(each.event["id"].encode() for each in events))

    problems = broken(after(STATES, with_id), "stable_ids")
    assert "another event id" in str(problems)


def test_a_batch_out_of_order():
    def backwards(made, _events, _options):
        body = orjson.loads(made.body)
        return replace(made, body=orjson.dumps(body[::-1])) if isinstance(body, list) else made

    assert "do not stand in their order" in str(broken(after(EVENTS, backwards), "order"))


def test_a_mapping_that_needs_personal_data():
    """In the samples of this mapping somebody has a name."""

    def name(events):
        for each in events:
            if (each.data.get("contact") or {}).get("customer_address", "") is None:
                raise MappingError("no number")

    problems = broken(before(EVENTS, name), "personal_data")
    assert problems == (("contact.in.json", "cannot do without personal data: no number"),)


def test_secrets_that_are_none_to_the_schema():
    class Plain(Schema):
        authentication_key = fields.String()

        class Meta:
            unknown = INCLUDE

    class Kept(Plain):
        authentication_key = SecretField()

    told = replace(STATES, step=EVENTS.step, max_batch=1, snapshot=None)
    problems = broken(replace(told, options=Plain), "secrets")
    assert "the option authentication_key is not loaded as a Secret" in str(problems)
    assert broken(replace(told, options=Kept), "secrets") == ()


def test_a_snapshot_that_tells_something_else():
    def otherwise(told, options):
        return replace(STATES.snapshot.standing(told, options), part=b"other", is_in=False)

    snapshot = replace(STATES.snapshot, standing=otherwise)
    problems = str(only(replace(STATES, snapshot=snapshot), "snapshot"))
    assert "not the part of a delivery" in problems
    assert "stands as logged in, or the reverse" in problems


# Sources.


def splitting(change):
    """Return a source that changes its records."""

    def split(content, options):
        return [
            change(each, content) if isinstance(each, Record) else each
            for each in SOURCE.split(content, options)
        ]

    return replace(SOURCE, split=split)


def translating(change):
    """Return a source that changes its observations."""

    def translate(record, options, received_at):
        return change(SOURCE.translate(record, options, received_at))

    return replace(SOURCE, translate=translate)


def test_a_source_that_is_not_total():
    def split(content, options):
        orjson.loads(content.body or b"{}")
        return SOURCE.split(content, options)

    assert "raises JSONDecodeError" in str(broken(replace(SOURCE, split=split), "total"))


@pytest.mark.parametrize(
    "told", [None, (), iter(()), "told", [None], [Judgement(Verdict.DELIVERED)]]
)
def test_a_source_that_returns_nonsense(told):
    assert broken(translating(lambda _told: told), "total")


def test_times_without_a_zone():
    def naive(told):
        return [
            replace(each, at=each.at.replace(tzinfo=None)) if each.at else each for each in told
        ]

    assert "is a time that is not in UTC" in str(broken(translating(naive), "aware"))


def test_unknown_words_at_a_source():
    def know(told):
        if any(getattr(each, "mapped", True) is False for each in told):
            raise MappingError("no such state")
        return told

    problems = str(broken(translating(know), "unknown_words"))
    assert "in no sample told as unmapped" in problems


def test_ids_that_change_and_ids_that_do_not():
    def by_time(each, content):
        return replace(each, digest=content.received_at.isoformat()[:16].encode())

    def all_one(each, _content):
        return replace(each, digest=b"0" * 16)

    assert "an hour later it counts as another" in str(broken(splitting(by_time), "stable_ids"))
    assert "counts as one of" in str(broken(splitting(all_one), "stable_ids"))


def test_parts_that_are_not_numbered_as_they_came():
    mapping = splitting(lambda each, _content: replace(each, index=each.index + 1))
    assert "does not number its parts from 0 on" in str(broken(mapping, "order"))


def test_what_it_composes_it_cannot_read():
    mapping = replace(SOURCE, compose=lambda _moment: [Composed(b"{}", "application/json")])
    assert "is no record with a time" in str(broken(mapping, "composes"))


# What is waived.


def test_what_is_waived_with_a_reason_is_not_broken():
    mapping = before(EVENTS, lambda _: random.random())
    waived = replace(mapping, waived={"pure": "the vendor wants a nonce"})
    (found,) = examine(waived, "pure").found
    assert (found.state, found.reason) == (State.WAIVED, "the vendor wants a nonce")
    assert examine(waived).broken == []
    assert only(replace(mapping, waived={"pure": " "}), "pure") == (
        ("", "waived without a reason"),
    )


def test_what_is_kept_is_not_waived():
    assert only(replace(EVENTS, waived={"pure": "to be safe"}), "pure") == (
        ("", "waived, and kept all the same"),
    )


def test_what_is_waived_is_a_check():
    ((_, what),) = only(replace(EVENTS, waived={"speed": "slow"}), "waived")
    assert what.startswith("speed is no check; valid: samples, ")
