"""The segments of a contact: a pure function of the pieces that are known of it.

Each accepted share is a segment; a contact that nobody accepted is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.model.clock import whole
from gateway.model.contact import Insights, Outcome, Step
from gateway.model.values import quick
from gateway.pipeline.track.pieces import accepted_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.model.agent import Named
    from gateway.pipeline.track.pieces import Entered, KnownContact, Said, Share, Times

WHOLE_END = (Step.COMPLETED, Step.CANCELED, Step.GONE)
LINKS_COUNT_FOR = timedelta(minutes=2)
"""After its end a task's attributes change nothing but links to media (seed
`additional-taskrouter-data`)."""


@quick
@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. *began_at* is its arrival: at the whole contact's first, then by a transfer.

    *ended_at* is the end of the conversation; wrap-up comes after it. `None`: not known.
    *is_transfer*: another agent sent it here; *is_sent_on*: its own agent sent it on.
    """

    share: Share | None
    outcome: Outcome
    queue: Named | None
    queues: tuple[Entered, ...]
    began_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    queue_seconds: float | None
    ring_seconds: float | None
    talk_seconds: float | None
    wrap_seconds: float | None
    is_transfer: bool
    is_sent_on: bool
    insights: Insights
    recording_url: str | None

    @property
    def key(self) -> str:
        """What tells it from the other segments of its contact."""
        return self.share.id if self.share else ""


def segments_of(known: KnownContact) -> list[Segment]:
    """Return the segments that have come to their end."""
    accepted = sorted(
        (each for each in known.shares if accepted_at(each) is not None),
        key=lambda each: (accepted_at(each), each.id),
    )
    if not accepted:
        return [_unanswered(known)] if _end_of(known) is not None else []
    return [
        _answered(known, share, accepted[place - 1] if place else None, accepted[place + 1 :])
        for place, share in enumerate(accepted)
        if _is_over(known, share)
    ]


def _is_over(known: KnownContact, share: Share) -> bool:
    return _share_end(share) is not None or _end_of(known) is not None


def _share_end(share: Share) -> datetime | None:
    return _first(share.times, Step.ENDED, Step.DECLINED)


def _end_of(known: KnownContact) -> datetime | None:
    return _first(known.times, *WHOLE_END)


def _first(times: Times, *steps: Step) -> datetime | None:
    return next((times[each] for each in steps if each in times), None)


def _unanswered(known: KnownContact) -> Segment:
    ended_at = _end_of(known)
    is_canceled = Step.CANCELED in known.times
    outcome = Outcome.UNKNOWN
    if is_canceled:
        outcome = Outcome.ABANDONED if known.is_hang_up else Outcome.CANCELED
    waits_from = _waits_from(known, known.queues, None)
    last = known.queues[-1] if known.queues else known.seen_in
    said = _last_said(known, known.said_last)
    return Segment(
        share=None,
        outcome=outcome,
        queue=last.queue if last else None,
        queues=known.queues,
        began_at=_earliest(_first(known.times, Step.CREATED), waits_from),
        answered_at=None,
        ended_at=ended_at,
        queue_seconds=_seconds(waits_from, ended_at),
        ring_seconds=None,
        talk_seconds=None,
        wrap_seconds=None,
        is_transfer=said.is_transfer,
        is_sent_on=False,
        insights=said,
        recording_url=_recording(known, said),
    )


def _answered(
    known: KnownContact, share: Share, before: Share | None, after: Sequence[Share]
) -> Segment:
    since = accepted_at(before) if before else None
    answered_at = share.times.get(Step.ACCEPTED)
    shown_at = accepted_at(share)
    queues = tuple(
        each
        for each in known.queues
        if (since is None or each.at > since) and (shown_at is None or each.at <= shown_at)
    )
    waits_from = _waits_from(known, queues, since) or share.times.get(Step.OFFERED)
    created_at = _first(known.times, Step.CREATED) if before is None else None
    ended_at = _first(share.times, Step.WRAP_UP, Step.ENDED, Step.DECLINED) or _end_of(known)
    said = _said_of(known, share, is_last=not after)
    return Segment(
        share=share,
        outcome=Outcome.ANSWERED,
        queue=share.queue or (queues[-1].queue if queues else None),
        queues=queues,
        began_at=_earliest(created_at, waits_from) or answered_at,
        answered_at=answered_at,
        ended_at=ended_at,
        queue_seconds=_seconds(waits_from, answered_at),
        ring_seconds=_seconds(share.times.get(Step.OFFERED), answered_at),
        talk_seconds=_seconds(answered_at, ended_at),
        wrap_seconds=_wrap_seconds(known, share),
        is_transfer=said.is_transfer or before is not None,
        is_sent_on=_is_sent_on(known, share, after),
        insights=said,
        recording_url=_recording(known, said),
    )


def _wrap_seconds(known: KnownContact, share: Share) -> float | None:
    """Return the seconds of wrap-up: none where it ended without."""
    if Step.WRAP_UP not in share.times:
        return 0.0
    return _seconds(share.times[Step.WRAP_UP], _share_end(share) or _end_of(known))


def _is_sent_on(known: KnownContact, share: Share, after: Sequence[Share]) -> bool:
    """Whether this agent sent the contact on: somebody had it after, or it was told."""
    begun, ended = accepted_at(share), _share_end(share) or _end_of(known)
    return bool(after) or any(
        begun is not None and begun <= at and (ended is None or at <= ended)
        for at in known.transfers
    )


def _waits_from(
    known: KnownContact, queues: Sequence[Entered], since: datetime | None
) -> datetime | None:
    """Return from when on a customer waits: the first queue; a transfer; the beginning."""
    if queues:
        return queues[0].at
    if since is not None:
        return next((at for at in known.transfers if at > since), None)
    return known.times.get(Step.CREATED)


def _said_of(known: KnownContact, share: Share, *, is_last: bool) -> Insights:
    """Return what counts of the attributes for a share: its own last word, and at the end of the
    contact that of the end.
    """
    return _last_said(known, share.said) if is_last else _insights(share.said)


def _last_said(known: KnownContact, said: Said | None) -> Insights:
    """Return the attributes that were there at the end: what comes later changes nothing."""
    end = known.said_at_end
    if end is not None and (said is None or end.at >= said.at or _is_frozen(known, said)):
        return end.insights
    return _insights(said)


def _is_frozen(known: KnownContact, said: Said) -> bool:
    end = _first(known.times, Step.COMPLETED, Step.CANCELED)
    return end is not None and said.at > end


def _insights(said: Said | None) -> Insights:
    return said.insights if said is not None else Insights()


def _recording(known: KnownContact, insights: Insights) -> str | None:
    return late_link(known) or insights.overrides.recording_url


def late_link(known: KnownContact) -> str | None:
    """Return the link to media that was told after the end: all that counts of what was."""
    updated, end = known.updated, _end_of(known)
    if updated is None or end is None or updated.at - end > LINKS_COUNT_FOR:
        return None
    return updated.insights.overrides.recording_url


def _earliest(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return whole(max(0.0, (until - since).total_seconds()))
