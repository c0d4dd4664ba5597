"""Why an agent showed what it showed: the receipt, the rule, the deliveries and the answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, fields

from gateway.model.clock import from_rfc3339, rfc3339
from gateway.model.errors import ContentError, MappingError, OperationError
from gateway.model.event import EventType
from gateway.operations.answers import deliveries_of
from gateway.operations.params import Time
from gateway.operations.personal import masked
from gateway.operations.table import Bench, Operation
from gateway.pipeline.read import kept, read
from gateway.pipeline.track.why import why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.mapping.source import Record
    from gateway.model.receipt import JournaledReceipt
    from gateway.ports import PastEvent

LATE = timedelta(minutes=5)
"""An event may have been received so long after it happened and still be looked for."""

NEARBY = timedelta(minutes=1)
LOOKED_AT = 200

Params = dict[str, Any]
Json = dict[str, Any]


class ExplainParams(Schema):
    """The agent that is meant, and the moment (now, unless given)."""

    agent = fields.String(required=True)
    at = Time()
    source = fields.String(load_default=None)


async def _explain(bench: Bench, params: Params) -> Json:
    at = params["at"] or bench.now()
    key = await key_of(bench, params["agent"], params["source"], at)
    found = await _event_at(bench, key, at)
    if found is None:
        raise OperationError(f"nothing is known of {key} at {rfc3339(at)}", missing=True)
    past, event = found
    receipt = await bench.store.receipt(past.receipt_id) if past.receipt_id else None
    siblings = await _siblings(bench, key, past, event)
    return {
        "agent": key,
        "at": rfc3339(at),
        "state": _state(event, at),
        "rule": _rule(bench, receipt, event),
        "receipt": _receipt(bench, receipt, past, event),
        "deliveries": [row for each in siblings for row in await deliveries_of(bench, each)],
        "without_news": await _nearby(bench, key, at),
    }


async def key_of(bench: Bench, asked: str, source: str | None, at: datetime) -> str:
    """Return the key of the one agent that is meant: who went by a WFM id then comes first."""
    wore = await bench.store.who_went_by(asked, at)
    if wore is not None and source in (None, wore.partition(":")[0]):
        return wore
    keys = [
        key
        for key in await bench.store.agent_keys()
        if source in (None, key.partition(":")[0]) and _is_meant(bench, key, asked)
    ]
    if not keys:
        keys = await _keys_of_email(bench, asked, source)
    if not keys:
        raise OperationError(f"no agent {asked!r} is known", missing=True)
    if len(keys) > 1:
        raise OperationError(f"several agents are {asked!r}: {', '.join(sorted(keys)[:20])}")
    return keys[0]


def _is_meant(bench: Bench, key: str, asked: str) -> bool:
    source, _, agent_id = key.partition(":")
    entry = bench.roster.entry(source, agent_id) if bench.roster else None
    names = (key, agent_id, *((entry.wfm_id, entry.email) if entry else ()))
    return asked in [each for each in names if each]


async def _keys_of_email(bench: Bench, asked: str, source: str | None) -> list[str]:
    known = await bench.store.agents(source=source)
    return [
        key
        for key, text in known.items()
        if asked.encode() in text
        and asked in (orjson.loads(text)["identity"][name] for name in ("email", "username"))
    ]


async def _event_at(bench: Bench, key: str, at: datetime) -> tuple[PastEvent, Json] | None:
    """Return the newest state that happened at *at* or before, however late it was received."""
    found = await _newest_state(bench, key, at, until=at + LATE)
    return found or await _newest_state(bench, key, at, until=bench.now())


async def _newest_state(
    bench: Bench, key: str, at: datetime, *, until: datetime
) -> tuple[PastEvent, Json] | None:
    while True:
        page = await bench.store.events_of(key, until=until, limit=LOOKED_AT)
        events = [(each, orjson.loads(each.event)) for each in page]
        past = [
            found
            for found in events
            if found[1]["type"] == EventType.STATE.qualified
            and from_rfc3339(found[1]["time"]) <= at
        ]
        if past:
            return max(past, key=lambda found: found[1]["time"])
        if len(page) < LOOKED_AT:
            return None
        until = from_rfc3339(events[-1][1]["recordedtime"]) - timedelta(milliseconds=1)


def _state(event: Json, at: datetime) -> Json:
    data = event["data"]
    shown = {name: data[name] for name in ("status", "reason", "since", "next", "contacts")}
    recorded_at = from_rfc3339(event["recordedtime"])
    late = max(0.0, (recorded_at - from_rfc3339(event["time"])).total_seconds())
    note = None
    if recorded_at > at:
        note = "it was not known yet at that moment: until its receipt the state before was shown"
    return shown | {
        "previous": data["previous"],
        "event": event["id"],
        "happened_at": event["time"],
        "received_at": event["recordedtime"],
        "seconds_late": round(late, 3),
        "inferred": data["inferred"],
        "basis": data["basis"],
        "time_source": data["time_source"],
        "note": note,
    }


def _rule(bench: Bench, receipt: JournaledReceipt | None, event: Json) -> str:
    if receipt is None:
        return "unknown: its receipt is kept no longer"
    source = bench.settings.sources.get(receipt.verified.receipt.source)
    record = _record(bench, receipt, event)
    if source is None or record is None:
        return "unknown: its source is not configured any more, or reads it otherwise today"
    received_at = receipt.verified.receipt.received_at
    try:
        observations = source.mapping.translate(record, source.options, received_at)
    except MappingError as problem:
        return f"unknown: today's mapping refuses it: {problem}"
    return why(observations[0], event["data"]) if observations else "no observation"


def _record(bench: Bench, receipt: JournaledReceipt, event: Json) -> Any:
    """Return the record of the event's agent; of several, the one that names the event."""
    records = _records_of(bench, receipt, event["data"]["agent"]["id"])
    native, time = event["data"]["native_id"], from_rfc3339(event["time"])
    named = [each for each in records if native is not None and native in each.fields.values()]
    timed = [each for each in records if each.at == time]
    return next(iter([*named, *timed, *reversed(records)]), None)


