"""What is known of an agent, as the store keeps it: field by field, by their names."""

from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import (
    Channel,
    Contact,
    Identity,
    Named,
    Phase,
    Reason,
    Snapshot,
    Status,
    TimeSource,
)
from gateway.model.observation import Activity
from gateway.pipeline.track import KnownAgent
from gateway.pipeline.track.known import Remembered
from gateway.pipeline.track.served import Served, Turn

TEXT = st.text(max_size=5)
MAYBE = st.none() | TEXT
FIRST, LAST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis adds UTC
AT = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
WHEN = st.none() | AT
YES_OR_NO = st.booleans()
WORD = st.tuples(TEXT, TEXT)
NAMED = st.none() | st.builds(Named, MAYBE, MAYBE)
REASON = st.builds(Reason, MAYBE, MAYBE)
STATUS, PHASE = st.sampled_from(Status), st.sampled_from(Phase)
COUNT = st.none() | st.integers(0, 9)
SNAPSHOT = st.builds(Snapshot, STATUS, REASON, WHEN, st.none() | STATUS)


def several(strategy):
    return st.lists(strategy, max_size=2).map(tuple)


IDENTITY = st.builds(Identity, TEXT, TEXT, *[MAYBE] * 8, NAMED, NAMED, MAYBE, MAYBE, several(WORD))
CONTACT = st.builds(Contact, *[MAYBE] * 4, PHASE, NAMED, MAYBE, WHEN, WHEN, MAYBE, MAYBE)
CHANNEL = st.builds(
    Channel, MAYBE, MAYBE, MAYBE, st.none() | YES_OR_NO, COUNT, COUNT | st.just(33.3), WHEN
)
SERVED = st.builds(Served, TEXT, st.dictionaries(TEXT, MAYBE), AT, st.sampled_from(TimeSource))
KNOWN = st.builds(
    KnownAgent,
    identity=IDENTITY,
    now=SNAPSHOT,
    previous=st.none() | SNAPSHOT,
    since_is_platform=YES_OR_NO,
    contacts=several(CONTACT),
    channels=several(CHANNEL),
    activity=st.none() | st.builds(Activity, STATUS, REASON, WHEN, YES_OR_NO),
    mark=WHEN,
    logged_in=YES_OR_NO,
    was_seen=YES_OR_NO,
    session_open=YES_OR_NO,
    session_id=MAYBE,
    session_started_at=WHEN,
    ended_sessions=several(TEXT),
    outcome=st.none() | WORD,
    taken=several(WORD),
    activity_at=WHEN,
    remembered=several(st.builds(Remembered, TEXT, COUNT, WHEN, YES_OR_NO)),
    feed=MAYBE,
    served=several(SERVED),
    turns=several(st.builds(Turn, AT, MAYBE, st.none() | PHASE)),
)


@given(KNOWN)
def test_nothing_of_it_is_left_out(known):
    assert known.to_json() == orjson.dumps(known)


@given(KNOWN)
def test_it_is_read_as_it_was_written(known):
    assert KnownAgent.from_json(known.to_json()) == known
