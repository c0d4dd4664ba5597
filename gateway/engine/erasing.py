"""A person erased: everywhere where the store tells of them, in bounded steps.

What comes of the person afterwards is a stranger's: an erasure ends where the store ended when it
forgot them (`Erasing.forget`). Asked again, one that was cut short goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import orjson

from gateway.engine.takeout import take_out
from gateway.model.event import EventType
from gateway.pipeline.person import ERASED
from gateway.pipeline.track import KnownContact
from gateway.ports import Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence

    from gateway.pipeline.person import Person
    from gateway.ports import Erasure, Key, Table, Text
    from gateway.settings import SourceSettings

KNOWN: tuple[Table, ...] = ("agents", "badges", "went_by", "alarms", "conversations")
LAST = "\U0010ffff"
NO_NUMBER = -1
ANY_NUMBER = 2**62
LAST_TEXT = "\U0010ffff"
GOES_WITH_THE_AGENT = frozenset(
    {
        "agents",
        "agent_states",
        "badges",
        "went_by",
        "alarms",
        "events",
        "dead_letters",
    }
)
"""Tables whose rows have an agent's key as their subject."""

OF_A_CUSTOMER = ("customer_id", "city", "country", "phone", "zip")
"""What the ledger's entry of a contact tells of the customer."""

NAMED = frozenset({"contacts", "conversations", "ledger_contacts"})
"""Tables whose own keys may be a customer's words: a conversation's."""

ABOUT_A_CUSTOMER = frozenset({EventType.CONTACT.value, EventType.ALERT.value})