def _records_of(bench: Bench, receipt: JournaledReceipt, agent_id: str) -> list[Record]:
    source = bench.settings.sources.get(receipt.verified.receipt.source)
    if source is None:
        return []
    try:
        reading = read(kept(receipt.verified, source), source)
    except ContentError:
        return []
    return [each for each in reading.records if each.agent_id == agent_id]


def _receipt(
    bench: Bench, receipt: JournaledReceipt | None, past: PastEvent, event: Json
) -> Json | None:
    if past.receipt_id is None:
        return None
    if receipt is None:
        return {"id": past.receipt_id, "record": None, "note": "kept no longer"}
    told = receipt.verified.receipt
    record = _record(bench, receipt, event)
    return {
        "id": receipt.id,
        "source": told.source,
        "received_at": rfc3339(told.received_at),
        "bytes": len(told.body),
        "record": masked(record.fields) if record is not None else None,
    }


async def _siblings(bench: Bench, key: str, past: PastEvent, event: Json) -> list[Json]:
    """Return the agent's events of that moment from the same receipt, in their order."""
    if past.receipt_id is None:
        return [event]
    until = from_rfc3339(event["recordedtime"])
    around = await bench.store.events_of(key, until=until, limit=LOOKED_AT)
    several = [orjson.loads(each.event) for each in around if each.receipt_id == past.receipt_id]
    return [each for each in reversed(several) if each["time"] == event["time"]] or [event]


async def _nearby(bench: Bench, key: str, at: datetime) -> list[Json]:
    """Return what was received of the agent around *at* and was no news."""
    source, _, agent_id = key.partition(":")
    events = await bench.store.events_of(key, until=at + LATE, limit=LOOKED_AT)
    told = {each.receipt_id for each in events}
    rows: list[Json] = []
    for name, settings in bench.settings.sources.items():
        if settings.keys_of != source:
            continue
        around = await bench.store.receipts_between(name, at - NEARBY, at + NEARBY)
        for each in around:
            records = _records_of(bench, each, agent_id)
            if each.id not in told and records:
                rows.append(_quiet(each, records))
    return rows


def _quiet(receipt: JournaledReceipt, records: Sequence[Record]) -> Json:
    is_new = any(each.index not in receipt.skip for each in records)
    return {
        "receipt": receipt.id,
        "source": receipt.verified.receipt.source,
        "received_at": rfc3339(receipt.verified.receipt.received_at),
        "why": "no news, or older than what was known: history" if is_new else "a duplicate",
    }


EXPLAIN = Operation(
    name="explain",
    method="GET",
    path="/agents/{agent}/explain",
    summary="What an agent showed at one moment, by which rule, and what each vendor was told",
    params=ExplainParams,
    run=_explain,
)
OPERATIONS = (EXPLAIN,)
