"""Receipts into events and deliveries, on the real store with the installed mappings."""

import asyncio
import json
import sqlite3
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from prometheus_client import generate_latest

from gateway.engine.intake import JournalIntake
from gateway.engine.translator import Translator
from gateway.flow import Routing
from gateway.mapping.registry import installed
from gateway.model.errors import ContentError, StoreUnavailableError
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.pipeline.read import Readings
from gateway.ports import Selection
from gateway.settings import SourceAuth, SourceSettings
from gateway.store.sqlite import open_store
from gateway.telemetry.metrics import Metrics, SourceHealth
from tests.acceptance.flex import envelope, record
from tests.mappings.test_taskrouter import RESERVATION

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
MAPPING = installed().sources["flex_rta"]


class NoRoster:
    def entry(self, _source, _agent_id):
        return None


def source(mapping=MAPPING, accounts=()):
    options = mapping.options().load({})
    return SourceSettings("flex", mapping, SourceAuth("none"), options, frozenset(accounts))


def received(body):
    headers = (("content-type", "application/json"),)
    return VerifiedReceipt(Receipt("flex", NOW, "POST", headers, "", body))


@asynccontextmanager
async def translating(path, sources, *, accept=None):
    """Run a translator over a store; give the intake, the store and the metrics."""
    store = open_store(path / "gateway.db", now=lambda: NOW)
    metrics, readings = Metrics(), Readings()
    health = {name: SourceHealth() for name in (accept or sources)}
    translator = Translator(
        store,
        sources,
        routing=lambda: Routing((), "forward", NoRoster()),
        readings=readings,
        offer=lambda _deliveries: None,
        metrics=metrics,
        health=health,
    )
    intake = JournalIntake(
        store, accept or sources, readings=readings, metrics=metrics, health=health
    )
    task = asyncio.ensure_future(translator.run())
    try:
        yield intake, store, metrics
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.close()


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - the translator tells nobody when it is done
            await asyncio.sleep(0)


async def settled(store):
    await until(lambda: store.untranslated_count() == 0)


def told(metrics, line):
    return line in generate_latest(metrics.registry).decode()


async def test_a_receipt_becomes_events_and_what_is_known(tmp_path):
    async with translating(tmp_path, {"flex": source()}) as (intake, store, metrics):
        answer = await intake.accept(received(envelope(record(1, 0), record(1, 1))))
        assert (answer.accepted, answer.duplicates, answer.quarantined) == (2, 0, 0)
        await settled(store)
        assert (await store.sizes())["events"] == 3
        assert list(await store.agent_keys()) == [f"flex:WK{1:032x}"]
        assert {each.label for each in await store.seen_states()} == {"Available", "Lunch"}
        await until(lambda: told(metrics, 'events_total{source="flex",type="agent.state"} 2.0'))


async def test_a_request_is_split_once(tmp_path):
    split = []

    def counted(content, options):
        split.append(content)
        return MAPPING.split(content, options)

    counting = source(replace(MAPPING, split=counted))
    async with translating(tmp_path, {"flex": counting}) as (intake, store, _):
        for second in range(21):
            await intake.accept(received(envelope(record(1, second))))
            await settled(store)
            if not second:
                split.clear()  # at its start the translator may read from the store what it finds
    assert len(split) == 20


async def test_the_states_told_are_noted_with_the_status_of_the_event(tmp_path):
    async with translating(tmp_path, {"flex": source()}) as (intake, store, _):
        held = record(1, 0, name="x" * 600)
        await intake.accept(received(envelope(held, record(2, 0), record(3, 0), record(2, 1))))
        await settled(store)
        told = [(each.source, each.status, each.label) for each in await store.told_states()]
    assert told == [("flex", "ready", "Available"), ("flex", "not_ready", "Lunch")]


async def test_what_is_known_goes_on_after_a_restart(tmp_path):
    sources = {"flex": source()}
    async with translating(tmp_path, sources) as (intake, store, _):
        await intake.accept(received(envelope(record(1, 5))))
        await settled(store)
    async with translating(tmp_path, sources) as (intake, store, metrics):
        await intake.accept(received(envelope(record(1, 4))))
        await settled(store)
        assert (await store.sizes())["events"] == 2
        await until(lambda: told(metrics, 'noted_total{note="history",source="flex"} 1.0'))


