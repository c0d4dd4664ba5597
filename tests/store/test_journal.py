import asyncio
from datetime import timedelta

import pytest

from gateway.model.errors import StoreUnavailableError
from gateway.ports import (
    MOST_TOLD_STATES,
    Finished,
    Quarantined,
    RecordKey,
    SeenState,
    Selection,
    ToldState,
)
from tests.store.engines import (
    START,
    append_and_claim,
    keys,
    owed,
    receipt,
    routed,
)


async def test_a_receipt_comes_back_as_it_was_given(store):
    given = receipt(b"\x00\xff body")
    appended = await store.append(given, keys("a"))
    (claimed,) = await store.untranslated(10)
    assert claimed.verified == given
    assert claimed.id == appended.receipt_id
    assert claimed.skip == frozenset()
    assert claimed.only is None


async def test_a_receipt_read_from_the_store_is_the_same(opened):
    store = await opened()
    given = receipt(b"\x00\xff body")
    await store.append(given, keys("a"))
    (claimed,) = await (await opened()).untranslated(10)
    assert claimed.verified == given


async def test_ids_sort_by_time(store, clock):
    ids = [
        (await store.append(receipt(at=clock.forward(timedelta(seconds=1))), ())).receipt_id
        for _ in range(5)
    ]
    assert ids == sorted(set(ids))


async def test_a_digest_seen_before_is_a_duplicate(store):
    await store.append(receipt(), keys("a", "b"))
    appended = await store.append(receipt(), keys("b", "c", "a"))
    assert appended.duplicates == {0, 2}
    _, second = await store.untranslated(10)
    assert second.skip == {0, 2}


async def test_the_second_of_two_equal_digests_in_a_request_is_a_duplicate(store):
    assert (await store.append(receipt(), keys("a", "a", None, None))).duplicates == {1}


async def test_duplicates_are_known_after_a_restart(opened):
    await (await opened()).append(receipt(), keys("a"))
    assert (await (await opened()).append(receipt(), keys("a"))).duplicates == {0}


async def test_a_digest_counts_for_72_hours_and_no_longer(store):
    await store.append(receipt(), keys("a"))
    within = START + timedelta(hours=71, minutes=59)
    assert (await store.append(receipt(at=within), keys("a"))).duplicates == {0}
    after = START + timedelta(hours=72)
    assert (await store.append(receipt(at=after), keys("a"))).duplicates == frozenset()
    assert (await store.append(receipt(at=after), keys("a"))).duplicates == {0}


async def test_a_request_of_duplicates_alone_has_nothing_to_translate(store):
    await store.append(receipt(), keys("a"))
    await store.append(receipt(), keys("a"))
    await store.append(receipt(), ())
    assert store.untranslated_count() == 1
    assert (await store.sizes())["receipts"] == 3
    assert len(await store.untranslated(10)) == 1


async def test_quarantined_records_are_skipped(store):
    entry = Quarantined("unreadable", "records[1]: no id", 1, b'{"x": 1}')
    await store.append(receipt(), [RecordKey(0, None), RecordKey(2, None)], (entry,))
    (claimed,) = await store.untranslated(10)
    assert claimed.skip == {1}
    (kept,) = await store.quarantine_entries(Selection())
    assert kept.entry == entry
    assert kept.body == b'{"x": 1}'
    assert kept.receipt_id == claimed.id


async def test_a_request_that_cannot_be_read_is_kept_whole(store):
    entry = Quarantined("content", "broken \udce9")
    receipt_id = await store.quarantine(receipt(b"{oops"), entry)
    (kept,) = await store.quarantine_entries(Selection(name="flex", reason="content"))
    assert (kept.receipt_id, kept.body, kept.source) == (receipt_id, b"{oops", "flex")
    assert kept.received_at == START
    assert store.untranslated_count() == 0


async def test_receipts_are_claimed_once_and_in_order(store):
    ids = [(await store.append(receipt(), keys(None))).receipt_id for _ in range(7)]
    claimed = [*await store.untranslated(3), *await store.untranslated(3)]
    claimed += await store.untranslated(3)
    assert [each.id for each in claimed] == ids


async def test_claims_keep_the_order_when_more_wait_than_memory_keeps(store):
    ids = []
    claimed = []

    async def fill(count):
        appended = [store.append(receipt(), keys(None)) for _ in range(count)]
        ids.extend(each.receipt_id for each in await asyncio.gather(*appended))

    await fill(3000)
    claimed += await store.untranslated(256)
    await fill(200)
    while len(claimed) < 3200:
        claimed += await store.untranslated(200)
        await fill(1) if len(claimed) % 3 == 0 else None
    while len(claimed) < len(ids):
        claimed += await store.untranslated(200)
    assert [each.id for each in claimed] == ids


async def test_a_claim_waits_until_there_is_something(store):
    waiting = asyncio.ensure_future(store.untranslated(10))
    await asyncio.sleep(0)
    assert not waiting.done()
    appended = await store.append(receipt(), keys(None))
    assert [each.id for each in await waiting] == [appended.receipt_id]


async def test_what_was_claimed_but_not_finished_comes_again_after_a_restart(opened):
    store = await opened()
    claimed = await append_and_claim(store)
    await store.append(receipt(), keys(None))
    again = await (await opened()).untranslated(10)
    assert [each.seq for each in again] == [claimed.seq, claimed.seq + 1]


