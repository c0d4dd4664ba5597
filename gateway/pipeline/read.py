"""A verified receipt, split into its records: what can be translated, and what cannot."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING

from gateway.mapping.parameters import media_type
from gateway.mapping.source import Content, Record, Unreadable
from gateway.model.errors import ContentError, failure_of
from gateway.model.values import quick
from gateway.ports import Quarantined, RecordKey

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from gateway.mapping.source import Part
    from gateway.model.errors import Flaw
    from gateway.model.receipt import VerifiedReceipt
    from gateway.settings import SourceSettings

EXCERPT_BYTES = 64 * 1024
NAMED_FLAWS = 20
UNPROCESSABLE = 422
READINGS_KEPT = 4096
LARGEST_BODY_KEPT = 64 * 1024


@quick
@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of one request to *source*. *records* are in the order in which they are taken."""

    source: str
    records: tuple[Record, ...]
    quarantined: tuple[Quarantined, ...]
    flaws: tuple[Flaw, ...]
    ignored: int

    @property
    def keys(self) -> tuple[RecordKey, ...]:
        """What the journal needs to tell duplicates apart: those of one source."""
        scope = _scope(self.source)
        return tuple(RecordKey(each.index, _scoped(each.digest, scope)) for each in self.records)

    def is_unusable(self) -> bool:
        """Whether there is something in it, and all of it is bad."""
        return bool(self.quarantined) and not self.records and not self.ignored


class Readings:
    """Requests that were split before their answer, so that translation need not do it again: a
    bounded memory of what could be read anew from the store at any time.

    A request is known by itself, not by the id of its receipt: it may be translated before
    whoever stored it hears of that.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[VerifiedReceipt, Reading]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, verified: VerifiedReceipt, reading: Reading) -> None:
        """Remember a reading; the oldest gives way."""
        if len(verified.receipt.body) > LARGEST_BODY_KEPT:
            return
        self._kept[id(verified)] = (verified, reading)  # which keeps the id from another's use
        if len(self._kept) > READINGS_KEPT:
            self._kept.popitem(last=False)

    def take(self, verified: VerifiedReceipt) -> Reading | None:
        """Return the reading and forget it."""
        kept = self._kept.pop(id(verified), None)
        return None if kept is None else kept[1]


@cache
def _scope(source: str) -> bytes:
    return blake2b(source.encode(), digest_size=16).digest()


def _scoped(digest: bytes | None, scope: bytes) -> bytes | None:
    return None if digest is None else blake2b(digest, digest_size=16, key=scope).digest()


def read(verified: VerifiedReceipt, source: SourceSettings) -> Reading:
    """Split a request.

    Raises:
        ContentError: it is unusable as a whole.
    """
    records: list[Record] = []
    bad: list[Quarantined] = []
    flaws: list[Flaw] = []
    ignored = 0
    for part in _split(verified, source):
        if isinstance(part, Record):
            if source.accounts and _is_foreign(part, source.accounts):
                bad.append(_foreign(part))
            else:
                records.append(part)
        elif isinstance(part, Unreadable):
            flaws.extend(part.flaws)
            bad.append(_unreadable(part))
        else:
            ignored += 1
    return Reading(source.name, tuple(in_order(records)), tuple(bad), tuple(flaws), ignored)


def kept(verified: VerifiedReceipt, source: SourceSettings) -> VerifiedReceipt:
    """Return what the journal may keep of a request, which is all that is read of it.

    Raises:
        ContentError: it is unusable as a whole.
    """
    keep = source.mapping.keep
    if keep is None:
        return verified
    try:
        body = keep(_content(verified), source.options)
    except ContentError:
        raise
    except Exception as problem:
        raise _failed(source, problem) from problem
    return replace(verified, receipt=replace(verified.receipt, body=body, query=""))


def without_content(verified: VerifiedReceipt) -> VerifiedReceipt:
    """Return a request of which nothing may be kept but that it came."""
    return replace(verified, receipt=replace(verified.receipt, body=b"", query=""))


def in_order(records: Sequence[Record]) -> list[Record]:
    """Put the records of one request into the order in which they are taken.

    By time (those without one last), those of one time and agent by what they follow, else as
    they came.
    """
    if len(records) < 2:  # noqa: PLR2004 - nothing to put in order
        return list(records)
    timed = sorted((each for each in records if each.at), key=lambda each: each.at or 0)
    if any(each.follows is not None for each in timed):
        runs = (list(run) for _at, run in groupby(timed, key=lambda each: each.at))
        timed = [each for run in runs for each in _by_chain(run)]
    return [*timed, *(each for each in records if not each.at)]


def _by_chain(records: list[Record]) -> list[Record]:
    """Let each record of one time follow the one of its agent whose outcome it names."""
    ordered: list[Record] = []
    waiting = records
    while len(waiting) > 1:
        first = waiting[0]
        peers = [each for each in waiting if each.agent_id == first.agent_id]
        free = next((each for each in peers if not _follows_any(each, peers)), first)
        ordered.append(free)
        waiting = [each for each in waiting if each is not free]
    return ordered + waiting


def _follows_any(record: Record, peers: Sequence[Record]) -> bool:
    return record.follows is not None and any(
        peer is not record and peer.outcome == record.follows for peer in peers
    )


def _content(verified: VerifiedReceipt) -> Content:
    receipt = verified.receipt
    return Content(
        method=receipt.method,
        media_type=media_type(receipt.header("content-type")),
        query=receipt.query if verified.query_trusted else "",
        body=receipt.body,
        signed=verified.signed,
        received_at=receipt.received_at,
    )


def _split(verified: VerifiedReceipt, source: SourceSettings) -> Sequence[Part]:
    try:
        return source.mapping.split(_content(verified), source.options)
    except ContentError:
        raise
    except Exception as problem:
        raise _failed(source, problem) from problem


def _failed(source: SourceSettings, problem: Exception) -> ContentError:
    mapping = f"{source.mapping.name} {source.mapping.version}"
    return ContentError(failure_of(mapping, problem), status=UNPROCESSABLE)


def _unreadable(part: Unreadable) -> Quarantined:
    detail = "; ".join(str(each) for each in part.flaws[:NAMED_FLAWS])
    return Quarantined("unreadable", detail, part.index, _excerpt(part.fields))


def _is_foreign(record: Record, accounts: Container[str]) -> bool:
    return record.account_id is not None and record.account_id not in accounts


def _foreign(record: Record) -> Quarantined:
    detail = f"account {record.account_id} is not among the source's accounts"
    return Quarantined("foreign_account", detail, record.index, _excerpt(record.fields))


def _excerpt(fields: object) -> bytes:
    try:
        text = json.dumps(fields, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(fields).__name__  # a mapping's own kind of value, which JSON cannot hold
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES]
