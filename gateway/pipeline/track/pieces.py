"""What is known of a contact that is told in pieces, in any order and more than once.

It is the set of its pieces, merged: the earliest time of each step, every queue that it came into,
of what can change the newest word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from gateway.model.agent import Identity, Named, named_from
from gateway.model.clock import from_rfc3339
from gateway.model.contact import Customer, Insights, Overrides, Step
from gateway.model.values import quick, replace
from gateway.pipeline.track.known import merge_identity
from gateway.pipeline.track.stored import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.model.contact import ContactPiece

Times = dict[str, datetime]
"""By `Step`, the earliest time told."""

QUEUES_KEPT = 64
SHARES_KEPT = 64

OF_A_SHARE = frozenset(
    {
        Step.OFFERED,
        Step.ACCEPTED,
        Step.WRAP_UP,
        Step.ENDED,
        Step.DECLINED,
    }
)
AT_THE_END = frozenset({Step.COMPLETED, Step.CANCELED})
ACCEPTING = (Step.ACCEPTED, Step.WRAP_UP, Step.ENDED)
"""Whoever wraps up or ends has accepted, also where that was never told."""


@quick
@dataclass(frozen=True, slots=True)
class Said:
    """What attributes said at a moment."""

    at: datetime
    insights: Insights


@quick
@dataclass(frozen=True, slots=True)
class Entered:
    """A queue that a contact came into."""

    at: datetime
    queue: Named


@quick
@dataclass(frozen=True, slots=True)
class Share:
    """One agent's share of a contact: a reservation. *said* is what counted last in it."""

    id: str
    agent: Identity | None = None
    queue: Named | None = None
    times: Times = field(default_factory=dict)
    said: Said | None = None


@quick
@dataclass(frozen=True, slots=True)
class Told:
    """A segment as it was told last: under which id, how often, and a digest of what matters."""

    id: str
    revision: int
    digest: str


@quick
@dataclass(frozen=True, slots=True)
class KnownContact:
    """What is known of a contact. *transfers* are the times at which it was sent on. *told* goes by
    the segment: its share's id, empty where there is none. *first_said* and *last_said* are the
    attributes told first of all and last at the end. *updated* are those of after the end.
    """

    id: str
    account_id: str | None = None
    times: Times = field(default_factory=dict)
    queues: tuple[Entered, ...] = ()
    transfers: tuple[datetime, ...] = ()
    seen_in: Entered | None = None
    shares: tuple[Share, ...] = ()
    channel: str | None = None
    workflow: Named | None = None
    reason: str | None = None
    is_hang_up: bool = False
    said_last: Said | None = None
    said_at_end: Said | None = None
    updated: Said | None = None
    conversation: str | None = None
    begun_at: datetime | None = None
    is_dated: bool = True
    told: Mapping[str, Told] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the form that the store keeps."""
        return orjson.dumps(self)

    @classmethod
    def from_json(cls, text: bytes) -> KnownContact:
        """Read the form that the store keeps."""
        return _known(orjson.loads(text))


def merge(
    known: KnownContact, piece: ContactPiece, at: datetime, *, is_dated: bool
) -> KnownContact:
    """Add a piece that happened at *at*; *is_dated*: by the platform's own clock."""
    known = replace(
        known,
        account_id=known.account_id or piece.account_id,
        channel=known.channel or piece.channel,
        workflow=_fuller(known.workflow, piece.workflow),
        is_dated=known.is_dated and is_dated,
    )
    if piece.step in OF_A_SHARE and piece.reservation_id is not None:
        known = _with_share(known, piece, at)
    elif piece.step is not Step.UPDATED:
        known = replace(known, times=_earlier(known.times, piece.step, at))
    if piece.step is Step.QUEUED and piece.queue is not None:
        known = _with_queue(known, Entered(at, piece.queue))
    if piece.step is Step.TRANSFERRED:
        several = sorted({*known.transfers, at})[:QUEUES_KEPT]
        known = replace(known, transfers=tuple(several))
    if piece.queue is not None:
        known = replace(known, seen_in=_last_seen(known.seen_in, Entered(at, piece.queue)))
    if piece.step in AT_THE_END:
        # Where nobody wants the reason's words a hang-up is one all the same.
        hung_up = known.is_hang_up or piece.is_hang_up
        known = replace(known, reason=piece.reason or known.reason, is_hang_up=hung_up)
    return known if piece.insights is None else _with_said(known, piece, Said(at, piece.insights))


def _with_share(known: KnownContact, piece: ContactPiece, at: datetime) -> KnownContact:
    shares = {each.id: each for each in known.shares}
    id_ = piece.reservation_id or ""
    share = shares.get(id_, Share(id_))
    agent = share.agent if piece.agent is None else merge_identity(share.agent, piece.agent)
    said = share.said
    if piece.counts and piece.insights is not None:
        said = _later(said, Said(at, piece.insights))
    shares[id_] = replace(
        share,
        agent=agent,
        queue=_fuller(share.queue, piece.queue),
        times=_earlier(share.times, piece.step, at),
        said=said,
    )
    return replace(known, shares=_kept(shares.values()))


