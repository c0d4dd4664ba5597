"""Pictures: all that one agent is at one moment, compared with what was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.model.agent import Basis, Phase, Reason, Snapshot, Status, TimeSource
from gateway.model.clock import is_believed
from gateway.model.event import EventType
from gateway.model.values import replace
from gateway.pipeline.track.held import hold_the_same, without_next
from gateway.pipeline.track.known import KnownAgent, Note, Tracked, merge_identity
from gateway.pipeline.track.tell import Teller, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.model.agent import Contact
    from gateway.model.event import Event
    from gateway.model.observation import Activity, Picture
    from gateway.pipeline.track.known import Stamp
    from gateway.pipeline.track.tell import Moment

RANK = {Phase.ACTIVE: 3, Phase.WRAP_UP: 2, Phase.OFFERED: 1}
STATUS_OF = {3: Status.BUSY, 2: Status.AFTER_CALL_WORK, 1: Status.RESERVED}
READY_IN = frozenset({Status.READY, Status.UNKNOWN})
"""Of activities: in these contacts of every channel decide the status."""

NO_REASON = Reason()

REASON_COUNTS = frozenset({Status.READY, Status.NOT_READY, Status.LOGGED_OUT, Status.UNKNOWN})
"""Of these a change of reason alone is another state, with its own beginning."""


def track_picture(known: KnownAgent | None, picture: Picture, stamp: Stamp) -> Tracked:
    """Take a picture: what it is news for, or that it is history."""
    when = moment(picture.at, stamp)
    if known and known.mark and when.is_platform and when.at < known.mark:
        return Tracked(known, notes=(Note.HISTORY,))
    return take(known, picture, when, stamp)


def take(
    known: KnownAgent | None,
    picture: Picture,
    when: Moment,
    stamp: Stamp,
    basis: Basis | None = None,
    *,
    turns: bool = False,
) -> Tracked:
    """Return what a picture of *when*, which is not history, is news for; with a *basis* it is
    concluded from that. *turns*: just now the agent began, or ceased, to be ready for contacts.
    """
    view = _View.of(known, picture, when, stamp)
    view.turns = turns
    since, time_source = view.since()
    after = _after(known, view, since, time_source)
    notes = () if when.is_platform else (Note.UNBELIEVED_TIME,)
    if not view.is_news():
        return Tracked(after, (), notes)
    return Tracked(after, _events(known, after, view, time_source, basis), notes)


@dataclass(slots=True)
class _Decision:
    """The status of a picture, and what is asked for next.

    *rank* is that of the contacts that decided it, 0 where the activity did. *counts_as_ready*:
    contacts of every channel may decide, not just those of live ones.
    """

    status: Status
    next: Status | None
    rank: int
    counts_as_ready: bool


def _decide(activity: Activity | None, picture: Picture) -> _Decision:
    chosen = activity.status if activity else Status.UNKNOWN
    counts_as_ready = activity is None or is_ready_in(activity)
    rank = 0
    for each in picture.contacts:
        own = RANK.get(each.phase, 0)
        if own > rank and (counts_as_ready or _is_live(each, picture)):
            rank = own
    if rank == 0:
        return _Decision(chosen, None, 0, counts_as_ready)
    return _Decision(STATUS_OF[rank], None if counts_as_ready else chosen, rank, counts_as_ready)


def is_ready_in(activity: Activity) -> bool:
    """Whether contacts of every channel decide the status, not just those of live ones."""
    return activity.status in READY_IN


def _deciding(picture: Picture, *, counts_as_ready: bool) -> Iterable[Contact]:
    return (each for each in picture.contacts if counts_as_ready or _is_live(each, picture))


def _is_live(contact: Contact, picture: Picture) -> bool:
    return contact.channel is not None and contact.channel.casefold() in picture.live_channels


def _activity_now(known: Activity | None, told: Activity | None, stamp: Stamp) -> Activity | None:
    """Complete what is told of the activity by what is known of the same one."""
    if told is None:
        return known
    if told.since is not None and not is_believed(told.since, stamp.received_at):
        told = replace(told, since=None)
    if known is None or not _is_same(known, told):
        return told
    since = told.since or known.since
    fuller = known if None in (told.reason.code, told.reason.label) else told
    return fuller if fuller.since == since else replace(fuller, since=since)


def _is_same(known: Activity, told: Activity) -> bool:
    if known.reason.code is not None and told.reason.code is not None:
        return known.reason.code == told.reason.code
    return known.reason.label is not None and known.reason.label == told.reason.label


def _begins_anew(before: Activity | None, now: Activity | None) -> bool:
    """Whether the same activity has a later beginning than was known."""
    return bool(
        before
        and now
        and before.since
        and now.since
        and now.since > before.since
        and before.reason == now.reason
    )


@dataclass(slots=True)
class _View:
    """One picture beside what was known before it.

    *stays*: status (and, where it counts, reason) are what they were.
    """

    known: KnownAgent | None
    picture: Picture
    when: Moment
    stamp: Stamp
    activity: Activity | None
    decision: _Decision
    reason: Reason
    begins_anew: bool
    stays: bool
    turns: bool = False

    @classmethod
    def of(cls, known: KnownAgent | None, picture: Picture, when: Moment, stamp: Stamp) -> _View:
        """Compare them."""
        before = None if known is None else known.activity
        activity = _activity_now(before, picture.activity, stamp)
        decision = _decide(activity, picture)
        reason = NO_REASON if activity is None else activity.reason
        begins_anew = _begins_anew(before, activity)
        stays = known is not None and known.now.status is decision.status
        if stays and known is not None and decision.status in REASON_COUNTS:
            stays = not begins_anew and reason == known.now.reason
        return cls(known, picture, when, stamp, activity, decision, reason, begins_anew, stays)

    def is_news(self) -> bool:
        """Whether the picture is worth an event."""
        if self.known is None or self.begins_anew:
            return True
        before, decision = self.known.now, self.decision
        return (
            before.status is not decision.status
            or before.next is not decision.next
            or before.reason != self.reason
            or not hold_the_same(self.known.contacts, self.picture.contacts)
        )

    def since(self) -> tuple[datetime | None, TimeSource]:
        """Return when the status began and how that is known."""
        if self.known and self.known.now.since and self.stays:
            return self.known.now.since, self.when.time_source
        if not self.when.is_platform:
            return self.when.at, TimeSource.RECEIVED
        told, needs_own_time = self._told_times()
        if self.known and self.known.now.since and self.known.since_is_platform:
            told.append(self.known.now.since)
        latest = max(told, default=None)
        if latest is None and self.decision.status is Status.UNKNOWN:
            return None, TimeSource.PLATFORM
        if needs_own_time and (latest is None or latest < self.when.at):
            return self.when.at, TimeSource.COLLATED
        return latest, TimeSource.PLATFORM

    def _told_times(self) -> tuple[list[datetime], bool]:
        """Return what the platform told of when the status began, and whether that is not all."""
        explaining, left = self._explaining(), self._departures()
        if self.turns:
            left.append(self.activity.since if self.activity else None)
        told = [at for at in left if at is not None]
        is_not_all = not explaining or len(told) < len(left)
        return [min(explaining), *told] if explaining else told, is_not_all

    def _explaining(self) -> list[datetime]:
        """Times in the record that explain the status."""
        if self.decision.rank:
            deciding = _deciding(self.picture, counts_as_ready=self.decision.counts_as_ready)
            times = [each.since for each in deciding if RANK.get(each.phase) == self.decision.rank]
        else:
            times = [self.activity.since if self.activity else None]
        return [at for at in times if at and is_believed(at, self.stamp.received_at)]

    def _departures(self) -> list[datetime | None]:
        """When each contact that outranked the status left; `None` where that is not told."""
        if self.known is None or not self.known.contacts:
            return []
        return [
            self._left_at(each)
            for each in self.known.contacts
            if RANK.get(each.phase, 0) > self.decision.rank
            and (self.decision.counts_as_ready or _is_live(each, self.picture))
        ]

    def _left_at(self, contact: Contact) -> datetime | None:
        now = next((each for each in self.picture.contacts if each.key == contact.key), None)
        if now is not None:
            at = now.since
        else:
            gone = (each.at for each in self.picture.departures if each.key == contact.key)
            at = next(gone, None)
        return at if at and is_believed(at, self.stamp.received_at) else None


def _after(
    known: KnownAgent | None, view: _View, since: datetime | None, time_source: TimeSource
) -> KnownAgent:
    picture, decision, stays = view.picture, view.decision, view.stays
    before = known or KnownAgent(picture.agent)
    logged_out = decision.status is Status.LOGGED_OUT
    is_known = decision.status is not Status.UNKNOWN
    return replace(
        before,
        identity=merge_identity(before.identity, picture.agent),
        now=Snapshot(decision.status, view.reason, since, decision.next),
        previous=before.previous if stays or known is None else without_next(before.now),
        since_is_platform=(
            before.since_is_platform if stays else time_source is not TimeSource.RECEIVED
        ),
        contacts=picture.contacts,
        channels=picture.channels,
        activity=view.activity,
        mark=view.when.at if view.when.is_platform else before.mark,
        logged_in=(is_known and not logged_out) or (before.logged_in and not is_known),
        was_seen=before.was_seen or is_known,
    )


def _events(
    known: KnownAgent | None,
    after: KnownAgent,
    view: _View,
    time_source: TimeSource,
    basis: Basis | None,
) -> tuple[Event, ...]:
    teller = Teller(view.stamp, view.when, view.picture.native_id)
    before = known.now.status if known else Status.UNKNOWN
    now = after.now.status
    was_seen = known is not None and known.was_seen
    if now not in (Status.UNKNOWN, Status.LOGGED_OUT):
        if not was_seen:
            first = basis or Basis.FIRST_SEEN
            teller.tell(EventType.LOGIN, after, basis=first, time_source=time_source)
        elif before is Status.LOGGED_OUT:
            again = basis or Basis.ACTIVITY
            teller.tell(EventType.LOGIN, after, basis=again, time_source=time_source)
    teller.tell(EventType.STATE, after, basis=basis, time_source=time_source)
    if now is Status.LOGGED_OUT and before not in (Status.UNKNOWN, Status.LOGGED_OUT):
        ended = basis or Basis.ACTIVITY
        teller.tell(EventType.LOGOUT, after, basis=ended, time_source=time_source)
    return tuple(teller.events)
