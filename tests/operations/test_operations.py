"""Operations against the real store: what they answer, and what they change."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from marshmallow import ValidationError

from gateway.mapping import States
from gateway.model.agent import Identity, Reason, Snapshot, Status
from gateway.model.delivery import Dead, DeadReason, NewDelivery
from gateway.model.errors import OperationError
from gateway.model.event import Event, EventType
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.operations import OPERATIONS
from gateway.pipeline.track import KnownAgent
from gateway.ports import (
    Finished,
    Quarantined,
    Recorded,
    RecordKey,
    RoutedEvent,
    SeenState,
    ToldState,
)
from tests.operations.bench import NOW

BY_NAME = {operation.name: operation for operation in OPERATIONS}


async def run(bench, name, /, **asked):
    operation = BY_NAME[name]
    answer = await operation.perform(bench, operation.load(asked), who="somebody")
    return json.loads(json.dumps(answer))


def receipt(body=b"{}"):
    return VerifiedReceipt(Receipt("acme", NOW, "POST", (), "", body))


async def quarantined(store, body=b'{"a":1}', reason="content"):
    await store.quarantine(receipt(body), Quarantined(reason, "it is odd"))


def event(number, agent="7"):
    return Event(
        id=f"e{number}",
        source="acme",
        type=EventType.STATE,
        subject=f"acme:{agent}",
        time=NOW,
        recorded_at=NOW,
        data={"agent": {"id": agent}, "status": "ready"},
    )


async def finished(store, *, events=(), agents=None, seen=(), told=()):
    await store.append(receipt(), [RecordKey(0, None)])
    claimed = await store.untranslated(10)
    done = Finished(claimed[0], tuple(events), agents or {}, (), tuple(seen), tuple(told))
    return await store.finish([done])


async def owed(store, number, destination, agent="7"):
    new = NewDelivery(f"e{number}", destination, agent, agent, collapses=True)
    (delivery,) = await finished(store, events=[RoutedEvent(event(number, agent), (new,))])
    return delivery


async def dead(store, number, destination, agent="7"):
    delivery = await owed(store, number, destination, agent)
    outcome = Dead(DeadReason.PERMANENT, "no such user", 400, b"\xff\xfe")
    await store.record([Recorded(delivery, outcome, NOW, "acme_wfm 2")])


def test_names_and_routes_are_unique():
    assert len(BY_NAME) == len(OPERATIONS)
    assert len({(each.method, each.path) for each in OPERATIONS}) == len(OPERATIONS)
    assert all(each.changes == (each.method == "POST") for each in OPERATIONS)


@pytest.mark.parametrize("name", ["explain", "replay", "audit", "files list", "dead-letters list"])
@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("lunch", "Not a time; valid: 2026-03-02"),
        ("0001-01-01T00:00:00+14:00", "valid: years 1970 to 9998"),
        ("9999-12-31T23:59:59-12:00", "valid: years 1970 to 9998"),
    ],
)
def test_a_time_that_nothing_can_be_kept_of_is_refused(name, told, said):
    given = {"agent": "ann", "at": told} if name == "explain" else {"from": told}
    given |= {"name": "wfm"} if name == "files list" else {}
    with pytest.raises(ValidationError, match=said):
        BY_NAME[name].load(given)


async def test_quarantine_is_listed_shown_and_discarded(bench):
    await quarantined(bench.store, b"caf\xc3\xa9")
    await quarantined(bench.store, b"\xff")
    newest, oldest = await run(bench, "quarantine list")
    assert (newest["source"], newest["reason"], newest["detail"]) == (
        "acme",
        "content",
        "it is odd",
    )
    shown = await run(bench, "quarantine show", id=oldest["id"])
    assert shown["body"] == {"bytes": 5, "text": "café"}
    shown = await run(bench, "quarantine show", id=newest["id"])
    assert shown["body"] == {"bytes": 1, "base64": "/w=="}
    assert await run(bench, "quarantine discard", ids=[newest["id"]]) == {"discarded": 1}
    assert await run(bench, "quarantine list") == [oldest]


async def test_retried_quarantine_wakes_the_translator(bench):
    await quarantined(bench.store)
    assert await run(bench, "quarantine retry", all=True) == {"retried": 1}
    assert bench.live.woken == 1
    assert await run(bench, "quarantine list") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"source": "acme"}, 2),
        ({"source": "other"}, 0),
        ({"reason": "content"}, 1),
        ({"from": "2026-11-20T09:00:00Z"}, 2),
        ({"from": "2026-11-20T09:00:01Z"}, 0),
        ({"to": "2026-11-20T08:59:59"}, 0),
        ({"limit": 1}, 1),
    ],
)
async def test_filters_narrow_the_list(bench, asked, found):
    await quarantined(bench.store)
    await quarantined(bench.store, reason="crashed")
    assert len(await run(bench, "quarantine list", **asked)) == found


@pytest.mark.parametrize("name", ["quarantine retry", "dead-letters discard"])
@pytest.mark.parametrize(
    "asked", [{}, {"ids": []}, {"all": False}, {"all": True, "ids": ["q1"]}, {"sort": "asc"}]
)
def test_a_change_without_a_clear_choice_is_refused(name, asked):
    with pytest.raises(ValidationError):
        BY_NAME[name].params().load(asked)


@pytest.mark.parametrize("kind", ["quarantine", "dead-letters"])
async def test_an_id_that_names_nothing_is_refused(bench, kind):
    with pytest.raises(OperationError, match="x9") as refused:
        await run(bench, f"{kind} show", id="x9")
    assert refused.value.missing
    for verb in ("retry", "discard"):
        with pytest.raises(OperationError, match="x8, x9"):
            await run(bench, f"{kind} {verb}", ids=["x8", "x9"])


async def test_a_dead_letter_is_shown_with_its_event_and_the_answer(bench):
    await dead(bench.store, 1, "skipping")
    (letter,) = await run(bench, "dead-letters list", destination="skipping")
    assert letter["reason"] == "permanent"
    assert letter["status"] == 400
    shown = await run(bench, "dead-letters show", id=letter["id"])
    assert shown["event"]["id"] == "e1"
    assert shown["answer"] == {"bytes": 2, "base64": "//4="}
    assert shown["mapping"] == "acme_wfm 2"


async def test_a_retried_dead_letter_is_owed_again(bench):
    await dead(bench.store, 1, "skipping")
    assert await run(bench, "dead-letters retry", all=True) == {"retried": 1, "superseded": 0}
    assert [each.event_id for each in bench.live.offered] == ["e1"]


async def test_a_dead_letter_of_a_destination_that_is_gone_stays_one(bench):
    await dead(bench.store, 1, "gone")
    await dead(bench.store, 2, "skipping")
    assert await run(bench, "dead-letters retry", all=True) == {"retried": 1, "superseded": 0}
    (letter,) = await run(bench, "dead-letters list")
    assert letter["destination"] == "gone"
    for asked in ({"destination": "gone"}, {"ids": [letter["id"]]}):
        with pytest.raises(OperationError, match="no destination 'gone' is configured"):
            await run(bench, "dead-letters retry", **asked)
    assert await run(bench, "dead-letters discard", destination="gone") == {"discarded": 1}


@pytest.mark.parametrize(
    ("destination", "counts"),
    [
        ("skipping", {"retried": 0, "superseded": 1}),
        ("sending", {"retried": 1, "superseded": 0}),
    ],
)
async def test_a_state_with_a_newer_one_is_superseded_where_the_vendor_wants_the_newest(
    bench, destination, counts
):
    await dead(bench.store, 1, destination)
    await owed(bench.store, 2, destination)
    assert await run(bench, "dead-letters retry", destination=destination) == counts


async def test_agents_are_told_with_what_the_roster_says(bench):
    now = Snapshot(Status.READY, Reason("WA1", "Available"), NOW)
    known = {
        f"acme:{each}": KnownAgent(Identity(each, "acme"), now=now, logged_in=True).to_json()
        for each in ("7", "8")
    }
    await finished(bench.store, agents=known)
    seven, eight = await run(bench, "agents")
    assert (seven["wfm_id"], seven["name"], seven["status"]) == ("2001", "Ada", "ready")
    assert seven["reason"] == {"code": "WA1", "label": "Available"}
    assert eight["wfm_id"] is None
    assert await run(bench, "agents", unmapped=True) == [eight]
    assert await run(bench, "agents", source="other") == []


async def test_an_unmapped_state_comes_with_the_line_to_add(bench):
    seen = [
        SeenState("acme", "WA1", "Available", "ready", mapped=True),
        SeenState("acme", "WA2", 'Tea: "5 o\'clock"', "not_ready", mapped=False),
        SeenState("acme", None, 'Odd "one"', "unknown", mapped=False),
    ]
    await finished(bench.store, seen=seen)
    assert len(await run(bench, "states")) == 3
    lines = {each["line"] for each in await run(bench, "states", unmapped=True)}
    assert lines == {
        'sources.acme.statuses: {"WA2": not_ready}',
        'sources.acme.statuses: {"Odd \\"one\\"": not_ready}',
    }


@dataclass(frozen=True)
class Options:
    statuses: dict


async def test_a_state_that_the_configuration_names_by_now_is_mapped(bench):
    acme = bench.settings.sources["acme"]
    bench.settings.sources["acme"] = replace(acme, options=Options({"tea-time": Status.NOT_READY}))
    await finished(
        bench.store, seen=[SeenState("acme", "AUX", "TEA TIME", "unknown", mapped=False)]
    )
    assert await run(bench, "states", unmapped=True) == []
    assert len(await run(bench, "states")) == 1


def give_table(bench, name, states):
    given = bench.settings.destinations[name]
    table = States().deserialize(states)
    bench.settings.destinations[name] = replace(given, states=table)


async def test_a_state_without_a_code_comes_with_the_destination_s_line(bench):
    give_table(bench, "skipping", {"ready": "A", "*": "9"})
    told = [
        ToldState("acme", "ready", "WA1", "Available"),
        ToldState("acme", "busy", "WA1", "Available"),
        ToldState("acme", "busy", "WA2", "Chat only"),
        ToldState("acme", "not_ready", "WA3", "Tea"),
        ToldState("removed", "not_ready", "WA3", "Rest"),
    ]
    await finished(bench.store, told=told)
    rows = await run(bench, "states", unmapped=True)
    assert {each["destination"] for each in rows} == {"skipping"}
    assert [(each["told_as"], each["line"]) for each in rows] == [
        ("9", 'destinations.skipping.options.states: {"busy": "9"}'),
        ("9", 'destinations.skipping.options.states: {"not_ready:Tea": "9"}'),
    ]
    assert await run(bench, "states", source="elsewhere") == []


async def test_a_state_that_is_read_otherwise_by_now_needs_no_code(bench):
    give_table(bench, "skipping", {"not_ready": "N"})
    acme = bench.settings.sources["acme"]
    await finished(bench.store, told=[ToldState("acme", "unknown", None, "Tea")])
    assert len(await run(bench, "states")) == 1
    bench.settings.sources["acme"] = replace(acme, options=Options({"tea": Status.NOT_READY}))
    assert await run(bench, "states") == []


async def test_destinations_tell_their_backlog_and_no_secret(bench):
    bench = replace(bench, now=lambda: NOW + timedelta(seconds=90))
    await owed(bench.store, 1, "skipping")
    skipping, sending = await run(bench, "destinations list")
    assert (skipping["backlog"], skipping["seconds_behind"]) == (1, 90.0)
    assert (sending["backlog"], sending["seconds_behind"]) == (0, 0.0)
    assert skipping["circuit"] == "closed"
    assert skipping["url"] == "https://wfm.example.com/in"
    assert "s3cret" not in json.dumps(skipping)


async def test_pausing_asks_the_running_gateway(bench):
    await run(bench, "destinations pause", name="skipping")
    assert bench.live.paused == {"skipping"}
    await run(bench, "destinations resume", name="skipping")
    assert bench.live.paused == set()


async def test_pausing_without_a_gateway_marks_the_store(bench):
    bench = replace(bench, live=None)
    await run(bench, "destinations pause", name="skipping")
    assert (await bench.store.marks())["skipping"].paused
    assert [each["paused"] for each in await run(bench, "destinations list")] == [True, False]
    await run(bench, "destinations resume", name="skipping")
    assert [each["paused"] for each in await run(bench, "destinations list")] == [False, False]


async def test_an_unknown_destination_is_refused_with_the_known_ones(bench):
    with pytest.raises(OperationError, match="skipping, sending"):
        await run(bench, "destinations pause", name="odd")


async def test_sources_and_the_whole(bench):
    (source,) = await run(bench, "sources list")
    assert source["last_event_at"] == "acme was heard"
    assert source["path"] == "/v1/ingest/acme"
    status = await run(bench, "status")
    assert status["running"] is True
    assert status["counts"]["untranslated"] == 0
    assert status["sources"] == [source]
