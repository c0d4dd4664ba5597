"""What translating receipts came to, entered in the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.model.booking import agent_entry_of, contact_entry_of
from gateway.model.printable import printable
from gateway.store.sqlite.glimpses import is_composed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.model.event import Event
    from gateway.model.ledger import AgentEntry, ContactEntry
    from gateway.ports import Finished
    from gateway.store.sqlite.tally import Transaction

BOOK_AGENT = """
    INSERT OR IGNORE INTO ledger_agents (agent, at, n, mark, status, reason)
    VALUES (?, ?, ?, ?, ?, ?)
"""
BOOK_CONTACT = """
    INSERT INTO ledger_contacts (key, revision, arrived_at, ended_at, agent, entry)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, entry = excluded.entry,
        arrived_at = excluded.arrived_at, ended_at = excluded.ended_at, agent = excluded.agent
    WHERE excluded.revision >= revision
"""
# What a replay revises has the number after it: where that one is there, a newer one was told.
BOOK_AGAIN = BOOK_CONTACT.replace(">=", ">")
KEEP_CONTACT = """
    INSERT INTO contacts (key, touched_at, known) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET touched_at = excluded.touched_at, known = excluded.known
"""
KEEP_NAME = """
    INSERT INTO conversations (name, touched_at, conversation) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE
        SET touched_at = excluded.touched_at, conversation = excluded.conversation
"""

AgentRow = tuple[str, int, int, str, str, str | None]
ContactRow = tuple[str | int | bytes | None, ...]


def book(transaction: Transaction, event: Event, seq: int, *, is_revised: bool = False) -> None:
    """Enter an event that is kept for the first time. *seq* is its sequence number; *is_revised*:
    a replay has made it.
    """
    book_all(transaction, [(event, seq)], is_revised=is_revised)


def book_all(
    transaction: Transaction, events: Iterable[tuple[Event, int]], *, is_revised: bool = False
) -> None:
    """Enter events that are kept for the first time, each with its sequence number."""
    agents: list[AgentRow] = []
    contacts: list[ContactRow] = []
    for event, seq in events:
        entry = agent_entry_of(event)
        if entry is not None:
            if not is_composed(transaction, printable(entry.agent), event.source):
                agents.append(_agent_row(entry, seq))
        elif (contact := contact_entry_of(event)) is not None:
            contacts.append(_contact_row(contact))
    if agents:
        transaction.many(BOOK_AGENT, agents)
    if contacts:
        transaction.many(BOOK_AGAIN if is_revised else BOOK_CONTACT, contacts)


def book_agent(transaction: Transaction, entry: AgentEntry, seq: int) -> None:
    """Enter how an agent was; *seq* puts it behind what was entered of the same time before."""
    transaction.run(BOOK_AGENT, _agent_row(entry, seq))


def book_late(transaction: Transaction, finished: Sequence[Finished]) -> None:
    """Enter the changes that came late, where they belong."""
    for each in finished:
        for entry in each.late:
            book_agent(transaction, entry, transaction.next("event_seq"))


def _agent_row(entry: AgentEntry, seq: int) -> AgentRow:
    reason = None if entry.reason is None else printable(entry.reason)
    where = printable(entry.agent), entry.at, seq
    return *where, entry.mark.value, entry.status.value, reason


def _contact_row(entry: ContactEntry) -> ContactRow:
    arrived = entry.started_at if entry.started_at is not None else entry.ended_at
    ended = entry.ended_at if entry.ended_at is not None else entry.started_at
    agent = None if entry.agent is None else printable(entry.agent)
    text = orjson.dumps(entry)
    return printable(entry.key), entry.revision, arrived, ended, agent, text


def learn_contacts(transaction: Transaction, finished: Sequence[Finished], now: int) -> None:
    """Store what is known now of contacts, and which names are of one conversation."""
    contacts: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for each in finished:
        contacts.update(each.contacts)
        names.update(each.conversations)
    if contacts:
        rows = [(printable(key), now, known) for key, known in contacts.items()]
        transaction.many(KEEP_CONTACT, rows)
    if names:
        told = [(printable(name), now, printable(of)) for name, of in names.items()]
        transaction.many(KEEP_NAME, told)
