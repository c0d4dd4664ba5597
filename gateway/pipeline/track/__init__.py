"""Observations and what was last known of an agent, made into neutral events.

Deterministic: the same observations in the same order give the same events with the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.event import EventType
from gateway.model.observation import Change, ContactFact, Glimpse, Picture, RollCall
from gateway.model.values import replace
from gateway.pipeline.track.booked import with_glimpse, with_rollcall
from gateway.pipeline.track.change import track_change
from gateway.pipeline.track.composed import LONGEST_CONTACT, composed
from gateway.pipeline.track.contact import track_contact
from gateway.pipeline.track.glimpse import track_glimpse
from gateway.pipeline.track.known import (
    KnownAgent,
    Note,
    Stamp,
    Tracked,
    merge_identity,
)
from gateway.pipeline.track.picture import track_picture
from gateway.pipeline.track.pieces import KnownContact
from gateway.pipeline.track.rollcall import track_rollcall
from gateway.pipeline.track.stored import identity_of
from gateway.pipeline.track.tell import Teller, agent_json, moment, state_event
from gateway.pipeline.track.told import Surroundings, TrackedContact, customer_id, track_piece

if TYPE_CHECKING:
    from gateway.model.agent import Identity
    from gateway.model.event import Event
    from gateway.model.observation import AgentObservation

__all__ = [
    "LONGEST_CONTACT",
    "KnownAgent",
    "KnownContact",
    "Note",
    "Stamp",
    "Surroundings",
    "Tracked",
    "TrackedContact",
    "agent_json",
    "composed",
    "customer_id",
    "identity_of",
    "merge_identity",
    "state_event",
    "track",
    "track_piece",
]


def track(known: KnownAgent | None, observation: AgentObservation, stamp: Stamp) -> Tracked:
    """Return what is known of the agent after *observation*, and the events it is news for: the
    last of them an `agent.profile` where something else is known of who the agent is.
    """
    if stamp.fills is None or isinstance(observation, ContactFact):
        tracked = _track(known, observation, stamp)
    else:
        tracked = _of_feed(known, observation, stamp)
    after = tracked.known
    if known is None or after is None or _is_the_same(after.identity, known.identity):
        return tracked
    return replace(tracked, events=(*tracked.events, _profile(after, observation, stamp)))


def _is_the_same(now: Identity, before: Identity) -> bool:
    """Whether nothing else is known of the person: where they are known does not count."""
    return now is before or now == replace(
        before, account_id=now.account_id, workspace_id=now.workspace_id
    )


def _profile(known: KnownAgent, observation: AgentObservation, stamp: Stamp) -> Event:
    """Return the event that tells what is known of the agent now."""
    at = None if isinstance(observation, ContactFact) else observation.at
    teller = Teller(stamp, moment(at, stamp), observation.native_id)
    teller.tell(EventType.PROFILE, known)
    return teller.events[0]


def _of_feed(
    known: KnownAgent | None, observation: Picture | Glimpse | RollCall | Change, stamp: Stamp
) -> Tracked:
    if isinstance(observation, RollCall):
        tracked = with_rollcall(track_rollcall(known, observation, stamp), observation, stamp)
        feed = tracked.known.feed if tracked.known else None
        return tracked if feed is not None else _fed_by(stamp.source, tracked)
    if stamp.fills and known is not None and _is_told_by_another(known, stamp):
        identity = merge_identity(known.identity, observation.agent)
        return Tracked(replace(known, identity=identity), notes=(Note.SECOND_FEED,))
    tracked = _track(known, observation, stamp)
    return _fed_by(stamp.source, tracked)


def _fed_by(source: str, tracked: Tracked) -> Tracked:
    if tracked.known is None or tracked.known.feed == source:
        return tracked
    return replace(tracked, known=replace(tracked.known, feed=source))


def _is_told_by_another(known: KnownAgent, stamp: Stamp) -> bool:
    if known.feed is None:
        # From the time before there was a second feed.
        return stamp.keys_of is not None and known.was_seen
    return known.feed != stamp.source


def _track(known: KnownAgent | None, observation: AgentObservation, stamp: Stamp) -> Tracked:
    match observation:
        case Picture():
            return track_picture(known, observation, stamp)
        case Glimpse():
            return with_glimpse(track_glimpse(known, observation, stamp), observation, stamp)
        case RollCall():
            return with_rollcall(track_rollcall(known, observation, stamp), observation, stamp)
        case Change():
            return track_change(known, observation, stamp)
        case _:
            return track_contact(known, observation, stamp)
