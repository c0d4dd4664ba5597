"""Roll calls: how an agent stands by the platform's own answer, against what was told of them.

The answer is of the moment at which was asked, and what is told overtakes it on the way: each
piece counts only where nothing newer is known of it. Whole seconds are all that an answer's times
may have; within one the answer counts as its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway.model.agent import Basis, TimeSource
from gateway.model.clock import is_believed
from gateway.model.observation import Departure, Picture
from gateway.model.values import replace
from gateway.pipeline.track.glimpse import completed
from gateway.pipeline.track.known import (
    CONTACTS_REMEMBERED,
    KnownAgent,
    Note,
    Remembered,
    Tracked,
    merge_identity,
)
from gateway.pipeline.track.picture import take
from gateway.pipeline.track.tell import Moment

if TYPE_CHECKING:
    from gateway.model.agent import Contact
    from gateway.model.observation import Activity, RollCall
    from gateway.pipeline.track.known import Stamp

WITHIN = timedelta(milliseconds=999)
"""What the end of a whole second may hide."""

SLACK = timedelta(seconds=30)
"""How far the platform's clock may be from ours: what was told so near the question is left to the
next one.
"""


def track_rollcall(known: KnownAgent | None, call: RollCall, stamp: Stamp) -> Tracked:
    """Take what differs from what was told; tell nothing where nothing does."""
    call = _believed(call, stamp.received_at)
    before = known or KnownAgent(call.agent)
    if _is_overtaken(before, call):
        identity = merge_identity(before.identity, call.agent)
        return Tracked(replace(before, identity=identity), notes=(Note.HISTORY,))
    activity = _fresh_activity(before, call)
    fresh = _fresh_contacts(before, call)
    gone = _gone(before, call)
    if activity is None and not fresh and not gone:
        return Tracked(replace(before, identity=merge_identity(before.identity, call.agent)))
    when = _when(before, activity, fresh, gone, stamp)
    picture = Picture(
        agent=call.agent,
        at=when.at,
        activity=activity,
        contacts=_contacts(before, fresh, gone),
        departures=gone,
        channels=before.channels,
        live_channels=call.live_channels,
    )
    tracked = take(known, picture, when, stamp, basis=Basis.SNAPSHOT)
    assert tracked.known is not None
    after = replace(
        tracked.known,
        # By our clock something may have gone: it holds back nothing that the platform dates.
        mark=max(filter(None, (before.mark, *_told_at(activity, fresh))), default=None),
        activity_at=_activity_at(before, activity),
        remembered=_remembered(before, fresh, gone),
    )
    return replace(tracked, known=after)


def _is_overtaken(before: KnownAgent, call: RollCall) -> bool:
    """Whether a picture, which is all of the agent, was told since."""
    is_of_pictures = before.mark is not None and before.activity_at is None
    return is_of_pictures and before.mark is not None and before.mark > call.at - SLACK


def _believed(call: RollCall, received_at: datetime) -> RollCall:
    """Return the call without times that cannot be."""

    def time_of(at: datetime | None) -> datetime | None:
        return at if at is not None and is_believed(at, received_at) else None

    activity, contacts = call.activity, call.contacts
    return replace(
        call,
        activity=replace(activity, since=time_of(activity.since)) if activity else None,
        contacts=None
        if contacts is None
        else tuple(replace(each, since=time_of(each.since)) for each in contacts),
        departures=tuple(replace(each, at=time_of(each.at)) for each in call.departures),
    )


def _fresh_activity(before: KnownAgent, call: RollCall) -> Activity | None:
    told = call.activity
    if told is None:
        return None
    began = told.since
    held = before.activity
    if held is None:
        return told
    held_at = before.activity_at or held.since
    if began is not None and held_at is not None and _seen(began, call) < held_at:
        return None
    is_same = (held.reason.code, held.reason.label) == (told.reason.code, told.reason.label)
    is_no_later = began is None or (held_at is not None and began - held_at < WITHIN)
    return None if is_same and is_no_later else told


def _seen(at: datetime, call: RollCall) -> datetime:
    """Return the latest moment that a time of an answer may stand for."""
    return max(at, min(at + WITHIN, call.at))


def _fresh_contacts(before: KnownAgent, call: RollCall) -> tuple[Contact, ...]:
    """Return the contacts that are held otherwise than was told."""
    held = {each.key: each for each in before.contacts}
    last = {each.key: each for each in before.remembered}
    fresh: list[Contact] = []
    for told in call.contacts or ():
        known = held.get(told.key)
        remembered = last.get(told.key or "")
        told_at = [each for each in (remembered and remembered.at, known and known.since) if each]
        at = _seen(told.since or call.at, call)
        if any(at < each for each in told_at):
            continue
        now = completed(told, known)
        if known is None or (known.phase, known.queue) != (now.phase, now.queue):
            fresh.append(now)
    return tuple(fresh)


def _gone(before: KnownAgent, call: RollCall) -> tuple[Departure, ...]:
    """Return the contacts that are held no more: told so, or absent from all that are held."""
    told = {each.key: each.at for each in call.departures}
    if call.contacts is None:
        return ()
    present = {each.key for each in call.contacts}
    last = {each.key: each.at for each in before.remembered}
    gone: list[Departure] = []
    for held in before.contacts:
        key = held.key
        if key is None or key in present:
            continue
        told_at = max(filter(None, (last.get(key), held.since)), default=None)
        at = told.get(key)
        if at is not None and (told_at is None or _seen(at, call) >= told_at):
            gone.append(Departure(key, at))
        elif key not in told and (told_at is None or told_at <= call.at - SLACK):
            gone.append(Departure(key, None))
    return tuple(gone)


def _contacts(
    before: KnownAgent, fresh: tuple[Contact, ...], gone: tuple[Departure, ...]
) -> tuple[Contact, ...]:
    left = {each.key for each in fresh} | {each.key for each in gone}
    return (*(each for each in before.contacts if each.key not in left), *fresh)


def _told_at(activity: Activity | None, fresh: tuple[Contact, ...]) -> list[datetime | None]:
    return [activity.since if activity else None, *(each.since for each in fresh)]


def _when(
    before: KnownAgent,
    activity: Activity | None,
    fresh: tuple[Contact, ...],
    gone: tuple[Departure, ...],
    stamp: Stamp,
) -> Moment:
    """Return the moment of the news: the latest that the platform told, else that of the answer."""
    told = [*_told_at(activity, fresh), *(each.at for each in gone)]
    times = [each for each in told if each is not None]
    if not times or None in (each.at for each in gone):
        return Moment(stamp.received_at, TimeSource.COLLATED)
    latest = max(times)
    return Moment(max(latest, before.mark or latest), TimeSource.COLLATED)


def _activity_at(before: KnownAgent, activity: Activity | None) -> datetime | None:
    if activity is None or activity.since is None:
        return before.activity_at
    return max(activity.since, before.activity_at or activity.since)


def _remembered(
    before: KnownAgent, fresh: tuple[Contact, ...], gone: tuple[Departure, ...]
) -> tuple[Remembered, ...]:
    last = {each.key: each for each in before.remembered}
    told = [(each.key, each.since, False) for each in fresh]
    told += [(each.key, each.at, True) for each in gone]
    for key, at, is_gone in told:
        if key is not None:
            # An answer has no version: from here on time decides.
            last.pop(key, None)
            last[key] = Remembered(key, None, at, is_gone)
    return tuple(last.values())[-CONTACTS_REMEMBERED:]
