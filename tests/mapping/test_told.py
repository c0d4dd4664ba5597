"""What most destination mappings read of an event."""

from datetime import UTC, datetime

import pytest

from gateway.mapping import MappingError, Told, as_utc, began, identity_of

AT, SINCE = "2026-03-02T13:00:00.000Z", "2026-03-02T12:59:00.000Z"


def told(kind="state", identity="2001", **data):
    return Told({"type": f"wfm.agent.{kind}.v1", "time": AT, "data": data}, identity)


def test_blanks_around_an_identity_do_not_count():
    assert identity_of(told(identity=" 2001 ")) == "2001"


@pytest.mark.parametrize("identity", [None, "", "  "])
def test_who_has_no_identity_cannot_be_told_of(identity):
    with pytest.raises(MappingError, match="no identity"):
        identity_of(told(identity=identity))


@pytest.mark.parametrize(
    ("event", "minute"),
    [
        (told(since=SINCE), 59),
        (told(since=None), 0),
        (told(), 0),
        (told("login", since=SINCE), 0),
        (told("logout"), 0),
    ],
)
def test_a_state_began_when_it_says_and_the_rest_when_it_happened(event, minute):
    assert began(event).minute == minute


@pytest.mark.parametrize("at", [7, "", "soon", None, "0001-01-01T00:00:00+14:00"])
def test_a_time_that_cannot_be_read_is_said(at):
    with pytest.raises(MappingError, match="cannot be read"):
        as_utc(at)


def test_a_time_with_an_offset_is_brought_to_utc():
    assert as_utc("2026-03-02T15:00:00+02:00") == datetime(2026, 3, 2, 13, tzinfo=UTC)
