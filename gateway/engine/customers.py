"""What customers are told by, found in the contacts that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.event import EventType
from gateway.pipeline.person import names_somebody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.pipeline.person import Person
    from gateway.ports import Erasure, Key, Row


async def words_of_customer(store: Erasure, person: Person) -> tuple[str, ...]:
    """Return what else customers are told by in the contacts that name the person."""

    def names(row: Row) -> bool:
        return row.kind == EventType.CONTACT.value and any(map(person.is_told_in, row.texts))

    found: dict[str, None] = dict.fromkeys(person.words)
    after: Key | None = None
    while True:
        page = await store.rows_after("events", after, None, names)
        for row in page.rows:
            found |= dict.fromkeys(_told_by(orjson.loads(row.texts[0] or b"{}")["data"]))
        if page.after is None:
            return tuple(found)
        after = page.after


def _told_by(data: Mapping[str, Any]) -> list[str]:
    customer, contact = data.get("customer") or {}, data.get("contact") or {}
    told = [*map(customer.get, ("name", "phone", "email")), contact.get("customer_address")]
    told += [contact.get("recording_url"), customer.get("id")]
    return [str(each) for each in told if each is not None and names_somebody(str(each))]