async def test_a_mapping_that_fails_harms_its_own_record_only(tmp_path):
    def translate(one, options, received_at):
        if one.agent_id.endswith("1"):
            raise ZeroDivisionError
        return MAPPING.translate(one, options, received_at)

    broken = source(replace(MAPPING, translate=translate))
    async with translating(tmp_path, {"flex": broken}) as (intake, store, _):
        answer = await intake.accept(received(envelope(record(1, 0), record(2, 0))))
        assert answer.accepted == 2
        await settled(store)
        assert list(await store.agent_keys()) == [f"flex:WK{2:032x}"]
        (entry,) = await store.quarantine_entries(Selection())
    assert (entry.entry.reason, entry.entry.index) == ("translate", 0)
    assert "flex_rta 1 failed: ZeroDivisionError" in entry.entry.detail


async def test_a_quarantined_record_is_translated_when_retried(tmp_path):
    foreign = {"flex": source(accounts=["AC" + "9" * 32])}
    async with translating(tmp_path, foreign) as (intake, store, _):
        with pytest.raises(ContentError) as raised:
            await intake.accept(received(envelope(record(1, 0))))
        assert raised.value.status == 422
    async with translating(tmp_path, {"flex": source()}) as (_, store, _metrics):
        assert await store.retry_quarantine(Selection()) == 1
        await settled(store)
        assert len(await store.agent_keys()) == 1
        assert list(await store.quarantine_entries(Selection())) == []


async def test_receipts_of_a_source_that_is_gone_are_set_aside(tmp_path):
    async with translating(tmp_path, {}, accept={"flex": source()}) as (intake, store, _):
        await intake.accept(received(envelope(record(1, 0))))
        await settled(store)
        (entry,) = await store.quarantine_entries(Selection())
    assert entry.entry.reason == "unknown_source"


async def test_translation_waits_for_a_store_that_balks(tmp_path, monkeypatch):
    async with translating(tmp_path, {"flex": source()}) as (intake, store, _):
        finish, refused = store.finish, []

        async def balk(finished):
            if not refused:
                refused.append(finished)
                raise StoreUnavailableError("full")
            return await finish(finished)

        monkeypatch.setattr(store, "finish", balk)
        await intake.accept(received(envelope(record(1, 0))))
        await settled(store)
        assert refused
        assert (await store.sizes())["events"] == 2


async def test_who_had_a_contact_is_told_however_its_end_comes(tmp_path):
    mapping = installed().sources["taskrouter"]
    tr = SourceSettings("tr", mapping, SourceAuth("none"), mapping.options().load({}))
    worker = {"WorkerSid": "WK1", "WorkerAttributes": json.dumps({"email": "ann@example.com"})}
    told = [
        {"EventType": "worker.attributes.update", **worker},
        RESERVATION | {"Sid": "EV2"},
        {"EventType": "task.completed", "Sid": "EV3", "TaskSid": "WT1"},
    ]
    for each in told:
        # One after another, and each as after a restart: nothing is known in memory.
        async with translating(tmp_path, {"tr": tr}) as (intake, store, _):
            form = (("content-type", "application/x-www-form-urlencoded"),)
            times = {"TimestampMs": RESERVATION["TimestampMs"]}
            body = urlencode(each | times).encode()
            await intake.accept(VerifiedReceipt(Receipt("tr", NOW, "POST", form, "", body)))
            await settled(store)
            found = await store.events_of("tr:WK1", until=NOW)
    newest = json.loads(found[0].event)
    assert newest["type"] == "wfm.contact.completed.v1"
    assert newest["data"]["agent"]["email"] == "ann@example.com"


async def test_what_is_known_and_cannot_be_read_harms_nobody_else(tmp_path):
    mapping = installed().sources["taskrouter"]
    tr = SourceSettings("tr", mapping, SourceAuth("none"), mapping.options().load({}))
    form = (("content-type", "application/x-www-form-urlencoded"),)
    several = [RESERVATION | {"WorkerSid": f"WK{n}", "TaskSid": f"WT{n}"} for n in (1, 2)]
    for number in (0, 1):
        async with translating(tmp_path, {"tr": tr}) as (intake, store, _):
            for each in several:
                event = each | {"EventType": ("reservation.accepted", "reservation.wrapup")[number]}
                body = urlencode(event | {"Sid": f"{number}{each['TaskSid']}"}).encode()
                await intake.accept(VerifiedReceipt(Receipt("tr", NOW, "POST", form, "", body)))
            await settled(store)
            found = [len(await store.events_of(f"tr:WK{n}", until=NOW)) for n in (1, 2)]
        with closing(sqlite3.connect(tmp_path / "gateway.db")) as connection:
            connection.execute("UPDATE agents SET known = CAST('{}' AS BLOB) WHERE key = 'tr:WK1'")
            connection.execute("UPDATE contacts SET known = CAST('{' AS BLOB) WHERE key = 'tr:WT1'")
            connection.commit()
    assert found == [4, 3]
