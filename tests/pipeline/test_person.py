"""A person found in what was told, however it is spelled, and taken out of it."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import Contact, Identity, Phase, Snapshot, Status
from gateway.model.contact import ContactPiece, Insights, Step
from gateway.pipeline.person import (
    OUR_WORDS,
    Person,
    is_telling,
    items_naming,
    names_somebody,
    without_item,
)
from gateway.pipeline.track import KnownAgent, KnownContact, Stamp, Surroundings, track_piece
from gateway.pipeline.track.known import Remembered

WORDS = ("+15557654321", "Ann Müller-Ōno", "o'ann/b@x.example", "WK0001\U0001f600z")
SPELLINGS = (
    str,
    json.dumps,
    lambda word: json.dumps(word, ensure_ascii=False),
    quote,
    quote_plus,
    lambda word: quote(word, safe="").replace("%2B", "%2b"),
    lambda word: quote_plus(json.dumps(word)),
    lambda word: json.dumps(json.dumps({"in": word})),
    str.upper,
)


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_found_and_replaced_in_every_spelling(word, spelled):
    person = Person((word,))
    text = f"a={spelled(word)}&b=1".encode()
    assert person.is_in(text)
    assert not person.is_in(person.masked(text))
    assert person.masked(text).endswith(b"&b=1")


@pytest.mark.parametrize("text", [b"+155576543210", b"x15557654321", b"", b"5557654321", None])
def test_a_part_of_a_longer_word_is_another_word(text):
    assert not Person(("15557654321",)).is_in(text)


@pytest.mark.parametrize("text", [b"%2B15557654321", b'"\\n15557654321"', b'"\\u002b15557654321"'])
def test_behind_an_escape_a_word_begins(text):
    assert Person(("15557654321",)).is_in(text)


def test_numbers_and_names_of_members_are_replaced_too():
    body = json.dumps({"levels": {"15557654321": 1}, "from": 15557654321, "big": 10**30}).encode()
    masked = json.loads(Person(("15557654321",)).masked(body))
    assert masked == {"levels": {"erased": 1}, "from": "erased", "big": 10**30}


@pytest.mark.parametrize("word", ["Ann", "12345", "1234567", "     a"[:5]])
def test_what_may_be_anybody_is_found_and_not_replaced(word):
    person = Person((word,), "flex", word)
    assert not is_telling(word)
    assert person.masked(f"say {word}".encode()) == f"say {word}".encode()


def test_one_name_alone_is_not_somebody():
    assert [names_somebody(each) for each in ("Johnson", "Jo Johnson", "jo@x.example")] == [
        False,
        True,
        True,
    ]


def test_the_elements_that_name_somebody_the_outer_ones_first():
    body = b'[{"records": ["other", "WK0001 is"]}, {"records": []}, ["WK0001"]]'
    found = list(items_naming(body, Person(("WK0001",))))
    assert found == [(0,), (2,), (2, 0), (0, "records", 1)]
    assert json.loads(without_item(body, (0, "records", 1)))[0] == {"records": ["other", None]}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.text(min_size=6, max_size=12).filter(is_telling),
)
def test_whatever_is_masked_tells_no_more_and_stays_json(value, word):
    person = Person((word,))
    body = json.dumps([value, word, {word: value}]).encode()
    masked = person.masked(body)
    json.loads(masked)
    assert not person.is_told_in(masked)


def reads_as_before(kept, known):
    """Whatever somebody is called: by a name of a member, a value, or a part of a time."""
    words = {*re.findall(r"[A-Za-z_]{6,}", kept.to_json().decode()), *OUR_WORDS}
    words |= {"2026-03-02T13:00:00+00:00", "02T13:00:00", "12345678"}
    for word in words:
        assert known.from_json(Person((word,)).masked_in_place(kept.to_json())) == kept, word


def test_what_is_kept_reads_as_before_whatever_the_person_is_called():
    now = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    contact = Contact("WT1", "WR1", phase=Phase.ACTIVE, offered_at=now, since=now)
    snapshot = Snapshot(Status.NOT_READY, since=now, next=Status.LOGGED_OUT)
    before = (Remembered("WR1", 12345678, now, is_gone=False),)
    agent = KnownAgent(Identity("1", "2"), snapshot, contacts=(contact,), remembered=before)
    reads_as_before(agent, KnownAgent)
    piece = ContactPiece("WT1", Step.ACCEPTED, now, reservation_id="WR1", insights=Insights())
    around = Surroundings(lambda identity: (identity.id, {}), {}, b"")
    reads_as_before(track_piece(None, piece, Stamp("t", now, b""), around).known, KnownContact)
