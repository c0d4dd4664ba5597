"""What becomes of one receipt when a person is erased: their records go, the others' stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from gateway.model.errors import ContentError
from gateway.model.observation import Change, Glimpse, Picture, RollCall
from gateway.pipeline.person import items_naming, without_item
from gateway.pipeline.read import read
from gateway.ports import ReceiptEdit

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.mapping.source import Record
    from gateway.model.receipt import JournaledReceipt, VerifiedReceipt
    from gateway.pipeline.person import Person
    from gateway.pipeline.read import Reading
    from gateway.settings import SourceSettings

OF_AN_AGENT = (Picture, Glimpse, RollCall, Change)


@dataclass(frozen=True, slots=True)
class TakenOut:
    """*edit* is what becomes of a receipt; *is_lost*: parts of others went with it."""

    edit: ReceiptEdit
    is_lost: bool = False


def take_out(
    receipt: JournaledReceipt, source: SourceSettings | None, person: Person
) -> TakenOut | None:
    """Return what becomes of a receipt in which one of the person's words stands; `None`: it does
    not tell of them. What is left reads as before: the others' records keep their places.
    """
    whole = TakenOut(ReceiptEdit(receipt.seq))
    verified = receipt.verified
    reading = _reading(verified, source)
    if source is None or reading is None:
        is_about = _is_told_in(verified, person)
        return whole if is_about or (source and _is_own(source, person)) else None
    received_at = verified.receipt.received_at
    mine = _mine(reading, source, person, received_at)
    if not mine and not _is_told_in(verified, person):
        return None
    if mine and not _others(reading, mine) and not reading.ignored:
        return whole
    left = _without(verified, source, person, mine)
    after = _reading(left, source)
    is_kept = after is not None and _others(after, mine) == _others(reading, mine)
    if after is None or not is_kept or _mine(after, source, person, received_at):
        return replace(whole, is_lost=True)
    if _is_told_in(left, person):
        return replace(whole, is_lost=True)
    edit = ReceiptEdit(receipt.seq, left.receipt.body, left.receipt.query, mine)
    return TakenOut(edit)


def _reading(verified: VerifiedReceipt, source: SourceSettings | None) -> Reading | None:
    if source is None:
        return None
    try:
        return read(verified, source)
    except ContentError:
        return None


def _is_own(source: SourceSettings, person: Person) -> bool:
    """Whether the agent is one of the source's."""
    return person.source is not None and source.keys_of == person.source


def _mine(
    reading: Reading, source: SourceSettings, person: Person, received_at: datetime
) -> frozenset[int]:
    """Return the places of the records that are about the person."""
    own = _is_own(source, person)
    is_in = person.is_in if own else person.is_told_in
    unreadable = {
        each.index
        for each in reading.quarantined
        if each.index is not None
        and (is_in(each.excerpt) or person.is_told_in(each.detail.encode()))
    }
    records = {
        each.index
        for each in reading.records
        if (own and each.agent_id == person.agent_id)
        or (person.source is None and _is_contact_with(person, each, source, received_at))
    }
    return frozenset(unreadable | records)


def _is_contact_with(
    person: Person, record: Record, source: SourceSettings, received_at: datetime
) -> bool:
    """Whether a record in which a customer is named tells nothing of how an agent stands."""
    if not person.is_told_in(_json(record.fields)):
        return False
    try:
        observations = source.mapping.translate(record, source.options, received_at)
    except Exception:  # noqa: BLE001 - it is in quarantine for that, and tells of nobody else
        return True
    return not any(isinstance(each, OF_AN_AGENT) for each in observations)


def _json(fields: object) -> bytes:
    return orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS)


def _others(reading: Reading, mine: frozenset[int]) -> frozenset[tuple[object, ...]]:
    """Return what must stay: whose records there are, of when, and at which places."""
    records = [(each.index, each.agent_id, each.at) for each in reading.records]
    unreadable = [(each.index, each.reason) for each in reading.quarantined]
    return frozenset(each for each in (*records, *unreadable) if each[0] not in mine)


def _without(
    verified: VerifiedReceipt, source: SourceSettings, person: Person, mine: frozenset[int]
) -> VerifiedReceipt:
    """Return a request without the records at some places, and the person's words in no other."""
    left = verified
    gone: list[tuple[str | int, ...]] = []
    reading = _reading(verified, source)
    for path in items_naming(verified.receipt.body, person) if mine else ():
        if reading is None or any(path[: len(each)] == each for each in gone):
            continue
        tried = _with_body(left, without_item(left.receipt.body, path))
        after = _reading(tried, source)
        if after is not None and _untouched(after, mine) == _untouched(reading, mine):
            left = tried
            gone.append(path)
    return _masked(left, person)


def _untouched(reading: Reading, mine: frozenset[int]) -> list[tuple[object, ...]]:
    records = [(each.index, each.agent_id, each.at, each.fields) for each in reading.records]
    unreadable = [(each.index, each.detail, each.excerpt) for each in reading.quarantined]
    return [each for each in (*records, *unreadable) if each[0] not in mine]


def _with_body(verified: VerifiedReceipt, body: bytes) -> VerifiedReceipt:
    return replace(verified, receipt=replace(verified.receipt, body=body))


def _masked(verified: VerifiedReceipt, person: Person) -> VerifiedReceipt:
    told = verified.receipt
    query = told.query.encode("utf-8", "surrogatepass")
    body = person.masked(told.body) if person.is_told_in(told.body) else told.body
    masked = person.masked(query).decode("utf-8", "surrogatepass")
    return replace(verified, receipt=replace(told, body=body, query=masked))


def _is_told_in(verified: VerifiedReceipt, person: Person) -> bool:
    told = verified.receipt
    return person.is_told_in(told.body) or person.is_told_in(
        told.query.encode("utf-8", "surrogatepass")
    )
