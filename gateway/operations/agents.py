"""Agents and states: the latest known of each, and what still lacks a mapping."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.mapping.fields import comparable
from gateway.model.agent import wfm_id_of
from gateway.model.badge import EVERYWHERE
from gateway.model.clock import from_rfc3339, rfc3339
from gateway.operations.params import UnmappedParams
from gateway.operations.table import Bench, Operation
from gateway.pipeline.codes import OF_CONTACTS, uncoded
from gateway.pipeline.track import identity_of

if TYPE_CHECKING:
    from gateway.pipeline.codes import Uncoded
    from gateway.ports import SeenState, ToldState

UNKNOWN = "unknown"
PROPOSED = "not_ready"
"""What is proposed for a name that says nothing: nobody is counted as available by mistake."""


async def _agents(bench: Bench, params: dict[str, Any]) -> list[dict[str, Any]]:
    kept = await bench.store.agents(source=params["source"])
    badges = await bench.store.badges()
    waiting = {agent for each in badges.conflicts().values() for agent in each[1:]}
    agents = [
        _agent_json(bench, key, json.loads(text)) | {"conflict": key in waiting}
        for key, text in sorted(kept.items())
    ]
    for each in agents:
        goes_by = badges.of(each["key"], EVERYWHERE)
        each["goes_by"] = goes_by if goes_by != each["wfm_id"] else None
    return [each for each in agents if not (params["unmapped"] and each["wfm_id"])]


def _agent_json(bench: Bench, key: str, known: dict[str, Any]) -> dict[str, Any]:
    identity, now = known["identity"], known["now"]
    source = key.partition(":")[0]
    entry = bench.roster.entry(source, identity["id"]) if bench.roster else None
    names = bench.settings.agents.wfm_id_from
    return {
        "key": key,
        "source": source,
        "agent_id": identity["id"],
        "name": identity["name"] or (entry.name if entry else None),
        "username": identity["username"],
        "wfm_id": wfm_id_of(identity_of(identity), entry, names),
        "status": now["status"],
        "reason": now["reason"] if any(now["reason"].values()) else None,
        "since": rfc3339(from_rfc3339(now["since"])) if now["since"] else None,
        "next": now["next"],
        "contacts": len(known["contacts"]),
        "logged_in": known["logged_in"],
    }


async def _states(bench: Bench, params: dict[str, Any]) -> list[dict[str, Any]]:
    states = await bench.store.seen_states()
    shown = [
        _state_json(state, is_mapped=state.mapped or is_mapped_now(bench, state))
        for state in states
        if params["source"] in (None, state.source)
    ]
    shown += [
        _uncoded_json(state, found)
        for state, found in await uncoded_states(bench)
        if params["source"] in (None, state.source)
    ]
    return [each for each in shown if not (params["unmapped"] and each["mapped"])]


async def uncoded_states(bench: Bench) -> list[tuple[ToldState, Uncoded]]:
    """Return what destinations are told of and their tables of codes do not name, each key once."""
    told = [each for each in await bench.store.told_states() if _is_told_still(bench, each)]
    pairs = (
        (state, found)
        for destination in bench.settings.destinations.values()
        for state in told
        if (found := uncoded(state, destination)) is not None
    )
    first: dict[tuple[str, str], tuple[ToldState, Uncoded]] = {}
    for state, found in pairs:
        first.setdefault((found.destination, found.key.casefold()), (state, found))
    return list(first.values())


def _is_told_still(bench: Bench, told: ToldState) -> bool:
    """Whether today's configuration does not read the state otherwise."""
    if told.source not in bench.settings.sources:
        return False
    now = None if told.status in OF_CONTACTS else _status_now(bench, told)
    return now in (None, told.status)


async def count_unmapped(bench: Bench) -> tuple[int, int]:
    """Return how many agents have no WFM id, and how many state names no mapping."""
    keys = await bench.store.agent_keys()
    states = await bench.store.seen_states()
    told = await bench.store.who_were_told() if bench.settings.agents.wfm_id_from else frozenset()
    agents = sum(key not in told and not _has_wfm_id(bench, key) for key in keys)
    return agents, sum(not (each.mapped or is_mapped_now(bench, each)) for each in states)


def _has_wfm_id(bench: Bench, key: str) -> bool:
    source, _, agent_id = key.partition(":")
    entry = bench.roster.entry(source, agent_id) if bench.roster else None
    return entry is not None and bool(entry.wfm_id)


def is_mapped_now(bench: Bench, state: SeenState) -> bool:
    """Whether today's configuration names a state that was unmapped when it was last seen."""
    return _status_now(bench, state) is not None


def _status_now(bench: Bench, state: SeenState | ToldState) -> str | None:
    source = bench.settings.sources.get(state.source)
    statuses = getattr(source.options, "statuses", None) if source else None
    named = {comparable(str(name)): status for name, status in (statuses or {}).items()}
    words = (comparable(word) for word in (state.code, state.label) if word)
    return next((named[word] for word in words if word in named), None)


def _state_json(state: SeenState, *, is_mapped: bool) -> dict[str, Any]:
    return {
        "source": state.source,
        "code": state.code,
        "label": state.label,
        "status": state.status,
        "destination": None,
        "told_as": None,
        "mapped": is_mapped,
        "line": None if is_mapped else yaml_line(state),
    }


def _uncoded_json(state: ToldState, found: Uncoded) -> dict[str, Any]:
    return {
        "source": state.source,
        "code": state.code,
        "label": state.label,
        "status": state.status,
        "destination": found.destination,
        "told_as": found.code,
        "mapped": False,
        "line": found.line,
    }


def yaml_line(state: SeenState) -> str:
    """Return the line of configuration that maps a state, its key quoted as YAML and JSON do."""
    key = json.dumps(state.code or state.label or "", ensure_ascii=False)
    status = PROPOSED if state.status == UNKNOWN else state.status
    return f"sources.{state.source}.statuses: {{{key}: {status}}}"


AGENTS = Operation(
    name="agents",
    method="GET",
    path="/agents",
    summary="The latest known state of every agent",
    params=UnmappedParams,
    run=_agents,
)
STATES = Operation(
    name="states",
    method="GET",
    path="/states",
    summary="Every activity and state name seen, with the line to add for an unmapped one",
    params=UnmappedParams,
    run=_states,
)
OPERATIONS = (AGENTS, STATES)
