"""What translating receipts came to, written in a few statements for each event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from gateway.model.clock import to_millis
from gateway.model.delivery import Delivery
from gateway.model.printable import printable
from gateway.ports import MOST_TOLD_STATES
from gateway.store.sqlite.books import book
from gateway.store.sqlite.held import Place, catch_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.delivery import NewDelivery
    from gateway.model.event import Event
    from gateway.ports import Finished, RoutedEvent, SeenState, ToldState
    from gateway.store.sqlite.tally import Transaction

INSERT_EVENT = """
    INSERT INTO events (seq, id, receipt, subject, type, recorded_at, event)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
INSERT_OWED = """
    INSERT INTO outbox (seq, event, destination, lane, identity, collapses, held, subject,
        recorded_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
UPDATE_AGENT = "UPDATE agents SET known = ? WHERE key = ?"
WHO_IS_KNOWN = "SELECT key FROM agents WHERE key IN (SELECT value FROM json_each(?))"
INSERT_AGENT = "INSERT INTO agents (known, key) VALUES (?, ?)"
SEE_STATE = """
    INSERT INTO seen_states (source, code, label, status, mapped) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (source, coalesce(code, ''), coalesce(label, ''))
    DO UPDATE SET status = excluded.status, mapped = excluded.mapped
"""

TELL_STATE = """
    INSERT INTO told_states (source, status, code, label) VALUES (?, ?, ?, ?)
    ON CONFLICT (source, status, code, label) DO NOTHING
"""
FORGET_TOLD_STATES = """
    DELETE FROM told_states WHERE n <= (SELECT max(n) FROM told_states) - ?
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A translation with its events written as JSON."""

    finished: Finished
    events: tuple[tuple[RoutedEvent, bytes], ...]


def prepare(finished: Finished) -> Prepared:
    """Write the events' JSON, before the transaction begins."""
    return Prepared(finished, tuple((each, as_json(each.event)) for each in finished.events))


def as_json(event: Event) -> bytes:
    """Write an event as it is kept.

    It stays in memory as long as its deliveries, and orjson returns the whole buffer that it
    wrote into, some 8 KB for an event of one: a copy has no such tail.
    """
    envelope = event.envelope()
    try:
        return memoryview(orjson.dumps(envelope)).tobytes()
    except TypeError:  # lone surrogates, or integers of more than 64 bits
        return json.dumps(envelope, ensure_ascii=False).encode("utf-8", "replace")


def insert_routed(
    transaction: Transaction,
    routed: RoutedEvent,
    text: bytes,
    receipt_id: str | None,
    deliveries: list[Delivery],
) -> None:
    """Store one event, if it is not there yet, and what it is owed; add what may be sent."""
    event = routed.event
    row = (
        event.id,
        receipt_id,
        printable(event.subject),
        event.type.value,
        to_millis(event.recorded_at),
    )
    seq = insert_event(transaction, (*row, text))
    if seq is None:
        return
    book(transaction, event, seq)
    for new in routed.deliveries:
        if new.held is None:
            identity = None if new.identity is None else printable(new.identity)
            place = Place(new.destination, row[2], printable(new.lane), identity)
            deliveries += catch_up(transaction, place, row[4])
        delivery = owe_new(transaction, new, event, text, seq)
        if new.held is None:
            deliveries.append(delivery)


EventRow = tuple[str, str | None, str, str, int, bytes]
"""Id, receipt id, subject, type, `recorded_at` in milliseconds, JSON."""


def insert_event(transaction: Transaction, row: EventRow) -> int | None:
    """Store an event; return its sequence number, or `None` where one of that id exists."""
    seq = transaction.next("event_seq")
    transaction.run(INSERT_EVENT, (seq, *row))
    if not transaction.changed():
        return None
    transaction.count("events")
    return seq


def owe_new(
    transaction: Transaction, new: NewDelivery, event: Event, text: bytes, event_seq: int
) -> Delivery:
    """Store what an event is owed; return the delivery."""
    delivery = Delivery(
        seq=transaction.next("delivery_seq"),
        event_id=event.id,
        destination=new.destination,
        lane=printable(new.lane),
        subject=printable(event.subject),
        event_type=event.type.value,
        event=text,
        recorded_at=event.recorded_at,
        identity=None if new.identity is None else printable(new.identity),
        collapses=new.collapses,
    )
    owe(transaction, delivery, event_seq, new.held)
    return delivery


def owe(transaction: Transaction, delivery: Delivery, event_seq: int, held: str | None) -> None:
    """Store one delivery as owed, or as held."""
    transaction.run(
        INSERT_OWED,
        (
            delivery.seq,
            event_seq,
            delivery.destination,
            delivery.lane,
            delivery.identity,
            delivery.collapses,
            held,
            delivery.subject,
            to_millis(delivery.recorded_at),
        ),
    )
    transaction.count(f"{'pending' if held is None else 'held'}:{delivery.destination}")


def learn(transaction: Transaction, finished: Sequence[Finished]) -> None:
    """Store what is known now of agents and of state names."""
    agents: dict[str, bytes] = {}
    states: set[SeenState] = set()
    told: dict[ToldState, None] = {}
    for each in finished:
        agents.update((printable(key), known) for key, known in each.agents.items())
        states.update(each.seen_states)
        told |= dict.fromkeys(each.told_states)
    if agents:
        _learn_agents(transaction, agents)
    for state in states:
        name = [None if text is None else printable(text) for text in (state.code, state.label)]
        transaction.run(SEE_STATE, (state.source, *name, state.status, state.mapped))
    for each_told in told:
        transaction.run(TELL_STATE, tuple(printable(text or "") for text in each_told))
    if told:
        transaction.run(FORGET_TOLD_STATES, (MOST_TOLD_STATES,))


def _learn_agents(transaction: Transaction, agents: Mapping[str, bytes]) -> None:
    before = transaction.connection.total_changes()
    transaction.many(UPDATE_AGENT, [(known, key) for key, known in agents.items()])
    changed = transaction.connection.total_changes() - before
    if changed == len(agents):
        return
    keys = orjson.dumps(list(agents)).decode()
    there = {key for (key,) in transaction.all(WHO_IS_KNOWN, (keys,))}
    new = [(known, key) for key, known in agents.items() if key not in there]
    transaction.many(INSERT_AGENT, new)
    transaction.count("agents", len(new))
