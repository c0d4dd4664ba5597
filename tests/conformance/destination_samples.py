"""The samples of the installed destination mappings, and what they send.

A sample `*.in.json` has the destination's `options` and what to `tell`: neutral events, each with
the agent's identity. Beside it stands `*.out.json`: the request, or how each event is settled
without one. `GOLDEN=write` writes those anew.
"""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from importlib.resources import files

from gateway.mapping import MappingError, Request, Settlement, Told

MAPPINGS = {each.name: each.load() for each in entry_points(group="gateway.destination_mappings")}


def samples(mapping):
    """Return (path, sample) of each sample of a mapping."""
    folder = files(mapping.package) / "samples"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".in.json")), key=str)
    return [(each, json.loads(each.read_text(encoding="utf-8"))) for each in found]


def step(mapping, sample):
    """Return the mapping's first step for a sample."""
    options = mapping.options().load(sample["options"])
    told = [Told(each["event"], each["identity"]) for each in sample["tell"]]
    return mapping.step(told, {}, None, options)


def shown(mapping, sample):
    """Return, as JSON, what a mapping sends for a sample."""
    try:
        done = step(mapping, sample)
    except MappingError as problem:
        return {"problem": str(problem)}
    if isinstance(done, Settlement):
        return {"settled": [[each.verdict, each.detail] for each in done.judgements]}
    return {
        "method": done.method,
        "path": done.path,
        "query": [list(each) for each in done.query],
        "headers": [list(each) for each in done.headers],
        "content_type": done.content_type,
        "body": json.loads(done.body),
        "comparable": [each is not None for each in done.parts],
    }


def is_total(mapping, sample):
    """Tell it; whatever is wrong with it may only end in the ways that a mapping has."""
    try:
        done = step(mapping, sample)
    except MappingError:
        return True
    if isinstance(done, Request):
        return len(done.parts) == len(sample["tell"]) and bool(done.body)
    return len(done.judgements) == len(sample["tell"])


def has_states(sample):
    """Whether all that is told is states."""
    return all(each["event"]["type"] == "wfm.agent.state.v1" for each in sample["tell"])