async def test_finishing_stores_everything_at_once(opened):
    store = await opened()
    claimed = await append_and_claim(store)
    state = SeenState("flex", "WA1", "Lunch", "not_ready", mapped=False)
    deliveries = await store.finish(
        [
            Finished(
                claimed,
                (routed("e1", owed("e1"), owed("e1", to="verint", held="unmapped")),),
                {"flex:ann": b'{"status": "ready"}'},
                (Quarantined("translate", "no", 4, b"{}"),),
                (state, state),
            )
        ]
    )
    assert [(each.event_id, each.destination) for each in deliveries] == [("e1", "calabrio")]
    assert store.untranslated_count() == 0
    store = await opened()
    assert await store.known_agents(["flex:ann", "flex:bob"]) == {
        "flex:ann": b'{"status": "ready"}'
    }
    assert await store.agents(source="flex") == await store.agents()
    assert await store.agents(source="fle") == {}
    assert await store.seen_states() == [state]
    sizes = await store.sizes()
    wanted = ("receipts", "untranslated", "events", "quarantine", "dead_letters", "agents")
    assert [sizes[name] for name in wanted] == [1, 0, 1, 1, 0, 1]


async def test_an_event_is_stored_and_owed_once(store):
    first, second = await append_and_claim(store), await append_and_claim(store)
    assert len(await store.finish([Finished(first, (routed("e1", owed("e1")),))])) == 1
    assert await store.finish([Finished(second, (routed("e1", owed("e1")),))]) == []
    assert await store.finish([Finished(first, (routed("e1", owed("e1")),))]) == []
    assert (await store.backlog("calabrio")).pending == 1
    assert store.untranslated_count() == 0


async def test_a_state_name_told_anew_is_changed(store):
    for mapped in (False, True):
        claimed = await append_and_claim(store)
        state = SeenState("flex", None, "Lunch", "not_ready", mapped=mapped)
        await store.finish([Finished(claimed, seen_states=(state,))])
    assert [each.mapped for each in await store.seen_states()] == [True]


async def test_what_was_told_is_kept_once_and_the_newest_of_many(opened):
    store = await opened()
    first = ToldState("flex", "busy", None, None)
    rest = [ToldState("flex", "not_ready", "AUX", str(n)) for n in range(MOST_TOLD_STATES)]
    for told in ((first, rest[0]), (first, *rest[:-1]), (rest[-1], rest[0])):
        claimed = await append_and_claim(store)
        await store.finish([Finished(claimed, told_states=told)])
    store = await opened()
    assert await store.told_states() == rest


async def test_too_many_untranslated_receipts_are_refused(opened):
    store = await opened(max_untranslated=2)
    claimed = await append_and_claim(store)
    await store.append(receipt(), keys(None))
    with pytest.raises(StoreUnavailableError):
        await store.append(receipt(), keys(None))
    await store.finish([Finished(claimed)])
    await store.append(receipt(), keys(None))


async def test_many_senders_at_once(store):
    appended = await asyncio.gather(
        *(store.append(receipt(str(n).encode()), keys(f"d{n % 150}")) for n in range(200))
    )
    assert len({each.receipt_id for each in appended}) == 200
    assert sum(len(each.duplicates) for each in appended) == 50
    assert store.untranslated_count() == 150


class NoBytes:
    """What SQLite cannot be given."""

    def __len__(self):
        return 2


@pytest.mark.parametrize("what", ["a key of text", "a body of text", "a body of no kind"])
async def test_a_bad_operation_fails_alone(store, what):
    bad = [RecordKey(0, "not bytes")] if what == "a key of text" else keys("c")
    body = {"a body of text": "text", "a body of no kind": NoBytes()}.get(what, b"{}")
    results = await asyncio.gather(
        store.append(receipt(), keys("a")),
        store.append(receipt(body), bad),
        store.append(receipt(), keys("b")),
        return_exceptions=True,
    )
    assert isinstance(results[1], Exception)
    claimed = await store.untranslated(10)
    assert [each.id for each in claimed] == [results[0].receipt_id, results[2].receipt_id]
    assert (await store.sizes())["receipts"] == 2


async def test_odd_text_harms_nobody(store):
    claimed = await append_and_claim(store)
    odd = routed(
        "e\u00e9", owed("e\u00e9", "lane \udce9", identity="\ud800"), subject="flex:\ud800"
    )
    deliveries = await store.finish([Finished(claimed, (odd,), {"flex:\ud800": b"{}"})])
    (lane,) = await store.claim("calabrio", lanes=1, depth=1, busy=frozenset())
    assert lane.deliveries == tuple(deliveries)
    assert await store.known_agents(["flex:\ud800"])


async def test_an_append_nobody_waits_for_any_more_is_still_translated(store):
    first = asyncio.ensure_future(store.append(receipt(), keys("a")))
    await store.append(receipt(), keys("b"))
    first.cancel()
    assert len(await store.untranslated(10)) == 2


async def test_big_and_small_receipts_keep_their_order(store):
    bodies = [b"x" * 1_000_000, b"small", b"y" * 600_000, b"last"]
    await asyncio.gather(*(store.append(receipt(body), keys(None)) for body in bodies))
    claimed = await store.untranslated(10)
    assert [each.verified.receipt.body for each in claimed] == bodies


async def test_a_closed_store_is_unavailable(opened):
    store = await opened()
    await store.close()
    with pytest.raises(StoreUnavailableError):
        await store.append(receipt(), keys(None))
    with pytest.raises(StoreUnavailableError):
        await store.known_agents(["flex:ann"])