class Tellers(Protocol):
    """Who tells the destinations, while the gateway runs."""

    async def without(self, destination: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do *work* while nobody tells a destination; then tell it again."""
        ...

    def erased(self, destination: str, several: int) -> None:
        """Take note that so many deliveries were erased."""
        ...


class Erasing:
    """One erasure of *person*, who goes by *identities* at the vendors. With *is_real* false
    nothing is changed: `counts` says what would be.
    """

    def __init__(
        self,
        store: Erasure,
        sources: Mapping[str, SourceSettings],
        person: Person,
        identities: Iterable[str],
        *,
        is_real: bool,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.changed_agents: set[str] = set()
        self._store = store
        self._sources = sources
        self._person = person
        self._identities = set(identities)
        self._is_real = is_real
        self._ends: Mapping[Table, Key] = {}
        self._worn: set[tuple[str, str]] = set()
        self._events: list[int] = []
        self._ids: set[str] = set()
        self._lanes: dict[str, list[Row]] = {}
        self._aside: set[Key] = set()

    async def forget(self, *, with_untranslated: bool) -> None:
        """Forget what is known of the person. Nothing may be translated meanwhile, unless nothing
        is translated at all: then what waits to be is theirs too (*with_untranslated*).
        """
        self._ends = await self._store.ends(with_untranslated=with_untranslated)
        for table in KNOWN:
            await self._sweep(table, self._verdict)
        await self._sweep("contacts", self._of_pieces)
        key = self._person.key
        if key is not None:
            span = (key, NO_NUMBER), (key, ANY_NUMBER)
            await self._sweep("agent_states", self._verdict, span)
            self.changed_agents.add(key)
            if self._is_real:
                self._store.forget_agent(key)

    async def run(self, tellers: Tellers | None) -> None:
        """Erase the rest. *tellers* are those of the gateway, where it runs."""
        masked = await self._sweep("events", self._of_event, removes=False)
        if self._is_real:
            await self._store.erase("events", (), masked)
        await self._sweep("dead_letters", self._verdict)
        await self._sweep("lanes", self._of_lane, removes=False)
        await self._owed(tellers, [int(key[0]) for key in masked])
        if self._is_real:
            await self._store.erase("events", [(seq,) for seq in self._events], {})
        await self._sweep("outcomes", self._of_outcome)
        await self._sweep("quarantine", self._of_entry)
        await self._receipts()
        await self._sweep("agent_states", self._of_others)
        await self._sweep("audit", self._verdict)
        await self._sweep("filed", self._verdict)
        await self._books()

    async def _books(self) -> None:
        key = self._person.key
        if key is not None:
            span = (key, NO_NUMBER, NO_NUMBER), (key, ANY_NUMBER, ANY_NUMBER)
            await self._sweep("ledger_agents", self._of_past, span)
            every = (key, "", NO_NUMBER, NO_NUMBER), (key, LAST_TEXT, ANY_NUMBER, ANY_NUMBER)
            await self._sweep("ledger_glimpses", self._of_past, every)
        await self._sweep("ledger_contacts", self._of_booked)

    def _verdict(self, row: Row, table: Table) -> tuple[Text, ...] | None:
        """Return the texts with which a row stays, `None`: it goes."""
        person = self._person
        if table in GOES_WITH_THE_AGENT and row.subject == person.key:
            return None
        told = any(map(person.is_told_in, row.texts))
        if table == "conversations" and self._names(row):
            return None
        if told and row.kind in ABOUT_A_CUSTOMER and self._is_theirs(row):
            return None
        return tuple(map(self._masked, row.texts)) if told else row.texts

    def _names(self, row: Row) -> bool:
        """Whether a row's own words are the person's."""
        parts = (*row.key, row.subject)
        return any(self._person.is_told_in(str(each).encode()) for each in parts)

    def _of_pieces(self, row: Row, _table: Table) -> tuple[Text, ...] | None:
        """Leave of a contact that not every piece of it is there: a replay lets it be."""
        if self._names(row):
            return None
        known = row.texts[0]
        if known is None or not self._person.is_told_in(known):
            return row.texts
        left = KnownContact.from_json(self._person.masked_in_place(known))
        if self._person.key is None:
            return (KnownContact(left.id).to_json(),)
        return (replace(left, begun_at=None).to_json(),)

    def _of_past(self, row: Row, _table: Table) -> tuple[Text, ...] | None:
        """Leave what was booked after the erasure began."""
        last = self._ends["events"]
        return None if (row.ref,) <= last else row.texts

    def _of_booked(self, row: Row, _table: Table) -> tuple[Text, ...] | None:
        """Leave a contact's figures; who it was with, or who took it, goes."""
        person = self._person
        if self._names(replace(row, subject="")):
            return None
        is_mine = row.subject == person.key
        if not is_mine and not any(map(person.is_told_in, row.texts)):
            return row.texts
        entry, agent = row.texts
        told = orjson.loads(entry or b"{}")
        told |= dict.fromkeys(OF_A_CUSTOMER) if person.key is None else {}
        if is_mine:
            told["agent"] = f"{person.source}:{ERASED}"
            agent = told["agent"].encode()
        return self._masked(orjson.dumps(told)), agent

    def _is_theirs(self, row: Row) -> bool:
        """Whether a contact or an alarm in which the person is named is about them."""
        return self._person.key is None or row.kind == EventType.ALERT.value

    def _agents_of(self, source: str) -> str | None:
        return self._sources[source].keys_of if source in self._sources else None

    def _masked(self, text: Text) -> Text:
        if text is None or not self._person.is_told_in(text):
            return text
        return self._person.masked_in_place(text)

    def _of_event(self, row: Row, table: Table) -> tuple[Text, ...] | None:
        left = self._verdict(row, table)
        if left is None:
            self._events.append(int(row.key[0]))
            self._ids.add(str(row.ref))
        return left

    def _of_others(self, row: Row, table: Table) -> tuple[Text, ...] | None:
        return row.texts if row.subject == self._person.key else self._verdict(row, table)

    def _of_entry(self, row: Row, _table: Table) -> tuple[Text, ...] | None:
        person = self._person
        is_own = person.source is not None and person.source == self._agents_of(row.subject)
        is_in = person.is_in if is_own else person.is_told_in
        if not (is_in(row.texts[0]) or any(map(person.is_told_in, row.texts))):
            return row.texts
        self._aside.add(row.key)
        return None

    def _of_outcome(self, row: Row, _table: Table) -> tuple[Text, ...]:
        is_theirs = row.ref in self._ids or any(map(self._person.is_told_in, row.texts))
        return (None,) if is_theirs else row.texts

    def _of_lane(self, row: Row, _table: Table) -> tuple[Text, ...] | None:
        destination = str(row.ref)
        is_free = (destination, row.subject) not in self._worn
        if row.subject in self._ids or (row.subject in self._identities and is_free):
            self._lanes.setdefault(destination, []).append(row)
            return None
        memory, delivered = row.texts
        if not any(map(self._person.is_told_in, row.texts)):
            return row.texts
        left = self._masked(memory), None if self._person.is_told_in(delivered) else delivered
        self._lanes.setdefault(destination, []).append(Row(row.key, row.subject, "", "", left))
        return left

    async def _sweep(
        self,
        table: Table,
        decide: Callable[[Row, Table], tuple[Text, ...] | None],
        span: tuple[Key | None, Key | None] | None = None,
        *,
        removes: bool = True,
    ) -> dict[Key, tuple[Text, ...]]:
        """Go through a table; return what was changed of rows that stay. With *removes* false
        nothing is written yet.
        """
        changed: dict[Key, tuple[Text, ...]] = {}
        async for rows in self._pages(table, span):
            gone: list[Key] = []
            rewritten: dict[Key, tuple[Text, ...]] = {}
            for row in rows:
                self._note(row, table)
                left = decide(row, table)
                if left is None:
                    gone.append(row.key)
                elif left != row.texts:
                    rewritten[row.key] = left
            self.counts[table] += len(gone)
            self.counts[f"{table}_masked"] += len(rewritten)
            if self._is_real and removes:
                await self._store.erase(table, gone, rewritten)
            changed |= rewritten
        return changed

    def _note(self, row: Row, table: Table) -> None:
        """Note what the person goes by, and what others do."""
        if table in ("badges", "went_by") and row.subject == self._person.key:
            self._identities.add(str(row.ref))
        elif table == "badges":
            self._worn.add((row.kind, str(row.ref)))
        elif table == "agents":
            self.changed_agents.add(row.subject)

    async def _pages(
        self, table: Table, span: tuple[Key | None, Key | None] | None = None
    ) -> AsyncIterator[Sequence[Row]]:
        """Yield the rows of a table in which the person may be told of."""
        after, upto = span or (None, self._ends.get(table))
        while True:
            page = await self._store.rows_after(table, after, upto, partial(self._may_be, table))
            yield page.rows
            if page.after is None:
                return
            after = page.after
            await asyncio.sleep(0)  # whoever else reads goes between two pages

    def _may_be(self, table: Table, row: Row) -> bool:
        """Whether a row may tell of the person; asked on the store's own thread."""
        if table == "badges":
            return True
        if table == "lanes" and row.subject in self._identities:
            return True
        is_theirs = row.subject == self._person.key or self._ids & {row.ref, row.subject}
        if is_theirs or any(map(self._person.is_in, row.texts)):
            return True
        return table in NAMED and self._names(row)

    async def _owed(self, tellers: Tellers | None, masked: Sequence[int]) -> None:
        """Take back what destinations are owed, and what is remembered of the person there."""
        owed = await self._store.owed_of(self._events)
        self.counts["deliveries"] += sum(owed.values())
        if not self._is_real:
            return
        told_anew = await self._store.owed_of(masked)
        for name in sorted({*owed, *told_anew, *self._lanes}):
            work = partial(self._forget_at, name, tellers)
            await (work() if tellers is None else tellers.without(name, work))

    async def _forget_at(self, destination: str, tellers: Tellers | None) -> None:
        erased = await self._store.erase_owed(destination, self._events)
        if tellers is not None and erased:
            tellers.erased(destination, erased)
        rows = self._lanes.get(destination, ())
        gone = [row.key for row in rows if row.ref]
        await self._store.erase("lanes", gone, {row.key: row.texts for row in rows if not row.ref})

    async def _receipts(self) -> None:
        async for rows in self._pages("receipts"):
            edits = []
            for each in await self._store.kept_receipts([int(row.key[0]) for row in rows]):
                source = self._sources.get(each.verified.receipt.source)
                taken = take_out(each, source, self._person)
                await asyncio.sleep(0)
                if taken is None:
                    continue
                edits.append(taken.edit)
                is_gone = taken.edit.body is None and not taken.is_lost
                self.counts["receipts"] += is_gone
                self.counts["receipts_masked"] += taken.edit.body is not None
                self.counts["receipts_lost"] += taken.is_lost
            aside = await self._store.edit_receipts(edits, is_real=self._is_real)
            self.counts["quarantine"] += len(set(aside) - self._aside)