def _kept(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Return the shares that matter most: those of whoever took the contact, then the latest. Of a
    contact that waits for long one after another is declined.
    """
    ordered = sorted(shares, key=lambda each: each.id)
    if len(ordered) > SHARES_KEPT:
        ordered.sort(key=lambda each: (accepted_at(each) is not None, max(each.times.values())))
        ordered = sorted(ordered[-SHARES_KEPT:], key=lambda each: each.id)
    return tuple(ordered)


def accepted_at(share: Share) -> datetime | None:
    """Return when a share was accepted, by the earliest step that shows it."""
    return next((share.times[each] for each in ACCEPTING if each in share.times), None)


def _with_queue(known: KnownContact, entered: Entered) -> KnownContact:
    several = {*known.queues, entered}
    ordered = sorted(
        several, key=lambda each: (each.at, each.queue.id or "", each.queue.name or "")
    )
    if len(ordered) > QUEUES_KEPT:
        # A customer waits from the first one on, and is in the last one.
        ordered = [ordered[0], *ordered[1 - QUEUES_KEPT :]]
    return replace(known, queues=tuple(ordered))


def _last_seen(before: Entered | None, entered: Entered) -> Entered:
    several = (entered,) if before is None else (before, entered)
    return max(several, key=_place)


def _place(entered: Entered) -> tuple[datetime, str, str]:
    return entered.at, entered.queue.id or "", entered.queue.name or ""


def _with_said(known: KnownContact, piece: ContactPiece, said: Said) -> KnownContact:
    if piece.step in AT_THE_END:
        return replace(known, said_at_end=_later(known.said_at_end, said))
    if piece.step is Step.UPDATED:
        return replace(known, updated=_later(known.updated, said))
    if piece.counts:
        return replace(known, said_last=_later(known.said_last, said))
    return known


def _later(before: Said | None, said: Said) -> Said:
    if before is None or said.at != before.at:
        return said if before is None or said.at > before.at else before
    return max(before, said, key=lambda each: repr(each.insights))


def _earlier(times: Times, step: Step, at: datetime) -> Times:
    before = times.get(step.value)
    return times if before is not None and before <= at else {**times, step.value: at}


def _fuller(known: Named | None, told: Named | None) -> Named | None:
    if known is None or told is None:
        return known or told
    return Named(known.id or told.id, known.name or told.name)


def _known(raw: Mapping[str, Any]) -> KnownContact:
    return KnownContact(
        **dict(raw)
        | {
            "times": _times(raw["times"]),
            "queues": tuple(filter(None, map(_entered, raw["queues"]))),
            "begun_at": from_rfc3339(raw["begun_at"]) if raw["begun_at"] else None,
            "transfers": tuple(from_rfc3339(text) for text in raw.get("transfers", ())),
            "seen_in": _entered(raw["seen_in"]),
            "shares": tuple(_share(each) for each in raw["shares"]),
            "workflow": named_from(raw["workflow"]),
            "said_last": _said(raw["said_last"]),
            "said_at_end": _said(raw["said_at_end"]),
            "updated": _said(raw["updated"]),
            "told": {key: Told(**each) for key, each in raw["told"].items()},
        }
    )


def _share(raw: Mapping[str, Any]) -> Share:
    return Share(
        id=raw["id"],
        agent=identity_of(raw["agent"]) if raw["agent"] else None,
        queue=named_from(raw["queue"]),
        times=_times(raw["times"]),
        said=_said(raw["said"]),
    )


def _entered(raw: Mapping[str, Any] | None) -> Entered | None:
    return Entered(from_rfc3339(raw["at"]), Named(**raw["queue"])) if raw else None


def _times(raw: Mapping[str, str]) -> Times:
    return {step: from_rfc3339(text) for step, text in raw.items()}


def _said(raw: Mapping[str, Any] | None) -> Said | None:
    return Said(from_rfc3339(raw["at"]), _insights(raw["insights"])) if raw else None


def _insights(raw: Mapping[str, Any]) -> Insights:
    overrides = raw["overrides"]
    return Insights(
        **dict(raw)
        | _several(raw, "text", "labels", "measures")
        | {
            "joins": tuple(raw["joins"]),
            "overrides": Overrides(**overrides | {"team": named_from(overrides["team"])}),
            "customer": _customer(raw["customer"]),
        }
    )


def _customer(raw: Mapping[str, Any] | None) -> Customer | None:
    if raw is None:
        return None
    return Customer(**dict(raw) | _several(raw, "attributes", "labels", "measures"))


def _several(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: tuple((key, value) for key, value in raw[name]) for name in names}
