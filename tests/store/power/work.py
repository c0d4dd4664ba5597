"""A store at work: senders, a translator, a teller, an operator; and a look into what it holds.

Everything is noted on the tape, before it is asked for and when it was acknowledged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from gateway import ports
from gateway.model.delivery import (
    Dead,
    DeadReason,
    Delivered,
    Delivery,
    Held,
    NewDelivery,
    Outcome,
    RetryAt,
    Superseded,
    outcome_name,
)
from gateway.model.event import Event, EventType
from gateway.model.receipt import JournaledReceipt
from gateway.store.sqlite import open_store
from gateway.store.sqlite.store import SqliteStore
from tests.store.engines import START, keys, receipt
from tests.store.power import ledger
from tests.store.power.ledger import DESTINATION, Found, Owed

if TYPE_CHECKING:
    import apsw

AGENTS = 8
SENDERS = 4
BIG_BODY = 300_000
"""More than `journal.BIG_BODY_BYTES`: such a request has a transaction of its own."""

Note = Callable[[object], None]


def open_here(folder: Path) -> SqliteStore:
    """Open the store in *folder* at a time that stands still."""
    return open_store(folder / "gateway.db", now=lambda: START)


class Work:
    """Some seconds in a store's life, as *dice* fall. *again*: what senders never got an answer to
    and therefore send again. *first*: the number that no request has had yet.
    """

    def __init__(self, note: Note, dice: Random, *, again: Iterable[str], first: int) -> None:
        self._note = note
        self._dice = dice
        self._bodies = sorted(again)
        self._number = first
        self._is_done = False

    async def run(self, folder: Path, requests: int) -> None:
        """Open the store, let everybody work on it, and perhaps close it in order."""
        store = open_here(folder)
        self._bodies += [
            self._body(number) for number in range(self._number, self._number + requests)
        ]
        self._bodies.reverse()
        others = [
            asyncio.ensure_future(each) for each in (self._translate(store), self._tell(store))
        ]
        await asyncio.gather(*(self._send(store) for _ in range(SENDERS)))
        await self._mark(store)
        while store.untranslated_count():  # noqa: ASYNC110 - the translator works meanwhile
            await asyncio.sleep(0)
        self._is_done = True
        others[0].cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await store.close()

    def _body(self, number: int) -> str:
        size = BIG_BODY if self._dice.random() < 0.01 else self._dice.randrange(2000)
        return f"{self._dice.randrange(AGENTS)}/{number}/{size}"

    async def _send(self, store: SqliteStore) -> None:
        while self._bodies:
            body = self._bodies.pop()
            self._note(ledger.Sending(body))
            appended = await store.append(receipt(_content(body)), keys(body))
            self._note(ledger.Acknowledged(body, appended.receipt_id, bool(appended.duplicates)))

    async def _mark(self, store: SqliteStore) -> None:
        paused = self._dice.random() < 0.5
        self._note(ledger.Marked(paused, kept=False))
        await store.mark(DESTINATION, ports.DestinationMark(paused))
        self._note(ledger.Marked(paused, kept=True))

    async def _translate(self, store: SqliteStore) -> None:
        while True:
            claimed = await store.untranslated(self._dice.randrange(1, 20))
            finished = [_translated(each, self._dice) for each in claimed]
            receipts = tuple(each.id for each in claimed)
            self._note(ledger.Finishing(receipts))
            owed = await store.finish(finished)
            known = {key: int(text) for each in finished for key, text in each.agents.items()}
            self._note(
                ledger.Finished(
                    receipts, tuple((each.event_id, each.lane, each.seq) for each in owed), known
                )
            )

    async def _tell(self, store: SqliteStore) -> None:
        rounds = 0
        while not self._is_done or rounds < 3:
            rounds += self._is_done
            lanes = await store.claim(DESTINATION, lanes=4, depth=2, busy=frozenset())
            heads = [each.deliveries[0] for each in lanes if self._dice.random() < 0.8]
            if heads:
                await self._record(store, [_outcome(each, self._dice) for each in heads])

    async def _record(self, store: SqliteStore, recorded: Sequence[ports.Recorded]) -> None:
        outcomes = tuple((each.delivery.event_id, outcome_name(each.outcome)) for each in recorded)
        self._note(ledger.Recording(outcomes))
        await store.record(recorded)
        memory = {
            each.delivery.lane: each.lane_state.memory["seq"]
            for each in recorded
            if each.lane_state is not None
        }
        self._note(ledger.Recorded(outcomes, memory))


def _content(body: str) -> bytes:
    """Return the bytes for which *body* stands: its words, then as many bytes of noise."""
    return f"{body}\n".encode() + Random(body).randbytes(int(body.rpartition("/")[2]))


def _body_of(content: bytes | None) -> str:
    if content is None:
        return "damaged"
    body = content.partition(b"\n")[0].decode("utf-8", "replace")
    return body if content == _content(body) else f"damaged: {body}"


def _translated(each: JournaledReceipt, dice: Random) -> ports.Finished:
    agent, number, _size = _body_of(each.verified.receipt.body).split("/")
    # An id that tells the receipt too: what is taken in twice would have two.
    name = f"{each.id}/{agent}/{number}"
    event = Event(name, "flex", EventType.STATE, f"flex:{agent}", START, START, {"n": int(number)})
    owed = NewDelivery(name, DESTINATION, agent, agent, collapses=dice.random() < 0.5)
    return ports.Finished(each, (ports.RoutedEvent(event, (owed,)),), {agent: number.encode()})


def _outcome(delivery: Delivery, dice: Random) -> ports.Recorded:
    outcome: Outcome = dice.choice(
        [
            Delivered(),
            Delivered(),
            Superseded(),
            RetryAt(START),
            Held("unknown"),  # to the vendor: nothing lets it go by itself
            Dead(DeadReason.PERMANENT, "no", 400, b"no"),
        ]
    )
    state = ports.Lane({"seq": delivery.seq}) if isinstance(outcome, Delivered) else None
    return ports.Recorded(delivery, outcome, START, "made_up 1", state)


async def look_into(folder: Path) -> Found:
    """Open the store as a start does, and say what it holds; then let it take something new."""
    store = open_here(folder)
    try:
        found = Found(paused=(await store.marks()).get(DESTINATION, ports.DestinationMark()).paused)
        while len(found.untranslated) < store.untranslated_count():
            for each in await store.untranslated(256):
                found.untranslated[each.id] = _body_of(each.verified.receipt.body)
        lanes = await store.claim(DESTINATION, lanes=1000, depth=10_000, busy=frozenset())
        found.memory = {each.lane: each.state.memory.get("seq", 0) for each in lanes}
        found.known = {key: int(text) for key, text in (await store.agents()).items()}
        claimed = {each.event_id for lane in lanes for each in lane.deliveries}
        await store._database.read(partial(_look_closer, found, claimed, dict(await store.sizes())))
        await store.append(receipt(b"new"), keys("new"))
    finally:
        await store.close()
    return found


def _look_closer(
    found: Found, claimed: set[str], sizes: dict[str, int], store: apsw.Connection
) -> None:
    rows = store.execute("SELECT id, body FROM receipts").fetchall()
    found.receipts = {each: _body_of(content) for each, content in rows}
    found.digests = frozenset(
        body
        for body in found.receipts.values()
        for _seen in store.execute("SELECT 1 FROM seen WHERE digest = ?", (_key(body),))
    )
    found.events = [
        (event, json.loads(text)["id"].partition("/")[2])
        for event, text in store.execute("SELECT id, event FROM events")
    ]
    owed = store.execute(
        """SELECT e.id, lane, o.seq, attempts, held IS NOT NULL
        FROM outbox o JOIN events e ON e.seq = o.event"""
    )
    found.owed = {event: Owed(*rest) for event, *rest in owed}
    found.outcomes = store.execute("SELECT event_id, outcome FROM outcomes").fetchall()
    found.dead = [event for (event,) in store.execute("SELECT event_id FROM dead_letters")]
    for lane, memory in store.execute("SELECT lane, memory FROM lanes WHERE memory NOT NULL"):
        found.memory[lane] = json.loads(memory)["seq"]
    found.wrong = list(_contradictions(found, claimed, sizes, store))


def _contradictions(
    found: Found, claimed: set[str], sizes: dict[str, int], store: apsw.Connection
) -> Iterable[str]:
    """Say where the store is damaged, or its counts are not those of its rows."""
    (health,) = store.execute("PRAGMA integrity_check").fetchone()
    if health != "ok":
        yield f"integrity_check: {health}"
    if claimed != {event for event, owed in found.owed.items() if not owed.held}:
        yield "a claim does not tell what is owed"
    counted = {
        "receipts": len(found.receipts),
        "untranslated": len(found.untranslated),
        "events": len(found.events),
        "dead_letters": len(found.dead),
        "agents": len(found.known),
    }
    for name, number in counted.items():
        if sizes[name] != number:
            yield f"{name}: {number} rows, counted as {sizes[name]}"


def _key(body: str) -> bytes:
    (key,) = keys(body)
    assert key.digest is not None
    return key.digest
