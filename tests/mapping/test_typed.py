"""What a mapping may return, all the way down."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mapping import (
    Activity,
    Ask,
    Change,
    ChangeKind,
    Channel,
    Contact,
    ContactFact,
    Endpoint,
    Identity,
    Named,
    Observation,
    Picture,
    Reason,
    Secret,
    Status,
)
from gateway.mapping.flaws import flaw_of
from gateway.mapping.typed import Kind

AT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
WHO = Identity("7", "acme", username="née")


def test_one_field_and_a_value_that_is_anything():
    assert Kind(Endpoint).flaw_in(Endpoint("u", (("Name", Secret("s3cret")),))) is None
    assert Kind(Ask).flaw_in(Ask("/x", about={"holding": frozenset("ab")})) is None


def picture(**more):
    return Picture(**{"agent": WHO, "at": AT} | more)


@pytest.mark.parametrize(
    "value",
    [
        picture(),
        picture(at=None, activity=Activity(Status.READY, Reason("1"), AT)),
        picture(contacts=(Contact("1", since=AT),), live_channels=frozenset({"voice"})),
        picture(agent=Identity("7", "acme", attributes=(("a", "b"),))),
        Change(WHO, AT, ChangeKind.STATE, session_seconds=1.5, outcome=("A", "")),
        Change(WHO, AT, ChangeKind.STATE, status_after={"A": Status.READY}),
        ContactFact(None, None, duration_seconds=7),
    ],
)
def test_what_is_as_it_should_be(value):
    assert Kind(Observation).flaw_in(value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "it is None, not a Picture or a Glimpse or a RollCall or a Change or a ContactFact"),
        ("told", "it is a str, not"),
        (picture(agent="7"), "agent is a str, not an Identity"),
        (picture(agent=Identity(7, "acme")), "agent.id is an int, not a str"),
        (picture(agent=Identity("\ud800", "acme")), "agent.id is no Unicode"),
        (picture(at=AT.replace(tzinfo=None)), "at is a time that is not in UTC"),
        (
            picture(at=AT.astimezone(timezone(timedelta(hours=1)))),
            "at is a time that is not in UTC",
        ),
        (picture(contacts=[Contact("1")]), "contacts is a list, not a tuple"),
        (picture(contacts=(Contact("1"), "2")), "contacts[1] is a str, not a Contact"),
        (
            picture(contacts=(Contact("1", phase="active"),)),
            "contacts[0].phase is a str, not a Phase",
        ),
        (picture(live_channels={"voice"}), "live_channels is a set, not a frozenset"),
        (
            picture(activity=Activity("ready", Reason())),
            "activity.status is a str, not a Status",
        ),
        (
            picture(agent=Identity("7", "a", attributes=(("a",),))),
            "has too many members, or too few",
        ),
        (
            Change(WHO, AT, ChangeKind.STATE, session_seconds=float("nan")),
            "session_seconds is a number beyond what JSON holds",
        ),
        (
            Change(WHO, AT, ChangeKind.STATE, session_seconds=10**30),
            "session_seconds is a number beyond what JSON holds",
        ),
        (Change(WHO, AT, ChangeKind.STATE, session_seconds=True), "session_seconds is a bool"),
        (
            Change(WHO, AT, ChangeKind.STATE, status_after={"A": "ready"}),
            "status_after: a value is a str, not a Status",
        ),
        (ContactFact(None, None, duration_seconds="7"), "duration_seconds is a str, not a float"),
    ],
)
def test_what_is_not(value, words):
    kind = Kind(Observation)
    for _ in range(2):  # the second time it is known
        assert words in kind.flaw_in(value)
    assert kind.flaw_in(picture()) is None


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (Sequence[str], ["a", 1], "it[1] is an int, not a str"),
        (Sequence[str], "ab", "it is a str, not a Sequence"),
        (Mapping[str, int], {1: 1}, "a key is an int, not a str"),
        (tuple[str, ...], ("a", None), "it[1] is None, not a str"),
        (Secret, Secret(b"s3cret"), "it.value is a bytes, not a str"),
    ],
)
def test_members(hint, value, words):
    assert words in Kind(hint).flaw_in(value, "it")


TEXTS = ["a", "née", "\ud800", Status.BUSY]
TIMES = [AT, AT.replace(tzinfo=None), AT.astimezone(timezone(timedelta(hours=1)))]
NUMBERS = [0, True, 2**60, -1.5, float("nan")]
OTHERS = [None, b"b", (), ("a",), frozenset(), Named("\udfff"), Named(), [], {}]
ODD = st.sampled_from([*TEXTS, *TIMES, *NUMBERS, *OTHERS])


def mostly(usual):
    return st.integers(0, 15).flatmap(lambda each: usual if each else ODD)


TEXT = mostly(st.sampled_from(["a", "née"] * 10 + ["\ud800"]))
TEXT_OR_NONE = mostly(st.none() | TEXT)
TIME = mostly(st.sampled_from([AT, AT.astimezone(timezone(timedelta(0))), None]))
NAMED = mostly(st.none() | st.builds(Named, TEXT_OR_NONE, TEXT_OR_NONE))
ACTIVITY = st.builds(Activity, mostly(st.sampled_from(Status)), st.builds(Reason, TEXT), TIME)
CONTACT = mostly(st.builds(Contact, TEXT_OR_NONE, queue=NAMED, since=TIME))
CHANNEL = st.builds(Channel, TEXT_OR_NONE, free_percent=mostly(st.sampled_from([1.5, 7, None])))
PAIRS = mostly(st.lists(mostly(st.tuples(TEXT, TEXT)), max_size=2).map(tuple))
WHOSE = mostly(st.builds(Identity, TEXT, st.just("acme"), team=NAMED, attributes=PAIRS))
PICTURE = st.builds(
    Picture,
    WHOSE,
    TIME,
    TEXT_OR_NONE,
    mostly(ACTIVITY),
    mostly(st.lists(CONTACT, max_size=2).map(tuple)),
    channels=st.lists(CHANNEL, max_size=2).map(tuple),
    live_channels=mostly(st.frozensets(st.sampled_from(["a", "née", "\ud800"]), max_size=1)),
)
CHANGE = st.builds(
    Change,
    WHOSE,
    TIME,
    st.just(ChangeKind.STATE),
    outcome=st.tuples(TEXT, TEXT),
    status_after=st.dictionaries(
        st.sampled_from(["a", "née", 1]), mostly(st.sampled_from(Status)), max_size=1
    ),
)


@settings(max_examples=400)
@given(PICTURE | CHANGE)
def test_whether_and_what_agree(value):
    assert Kind(Observation).holds(value) == (flaw_of(value, Observation) is None)
