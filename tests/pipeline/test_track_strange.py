"""Whatever a mapping may tell, however strange, the tracker makes events of that JSON can hold."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import (
    IMPOSSIBLE,
    Activity,
    Change,
    ChangeKind,
    Channel,
    Contact,
    ContactFact,
    Departure,
    Glimpse,
    Held,
    Identity,
    Named,
    Observation,
    Picture,
    Reason,
    Status,
)
from gateway.mapping.typed import Kind
from gateway.pipeline.track import KnownAgent, Stamp, track

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
TEXTS = st.sampled_from(["", "a", "b", "é", "\x00"]) | st.none()
TEXT = st.sampled_from(["", "a", "b"])
TIMES = st.sampled_from(
    [None, IMPOSSIBLE, datetime.max.replace(tzinfo=UTC), NOW, NOW + timedelta(days=1)]
) | st.integers(-9, 9).map(lambda number: NOW + timedelta(seconds=number))
NUMBERS = st.none() | st.sampled_from([0, -1, 2**53, -(2**53), 0.1, 1e15])
NAMED = st.builds(Named, TEXTS, TEXTS) | st.none()
REASONS = st.builds(Reason, TEXTS, TEXTS)
WHO = st.builds(
    Identity, TEXT, TEXT, *[TEXTS] * 8, NAMED, NAMED, TEXTS, TEXTS, st.just((("a", "b"), ("a", "")))
)
BY_KIND = {
    "datetime | None": TIMES,
    "float | None": NUMBERS,
    "Named | None": NAMED,
    "str | None": TEXTS,
}


def built(kind, /, **own):
    """Build a dataclass from the strategies of its fields' types, but for some of its *own*."""
    known = {each.name: BY_KIND[each.type] for each in fields(kind) if each.type in BY_KIND}
    return st.builds(kind, **known | own)


CONTACTS = built(Contact)
ACTIVITIES = built(Activity, status=st.sampled_from(Status), reason=REASONS) | st.none()
LIVE = st.sampled_from([frozenset(), frozenset({"a"})])
OBSERVATIONS = (
    built(
        Picture,
        agent=WHO,
        activity=ACTIVITIES,
        contacts=st.lists(CONTACTS, max_size=3).map(tuple),
        departures=st.lists(built(Departure, key=TEXT), max_size=2).map(tuple),
        channels=st.lists(built(Channel), max_size=2).map(tuple),
        live_channels=LIVE,
    )
    | built(
        Glimpse,
        agent=WHO,
        activity=ACTIVITIES,
        held=st.builds(Held, CONTACTS, st.none() | st.integers(-1, 3), st.booleans()) | st.none(),
        live_channels=LIVE,
    )
    | built(
        Change,
        agent=WHO,
        kind=st.sampled_from(ChangeKind),
        status=st.sampled_from(Status),
        reason=REASONS,
        next=st.none() | st.sampled_from(Status),
        outcome=st.tuples(TEXT, TEXT),
        follows=st.none() | st.tuples(TEXT, TEXT),
        status_after=st.dictionaries(TEXT, st.sampled_from(Status), max_size=2),
        contact=CONTACTS | st.none(),
    )
    | built(ContactFact, agent=WHO | st.none())
)


@given(data=st.data(), count=st.integers(1, 6))
def test_strange_tellings_are_tracked(data, count):
    known = None
    for number in range(count):
        observation = data.draw(OBSERVATIONS)
        assert Kind(Observation).flaw_in(observation) is None
        stamp = Stamp(source="s", received_at=NOW, seed=str(number).encode(), roster=None)
        tracked = track(known, observation, stamp)
        for event in tracked.events:
            orjson.dumps(event.envelope())
        if tracked.known is not None and not isinstance(observation, ContactFact):
            known = KnownAgent.from_json(tracked.known.to_json())
