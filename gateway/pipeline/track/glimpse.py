"""Glimpses: one piece of an agent at a time, put together to a picture.

Pieces arrive in any order. Each has an order of its own; a piece that is older than what is known
of it changes nothing, and the status is that of the picture which the newest pieces make.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gateway.model.clock import is_believed
from gateway.model.observation import Departure, Picture
from gateway.model.values import replace
from gateway.pipeline.track.known import (
    CONTACTS_REMEMBERED,
    KnownAgent,
    Note,
    Remembered,
    Tracked,
)
from gateway.pipeline.track.picture import is_ready_in, take
from gateway.pipeline.track.tell import Moment, moment

if TYPE_CHECKING:
    from gateway.model.agent import Channel, Contact
    from gateway.model.observation import Activity, Glimpse, Held
    from gateway.pipeline.track.known import Stamp


def track_glimpse(known: KnownAgent | None, glimpse: Glimpse, stamp: Stamp) -> Tracked:
    """Take a glimpse: what it is news for, or that it is history."""
    when = moment(glimpse.at, stamp)
    before = known or KnownAgent(glimpse.agent)
    activity = _fresh_activity(before, glimpse, when, stamp)
    held = _fresh_contact(before, glimpse.held, when)
    is_newest = before.mark is None or not when.is_platform or when.at >= before.mark
    if known and activity is None and held is None and not is_newest:
        return Tracked(known, notes=(Note.HISTORY,))
    picture = Picture(
        agent=glimpse.agent if is_newest else before.identity,
        at=when.at,
        native_id=glimpse.native_id,
        activity=activity,
        contacts=_contacts(before, held),
        departures=_departures(held, when),
        channels=_channels(before, glimpse.channel),
        live_channels=glimpse.live_channels,
    )
    together = when if is_newest or before.mark is None else replace(when, at=before.mark)
    turns = _turns(before.activity, activity)
    tracked = take(known, picture, together, stamp, turns=turns)
    assert tracked.known is not None
    return replace(
        tracked,
        known=replace(
            tracked.known,
            activity_at=_activity_at(before, activity, when),
            remembered=_remembered(before, held, when),
        ),
    )


def _fresh_activity(
    before: KnownAgent, glimpse: Glimpse, when: Moment, stamp: Stamp
) -> Activity | None:
    """Return the activity told, unless a newer one is known.

    One that is told along with something else says that it is so, not when it began: it counts
    only where it is later than the last change, whose own telling may have been lost.
    """
    told = glimpse.activity
    if told is None or before.activity is None or before.activity_at is None:
        return told
    if not when.is_platform:
        return told if told.since is not None else None
    if told.since is None:
        return told if when.at > before.activity_at else None
    began = told.since if is_believed(told.since, stamp.received_at) else when.at
    return told if began >= before.activity_at else None


def _turns(before: Activity | None, now: Activity | None) -> bool:
    """Whether other contacts decide the status from now on than did before."""
    return before is not None and now is not None and is_ready_in(before) != is_ready_in(now)


def _activity_at(before: KnownAgent, activity: Activity | None, when: Moment) -> datetime | None:
    if activity is None or not when.is_platform:
        return before.activity_at
    return max(activity.since or when.at, before.activity_at or when.at)


def _fresh_contact(before: KnownAgent, held: Held | None, when: Moment) -> Held | None:
    """Return what is told of a contact, unless something newer is known."""
    key = held.contact.key if held else None
    if held is None or key is None:
        return None
    last = next((each for each in before.remembered if each.key == key), None)
    if last is not None and _is_older(held, when, last):
        return None
    known = next((each for each in before.contacts if each.key == key), None)
    return replace(held, contact=completed(held.contact, known))


def _is_older(held: Held, when: Moment, last: Remembered) -> bool:
    comes_back = last.is_gone and not held.is_gone
    if held.version is not None and last.version is not None:
        return held.version < last.version or (held.version == last.version and comes_back)
    if when.is_platform and last.at is not None:
        return when.at < last.at or (when.at == last.at and comes_back)
    return comes_back


def completed(told: Contact, known: Contact | None) -> Contact:
    """Complete what is told of a contact by what is known; a phase that stays has begun before."""
    if known is None:
        return told
    return replace(
        told,
        since=known.since if known.phase is told.phase else told.since,
        offered_at=told.offered_at or known.offered_at,
        queue=told.queue or known.queue,
        channel=told.channel or known.channel,
        direction=told.direction or known.direction,
        workflow_id=told.workflow_id or known.workflow_id,
        task_status=told.task_status or known.task_status,
    )


def _contacts(before: KnownAgent, held: Held | None) -> tuple[Contact, ...]:
    if held is None:
        return before.contacts
    others = tuple(each for each in before.contacts if each.key != held.contact.key)
    # Nobody holds so many: the ends of the oldest ones were never told.
    return others if held.is_gone else (*others[-(CONTACTS_REMEMBERED - 1) :], held.contact)


def _departures(held: Held | None, when: Moment) -> tuple[Departure, ...]:
    key = held.contact.key if held and held.is_gone else None
    return (Departure(key, when.at),) if key is not None and when.is_platform else ()


def _channels(before: KnownAgent, told: Channel | None) -> tuple[Channel, ...]:
    if told is None:
        return before.channels
    key = (told.channel_id, told.name)
    others = tuple(each for each in before.channels if (each.channel_id, each.name) != key)
    return (*others, told)


def _remembered(before: KnownAgent, held: Held | None, when: Moment) -> tuple[Remembered, ...]:
    key = held.contact.key if held else None
    if held is None or key is None:
        return before.remembered
    at = when.at if when.is_platform else None
    last = Remembered(key, held.version, at, held.is_gone)
    others = tuple(each for each in before.remembered if each.key != key)
    return (*others[-(CONTACTS_REMEMBERED - 1) :], last)
