"""What every source mapping keeps, shown on the samples of every installed one."""

import copy
import dataclasses
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.mapping import (
    ChangeKind,
    Content,
    ContentError,
    Moment,
    Phase,
    Record,
    SimulatedContact,
    SourceMapping,
    Status,
)
from tests.conformance.source_samples import (
    MAPPINGS,
    RECEIVED,
    content_of,
    fields_of,
    is_total,
    options_of,
    reading,
    samples,
)

SAMPLES = [
    pytest.param(mapping, path, content, id=f"{name}:{path.name}")
    for name, mapping in MAPPINGS.items()
    for path, content in samples(mapping)
]
EVERY = [pytest.param(mapping, id=name) for name, mapping in MAPPINGS.items()]
NONSENSE = (
    None,
    True,
    7,
    -1.5,
    10**30,
    "nonsense",
    "",
    " ",
    "null",
    "\x00",
    "é" * 500,
    "2021-02-30T25:61:00Z",
    [],
    {},
    [[]],
    {"a": 1},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def places(value, path=()):
    """Return the path of every value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


def with_changed(value, path, change):
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return content_of(".in.json", json.dumps(changed).encode())


def times_in(value):
    if isinstance(value, datetime):
        yield value
    elif dataclasses.is_dataclass(value):
        yield from times_in(tuple(fields_of(value).values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from times_in(each)


@pytest.mark.parametrize("mapping", EVERY)
def test_it_is_a_whole_mapping(mapping):
    assert isinstance(mapping, SourceMapping)
    assert samples(mapping)
    assert mapping.methods >= {"POST"}
    with pytest.raises(ValidationError):
        options_of(mapping, no_such_key=1)


@pytest.mark.parametrize(("mapping", "path", "content"), SAMPLES)
def test_golden(mapping, path, content):
    told = reading(mapping, content)
    golden = Path(str(path).partition(".in.")[0] + ".out.json")
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    assert told == json.loads(golden.read_text())


@pytest.mark.parametrize("mapping", EVERY)
def test_no_two_samples_have_one_golden_file(mapping):
    names = [path.name.partition(".in.")[0] for path, _ in samples(mapping)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("mapping", "path", "content"), SAMPLES)
def test_pure(mapping, path, content):
    assert reading(mapping, content) == reading(mapping, content)


@pytest.mark.parametrize(("mapping", "path", "content"), SAMPLES)
def test_aware(mapping, path, content):
    options = options_of(mapping)
    try:
        parts = mapping.split(content, options)
    except ContentError:
        return
    for part in parts:
        if isinstance(part, Record):
            told = [part.at, *mapping.translate(part, options, RECEIVED)]
            assert all(at.utcoffset() == timedelta(0) for at in times_in(told))


@pytest.mark.parametrize(("mapping", "path", "content"), SAMPLES)
def test_total(mapping, path, content):
    """Each value removed, or replaced by nonsense, is told as what the plugin API has for it."""
    assert is_total(mapping, content)
    if not path.name.endswith(".json"):
        return
    value = json.loads(content.body)
    for place in places(value):
        assert is_total(mapping, with_changed(value, place, lambda holder, key: holder.pop(key)))
        for nonsense in NONSENSE:

            def replace(holder, key, nonsense=nonsense):
                holder[key] = nonsense

            assert is_total(mapping, with_changed(value, place, replace))


@pytest.mark.parametrize("mapping", EVERY)
@given(value=JSON)
def test_total_for_any_json(mapping, value):
    body = json.dumps(value).encode()
    assert is_total(mapping, content_of(".in.json", body))


REQUESTS = st.builds(
    Content,
    method=st.sampled_from(["GET", "POST"]),
    media_type=st.sampled_from(["", "application/json", "text/plain", "text/json"]),
    query=st.text(max_size=50),
    body=st.binary(max_size=200),
    signed=st.booleans(),
    received_at=st.just(RECEIVED),
)


@pytest.mark.parametrize("mapping", EVERY)
@given(content=REQUESTS)
def test_total_for_any_bytes(mapping, content):
    assert is_total(mapping, content)


CALL = SimulatedContact(
    id="C1",
    number=42,
    phase=Phase.ACTIVE,
    offered_at=RECEIVED - timedelta(minutes=2),
    since=RECEIVED - timedelta(minutes=1),
    channel="voice",
    queue_number=3,
)
MOMENTS = [
    (ChangeKind.LOGIN, Status.READY, Status.LOGGED_OUT, None, None, None),
    (ChangeKind.STATE, Status.RESERVED, Status.READY, None, CALL, None),
    (ChangeKind.STATE, Status.BUSY, Status.RESERVED, None, CALL, None),
    (ChangeKind.STATE, Status.AFTER_CALL_WORK, Status.BUSY, None, CALL, None),
    (ChangeKind.STATE, Status.NOT_READY, Status.AFTER_CALL_WORK, "Lunch", None, CALL),
    (ChangeKind.LOGOUT, Status.LOGGED_OUT, Status.NOT_READY, None, None, None),
]
PHASES = {Status.RESERVED: Phase.OFFERED, Status.AFTER_CALL_WORK: Phase.WRAP_UP}


def moment(number, happening):
    kind, status, previous, reason, contact, ended = happening
    if contact is not None:
        contact = dataclasses.replace(contact, phase=PHASES.get(status, Phase.ACTIVE))
    return Moment(
        agent_number=7,
        session_number=1,
        sequence=number,
        at=RECEIVED + timedelta(seconds=number),
        kind=kind,
        status=status,
        previous=previous,
        reason=reason,
        status_since=RECEIVED + timedelta(seconds=number),
        contact=contact,
        ended=ended,
    )


@pytest.mark.parametrize("mapping", EVERY)
def test_what_it_composes_it_reads(mapping):
    options = options_of(mapping)
    agents, digests = set(), []
    for number, happening in enumerate(MOMENTS):
        told = moment(number, happening)
        composed = mapping.compose(told)
        assert composed == mapping.compose(told)
        for each in composed:
            content = Content(
                "POST", each.content_type, "", each.body, signed=False, received_at=RECEIVED
            )
            for part in mapping.split(content, options):
                assert isinstance(part, Record)
                assert part.at is not None
                assert mapping.translate(part, options, RECEIVED)
                agents.add(part.agent_id)
                digests.append(part.digest)
    assert len(agents) == 1
    assert len(set(digests)) == len(digests) >= len(MOMENTS)
