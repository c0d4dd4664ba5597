"""A request of the feed, split into its records.

The wrapper is `{"product", "object", "version", "records"}` (seed: the RTA feed's page); an
array of wrappers is read too. `product` and `version` decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.mapping import (
    ContentError,
    Fields,
    Flaw,
    Record,
    Unreadable,
    content_digest,
    is_believed,
    read_json,
)
from mappings.sources.flex_rta.telling import happened_at, telling_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Content, Part
    from mappings.twilio.activities import FlexOptions

OBJECT = "WFMWorkerChange"
UNPROCESSABLE = 422


class _Found(NamedTuple):
    """A record with its path, or a wrapper with what makes it none."""

    path: str
    raw: Any
    flaw: Flaw | None = None


def split(content: Content, options: FlexOptions) -> Sequence[Part]:
    """Return the records of a request.

    Raises:
        ContentError: 400, it is not JSON; 422, it is no wrapper of worker changes.
    """
    del options
    body = read_json(content.body)
    wrappers = enumerate(body) if isinstance(body, list) else ()
    found = [each for index, one in wrappers for each in _records(one, f"[{index}]")]
    if not isinstance(body, list):
        found = _records(body, "")
        flaws = tuple(each.flaw for each in found if each.flaw)
        if flaws:
            raise ContentError("It is no worker change.", status=UNPROCESSABLE, flaws=flaws)
    return [_part(each, index, content.received_at) for index, each in enumerate(found)]


def _records(wrapper: Any, path: str) -> list[_Found]:
    """Return each record of a wrapper, or what is wrong with the wrapper itself."""
    prefix = f"{path}." if path else ""
    if not isinstance(wrapper, dict):
        return [_Found(path, wrapper, Flaw(path, "Must be an object."))]
    if wrapper.get("object") != OBJECT:
        return [_Found(path, wrapper, Flaw(f"{prefix}object", f"Must be {OBJECT}."))]
    records = wrapper.get("records")
    if records is not None and not isinstance(records, list):
        return [_Found(path, wrapper, Flaw(f"{prefix}records", "Must be a list or null."))]
    return [_Found(f"{prefix}records[{at}]", each) for at, each in enumerate(records or ())]


def _part(found: _Found, index: int, received_at: datetime) -> Part:
    raw = found.raw
    if found.flaw:
        return Unreadable(index, (found.flaw,), raw)
    if not isinstance(raw, dict):
        return Unreadable(index, (Flaw(found.path, "Must be an object."),), raw)
    flaws: list[Flaw] = []
    telling = telling_of(Fields(raw, found.path, flaws))
    if flaws:
        return Unreadable(index, tuple(flaws), raw)
    at = happened_at(telling, received_at)
    is_distinct = telling.native_id is not None or any(telling.times())
    return Record(
        index=index,
        agent_id=telling.agent_id,
        fields=raw,
        at=at if is_believed(at, received_at) else None,
        digest=content_digest([telling.agent_id, raw]) if is_distinct else None,
        account_id=telling.account_id,
        read=telling,
    )
