"""Observations and what was last known of an agent, made into neutral events.

Deterministic: the same observations in the same order give the same events with the same ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.model.observation import Change, ContactFact, Glimpse, Picture
from gateway.pipeline.track.change import track_change
from gateway.pipeline.track.contact import track_contact
from gateway.pipeline.track.glimpse import track_glimpse
from gateway.pipeline.track.known import KnownAgent, Note, Stamp, Tracked, merge_identity
from gateway.pipeline.track.picture import track_picture
from gateway.pipeline.track.tell import state_event

if TYPE_CHECKING:
    from gateway.model.observation import Observation

__all__ = ["KnownAgent", "Note", "Stamp", "Tracked", "state_event", "track"]


def track(known: KnownAgent | None, observation: Observation, stamp: Stamp) -> Tracked:
    """Return what is known of the agent after *observation*, and the events it is news for."""
    if stamp.fills is None or isinstance(observation, ContactFact):
        return _track(known, observation, stamp)
    if stamp.fills and known is not None and _is_told_by_another(known, stamp):
        identity = merge_identity(known.identity, observation.agent)
        return Tracked(replace(known, identity=identity), notes=(Note.SECOND_FEED,))
    tracked = _track(known, observation, stamp)
    if tracked.known is None or tracked.known.feed == stamp.source:
        return tracked
    return replace(tracked, known=replace(tracked.known, feed=stamp.source))


def _is_told_by_another(known: KnownAgent, stamp: Stamp) -> bool:
    if known.feed is None:
        # From the time before there was a second feed.
        return stamp.keys_of is not None and known.was_seen
    return known.feed != stamp.source


def _track(known: KnownAgent | None, observation: Observation, stamp: Stamp) -> Tracked:
    match observation:
        case Picture():
            return track_picture(known, observation, stamp)
        case Glimpse():
            return track_glimpse(known, observation, stamp)
        case Change():
            return track_change(known, observation, stamp)
        case _:
            return track_contact(known, observation, stamp)
