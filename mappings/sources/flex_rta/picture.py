"""A record of the feed as a picture of its agent."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.mapping import Departure, Fields, Flaw, Identity, MappingError, Picture, is_believed
from mappings.sources.flex_rta.telling import Telling, happened_at, telling_of
from mappings.twilio.activities import PLATFORM, activity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gateway.mapping import Activity, Channel, Observation, Record
    from mappings.sources.flex_rta.telling import Reservation
    from mappings.twilio.activities import FlexOptions

# The page's examples write every sid of a kind alike: these tell nothing apart.
_PLACEHOLDER = re.compile(r"[A-Z]{2}x+")


def translate(record: Record, options: FlexOptions, received_at: datetime) -> Sequence[Observation]:
    """Return the picture that a record is.

    Times that cannot be believed are left out of it, but for its own, which the tracker judges.
    """
    telling = record.read if isinstance(record.read, Telling) else _telling(record)
    newest = _newest(telling.reservations, received_at)
    return (
        Picture(
            agent=Identity(
                id=telling.agent_id,
                platform=PLATFORM,
                account_id=telling.account_id,
                workspace_id=telling.workspace_id,
            ),
            at=happened_at(telling, received_at),
            native_id=telling.native_id,
            activity=_activity(telling, options, received_at),
            contacts=tuple(
                replace(
                    each.contact,
                    offered_at=_believed(each.contact.offered_at, received_at),
                    since=each.since(received_at),
                )
                for each in newest
                if not each.is_gone
            ),
            departures=tuple(
                Departure(each.contact.key, each.since(received_at))
                for each in newest
                if each.is_gone and each.contact.key is not None
            ),
            channels=tuple(_channel(each, received_at) for each in telling.channels),
            live_channels=options.live_channels,
        ),
    )


def _telling(record: Record) -> Telling:
    flaws: list[Flaw] = []
    telling = telling_of(Fields(record.fields, "", flaws))
    if flaws:
        raise MappingError("The record cannot be read.", flaws)
    return telling


def _believed(at: datetime | None, received_at: datetime) -> datetime | None:
    return at if is_believed(at, received_at) else None


def _channel(channel: Channel, received_at: datetime) -> Channel:
    if channel.capacity_since is None:
        return channel
    return replace(channel, capacity_since=_believed(channel.capacity_since, received_at))


def _activity(telling: Telling, options: FlexOptions, received_at: datetime) -> Activity | None:
    since = _believed(telling.activity_since, received_at)
    return activity_of(telling.activity_sid, telling.activity_name, since, options)


def _newest(reservations: Sequence[Reservation], received_at: datetime) -> Iterable[Reservation]:
    """Return each reservation once: as its newest status tells it, the later one of two alike."""
    newest: dict[object, Reservation] = {}
    for number, each in enumerate(reservations):
        key = _key(each) or number
        other = newest.get(key)
        if other is None or not _is_older(each, other, received_at):
            newest[key] = each
    return newest.values()


def _key(reservation: Reservation) -> object:
    key = reservation.contact.key
    if key is not None and _PLACEHOLDER.fullmatch(key):
        return key, reservation.contact.channel
    return key


def _is_older(one: Reservation, other: Reservation, received_at: datetime) -> bool:
    at, other_at = one.since(received_at), other.since(received_at)
    return other_at is not None and (at is None or at < other_at)
