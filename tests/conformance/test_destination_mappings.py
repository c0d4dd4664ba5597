"""What every destination mapping keeps, shown on the samples of every installed one."""

import copy
import json
import os
from pathlib import Path

import pytest

from gateway.mapping import DestinationMapping, Request, Told
from gateway.model.secret import secrets_in
from tests.conformance.destination_samples import (
    MAPPINGS,
    has_states,
    is_total,
    samples,
    shown,
    step,
)

SAMPLES = [
    pytest.param(mapping, path, sample, id=f"{name}:{path.name}")
    for name, mapping in MAPPINGS.items()
    for path, sample in samples(mapping)
]
NONSENSE = (None, True, 7, -1.5, "", "nonsense", "\x00\r\n", [], {}, ["x"], {"x": "y"})


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=list(MAPPINGS))
def test_it_is_a_mapping_with_samples(mapping):
    assert isinstance(mapping, DestinationMapping)
    assert samples(mapping)
    assert mapping.collapsing <= mapping.events | mapping.collapsing


@pytest.mark.parametrize(("mapping", "path", "sample"), SAMPLES)
def test_golden(mapping, path, sample):
    golden = Path(str(path).replace(".in.json", ".out.json"))
    text = json.dumps(shown(mapping, sample), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("mapping", "path", "sample"), SAMPLES)
def test_pure(mapping, path, sample):
    before = copy.deepcopy(sample)
    assert step(mapping, sample) == step(mapping, sample)
    assert sample == before


@pytest.mark.parametrize(("mapping", "path", "sample"), SAMPLES)
def test_total(mapping, path, sample):
    for damaged in damages(sample):
        assert is_total(mapping, damaged), damaged


def damages(sample):
    """Yield the sample with each value of its first event's data removed or made nonsense."""
    for place in places(sample["tell"][0]["event"]["data"]):
        for value in NONSENSE:
            damaged = copy.deepcopy(sample)
            parent = damaged["tell"][0]["event"]["data"]
            for each in place[:-1]:
                parent = parent[each]
            parent[place[-1]] = value
            yield damaged
    for identity in (None, "", " ", "x" * 5000, "\x00"):
        damaged = copy.deepcopy(sample)
        damaged["tell"][0]["identity"] = identity
        yield damaged


def places(value, place=()):
    """Yield where every value of a JSON value stands."""
    steps = value.items() if isinstance(value, dict) else ()
    for name, inner in steps:
        yield (*place, name)
        yield from places(inner, (*place, name))


@pytest.mark.parametrize(("mapping", "path", "sample"), SAMPLES)
def test_options_do_not_show_their_secrets(mapping, path, sample):
    options = mapping.options().load(sample["options"])
    for secret in secrets_in(options):
        assert secret.reveal() not in repr(options)


@pytest.mark.parametrize(("mapping", "path", "sample"), SAMPLES)
def test_the_same_telling_is_comparable(mapping, path, sample):
    done = step(mapping, sample)
    later = copy.deepcopy(sample)
    for each in later["tell"]:
        each["event"]["id"] = "0" * 32
    again = step(mapping, later)
    if isinstance(done, Request):
        assert done.parts == again.parts


WITH_SNAPSHOT = [
    each for each in SAMPLES if each.values[0].snapshot is not None and has_states(each.values[2])
]


@pytest.mark.parametrize(("mapping", "path", "sample"), WITH_SNAPSHOT)
def test_a_snapshot_tells_of_an_agent_what_a_delivery_tells(mapping, path, sample):
    options = mapping.options().load(sample["options"])
    told = [Told(each["event"], each["identity"]) for each in sample["tell"]]
    standings = [mapping.snapshot.standing(each, options) for each in told]
    assert [each.part for each in standings] == list(step(mapping, sample).parts)
    statuses = [each.data["status"] for each in told]
    assert [each.is_in for each in standings] == [each != "logged_out" for each in statuses]


@pytest.mark.parametrize(("mapping", "path", "sample"), WITH_SNAPSHOT)
def test_a_snapshot_is_one_request_of_everybody(mapping, path, sample):
    options = mapping.options().load(sample["options"])
    told = [Told(sample["tell"][0]["event"], str(number)) for number in range(3000)]
    standings = [mapping.snapshot.standing(each, options) for each in told]
    request = mapping.snapshot.request(standings, options)
    assert isinstance(request, Request)
    assert request == mapping.snapshot.request(standings, options)
    assert mapping.snapshot.request(standings[:1], options).body
    assert isinstance(mapping.snapshot.floor(options), str)
