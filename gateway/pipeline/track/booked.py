"""What the ledger keeps of glimpses and roll calls, late ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.model.agent import Phase
from gateway.model.clock import is_believed, to_millis
from gateway.model.ledger import ACTIVITY, EVERYTHING, GONE, GlimpseEntry
from gateway.model.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gateway.model.agent import Contact
    from gateway.model.observation import Activity, Glimpse, RollCall
    from gateway.pipeline.track.known import Stamp, Tracked


def with_glimpse(tracked: Tracked, glimpse: Glimpse, stamp: Stamp) -> Tracked:
    """Add what is kept of a glimpse: of one whose time is not believed, nothing."""
    if glimpse.at is None or not is_believed(glimpse.at, stamp.received_at):
        return tracked
    return replace(tracked, glimpses=tuple(_of_glimpse(glimpse, glimpse.at, stamp)))


def with_rollcall(tracked: Tracked, call: RollCall, stamp: Stamp) -> Tracked:
    """Add what is kept of an answer to our own question, where it was news: how the agent stood
    when it was asked. Of an agent of whom another source tells, nothing.
    """
    feed = tracked.known.feed if tracked.known else None
    if not tracked.events or feed not in (None, stamp.source):
        return tracked
    return replace(tracked, glimpses=tuple(_of_rollcall(call, stamp)))


def _of_glimpse(glimpse: Glimpse, at: datetime, stamp: Stamp) -> Iterator[GlimpseEntry]:
    agent = stamp.key(glimpse.agent.id)
    if glimpse.activity is not None:
        yield _of_activity(glimpse.activity, agent, at, stamp)
    held = glimpse.held
    if held is not None and held.contact.key is not None:
        word = GONE if held.is_gone else held.contact.phase.value
        yield _of_contact(held.contact, (agent, at, word), glimpse.live_channels, stamp)


def _of_rollcall(call: RollCall, stamp: Stamp) -> Iterator[GlimpseEntry]:
    agent = stamp.key(call.agent.id)
    if call.activity is not None:
        yield _of_activity(call.activity, agent, call.at, stamp)
    if call.contacts is None:
        return
    yield GlimpseEntry(agent, stamp.source, to_millis(call.at), EVERYTHING, GONE)
    for each in call.contacts:
        if each.key is not None and each.phase is not Phase.UNKNOWN:
            yield _of_contact(each, (agent, call.at, each.phase.value), call.live_channels, stamp)


def _of_activity(activity: Activity, agent: str, at: datetime, stamp: Stamp) -> GlimpseEntry:
    since = activity.since
    began = since if since is not None and is_believed(since, stamp.received_at) else at
    reason = activity.reason.label or activity.reason.code
    word = activity.status.value
    return GlimpseEntry(agent, stamp.source, to_millis(began), ACTIVITY, word, reason)


def _of_contact(
    contact: Contact, told: tuple[str, datetime, str], live: frozenset[str], stamp: Stamp
) -> GlimpseEntry:
    agent, at, word = told
    is_live = contact.channel is not None and contact.channel.casefold() in live
    key = contact.key or ""
    return GlimpseEntry(agent, stamp.source, to_millis(at), key, word, is_live=is_live)
