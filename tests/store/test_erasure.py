"""What every store promises of an erasure: bounded steps, exact counts, no byte left."""

import asyncio

import pytest

from gateway.ports import Finished, Quarantined, ReceiptEdit, Selection
from tests.store.engines import append_and_claim, keys, owe, owed, receipt, routed

WORD = "canary-7a1c"


async def everything(store, table, *, upto=None, wanted=lambda _row: True):
    rows, after = [], None
    while True:
        page = await store.rows_after(table, after, upto, wanted)
        rows += page.rows
        if page.after is None:
            return rows
        after = page.after


async def three_receipts(store, *bodies):
    for number, body in enumerate(bodies):
        await store.append(receipt(body), keys(f"d{number}", f"e{number}"))
    return await store.untranslated(9)


async def test_rows_are_read_up_to_an_end_and_only_those_wanted(store):
    claimed = await three_receipts(store, b"one", b"two", b"three")
    await store.finish([Finished(each) for each in claimed[:2]])
    ends = await store.ends(with_untranslated=False)
    found = await everything(store, "receipts", upto=ends["receipts"])
    assert [row.texts[0] for row in found] == [b"one", b"two"]
    assert [row.subject for row in found] == ["flex", "flex"]
    all_ends = await store.ends(with_untranslated=True)
    last = await everything(
        store, "receipts", upto=all_ends["receipts"], wanted=lambda row: row.texts[0] == b"three"
    )
    assert [row.ref for row in last] == [claimed[2].id]


async def test_long_tables_are_read_in_steps(store, monkeypatch):
    monkeypatch.setattr("gateway.store.sqlite.people.LOOKED_AT_BYTES", 1)
    await three_receipts(store, b"one", b"two", b"three")
    page = await store.rows_after("receipts", None, None, lambda _row: True)
    assert len(page.rows) == 1
    assert page.after == page.rows[-1].key
    assert len(await everything(store, "receipts")) == 3


async def test_a_rewritten_receipt_keeps_its_others_and_one_that_goes_takes_its_entries(store):
    claimed = await three_receipts(store, b"[1,2]", b"gone", b"stays")
    entries = tuple(Quarantined("translate", "no", index) for index in (0, 1))
    await store.finish([Finished(each, quarantined=entries) for each in claimed])
    edits = [
        ReceiptEdit(claimed[0].seq, b"[1,null]", "q", frozenset({1})),
        ReceiptEdit(claimed[1].seq),
    ]
    told = await store.edit_receipts(edits, is_real=False)
    assert await store.check() == []
    assert len(await store.quarantine_entries(Selection())) == 6
    assert sorted(await store.edit_receipts(edits)) == sorted(told)
    (kept,) = await store.kept_receipts([claimed[0].seq, claimed[1].seq])
    assert (kept.verified.receipt.body, kept.verified.receipt.query) == (b"[1,null]", "q")
    assert kept.skip == {1}
    left = await store.quarantine_entries(Selection())
    assert [(each.receipt_id, each.entry.index) for each in left] == [
        (claimed[2].id, 1),
        (claimed[2].id, 0),
        (claimed[0].id, 0),
    ]
    assert (await store.sizes())["receipts"] == 2
    assert await store.check() == []


async def test_what_is_owed_ends_as_erased_wherever_it_waits(store):
    claimed = await append_and_claim(store)
    events = (
        routed("a", owed("a"), owed("a", to="other")),
        routed("b", owed("b", held="unmapped")),
        routed("c", owed("c")),
    )
    await store.finish([Finished(claimed, events)])
    several = [row.key[0] for row in await everything(store, "events") if row.ref in ("a", "b")]
    assert await store.owed_of(several) == {"calabrio": 2, "other": 1}
    assert await store.erase_owed("calabrio", several) == 2
    assert await store.owed_of(several) == {"other": 1}
    (outcome,) = await store.deliveries_of("b")
    assert (outcome.outcome, outcome.detail) == ("erased", "the person was erased by an operator")
    backlog = await store.backlog("calabrio")
    assert (backlog.pending, backlog.held) == (1, 0)
    assert await store.check() == []


@pytest.mark.parametrize("table", ["events", "agents", "lanes", "audit"])
async def test_rows_that_go_and_texts_that_change(store, table):
    claimed = await append_and_claim(store)
    known = {f"flex:{name}": WORD.encode() for name in ("ann", "ben")}
    await store.finish([Finished(claimed, (routed("a"), routed("b")), agents=known)])
    await store.told("wfm", {"ann": WORD.encode(), "ben": WORD.encode()})
    rows = await everything(store, table)
    changed = {row.key: tuple(b"erased" if each else None for each in row.texts) for row in rows}
    await store.erase(table, [row.key for row in rows[:1]], dict(list(changed.items())[1:]))
    left = await everything(store, table)
    assert [row.texts for row in left] == list(changed.values())[1:]
    assert await store.check() == []


async def test_no_byte_is_left_of_what_was_replaced_removed_and_moved(opened, tmp_path):
    store = await opened()
    for number in range(60):
        body = (WORD * (1 + number * 37 % 900)).encode()
        await store.append(receipt(body), keys(None))
        (claimed,) = await store.untranslated(1)
        known = {f"flex:{name}": body[: 40 + number * 60] for name in (WORD, f"other{number}")}
        owing = tuple(routed(f"{number}-{n}", owed(f"{number}-{n}", WORD)) for n in range(9))
        await store.finish([Finished(claimed, owing, agents=known)])
    for table in ("outcomes", "events", "receipts", "agents", "agent_states", "lanes"):
        if table == "events":
            several = [row.key[0] for row in await everything(store, "events")]
            await store.erase_owed("calabrio", several)
        keys_of = [row.key for row in await everything(store, table)]
        if table == "receipts":
            await store.edit_receipts([ReceiptEdit(key[0]) for key in keys_of])
        elif table != "outcomes":
            await store.erase(table, keys_of, {})
    assert await store.scrub([WORD.encode()]) == 0
    held = {each.name: each.read_bytes().count(WORD.encode()) for each in tmp_path.iterdir()}
    assert set(held.values()) == {0}
    assert await store.check() == []


async def test_senders_are_served_while_the_log_is_started_over(store):
    scrubbing = asyncio.ensure_future(store.scrub([WORD.encode()]))
    for number in range(50):
        await store.append(receipt(b"%d" % number), keys(None))
    assert await scrubbing == 0
    assert len(await everything(store, "receipts")) == 50


async def test_a_word_that_stands_there_still_is_counted(store):
    await owe(store, owed("a", lane=WORD))
    assert await store.scrub([WORD.encode()]) > 0
