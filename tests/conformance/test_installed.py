"""What every mapping keeps, shown on the samples of every installed one. Nobody edits this."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conformance import examine
from gateway.conformance.of_sources import SourceSubject
from gateway.conformance.samples import RECEIVED_AT
from gateway.conformance.telling import DestinationSubject
from gateway.mapping import Content, Request, Told
from gateway.mapping.registry import installed

REGISTRY = installed()
SOURCES = [pytest.param(each, id=name) for name, each in REGISTRY.sources.items()]
DESTINATIONS = [pytest.param(each, id=name) for name, each in REGISTRY.destinations.items()]
FILES = [pytest.param(each, id=name) for name, each in REGISTRY.files.items()]
WITH_SNAPSHOT = [each for each in DESTINATIONS if each.values[0].snapshot is not None]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
REQUESTS = st.builds(
    Content,
    method=st.sampled_from(["GET", "POST"]),
    media_type=st.sampled_from(["", "application/json", "text/plain", "text/json"]),
    query=st.text(max_size=50),
    body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    signed=st.booleans(),
    received_at=st.just(RECEIVED_AT),
)


@pytest.mark.parametrize("mapping", [*SOURCES, *DESTINATIONS, *FILES])
def test_it_keeps_what_every_mapping_keeps(mapping):
    assert examine(mapping).broken == []


@pytest.mark.parametrize("mapping", SOURCES)
@given(content=REQUESTS)
def test_total_for_any_request(mapping, content):
    assert SourceSubject(mapping).reader.try_to_read(content) is None


@pytest.mark.parametrize("mapping", WITH_SNAPSHOT)
def test_a_snapshot_is_one_request_of_everybody(mapping):
    subject = DestinationSubject(mapping)
    sample = next(each for each in subject.samples if each.name.startswith("state"))
    scene = subject.scene(sample)
    told = [Told(scene.told[0].event, str(number)) for number in range(3000)]
    standings = [mapping.snapshot.standing(each, scene.options) for each in told]
    request = mapping.snapshot.request(standings, RECEIVED_AT, scene.options)
    assert isinstance(request, Request)
    assert request == mapping.snapshot.request(standings, RECEIVED_AT, scene.options)
    assert mapping.snapshot.request(standings[:1], RECEIVED_AT, scene.options).body
    assert isinstance(mapping.snapshot.floor(scene.options), str)
