"""The pages of a ledger that stands in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.model.ledger import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Millis


@dataclass(frozen=True)
class MemoryPages:
    """Entries in the order that they were kept in, which need not be that of their times."""

    agents: Sequence[AgentEntry] = ()
    contacts: Sequence[ContactEntry] = ()
    spans: Sequence[Heard] = ()

    def agent_entries(self, since: Millis, until: Millis) -> Iterator[AgentEntry]:
        for agent in sorted({each.agent for each in self.agents}):
            own = [each for each in self.agents if each.agent == agent]
            own.sort(key=lambda each: each.at)
            before = [each for each in own if each.at < since]
            states = [each for each in before if each.mark is Mark.STATE][-1:]
            marks = [each for each in before if each.mark is not Mark.STATE][-1:]
            yield from (each for each in before if each in states or each in marks)
            yield from (each for each in own if since <= each.at < until)

    def contact_entries(
        self, since: Millis, until: Millis, *, booked_by: str
    ) -> Iterator[ContactEntry]:
        def at(contact: ContactEntry) -> Millis | None:
            times = [contact.started_at, contact.ended_at]
            known = [each for each in times if each is not None]
            return known[0 if booked_by == "arrival" else -1] if known else None

        timed = [(at(each), each) for each in self.contacts]
        found = [(when, each) for when, each in timed if when is not None and since <= when < until]
        return iter([each for _, each in sorted(found, key=lambda pair: pair[0])])

    def heard(self, since: Millis, until: Millis) -> Sequence[Heard]:
        found = [each for each in self.spans if each.until > since and each.since < until]
        return sorted(found, key=lambda each: (each.source, each.since))
