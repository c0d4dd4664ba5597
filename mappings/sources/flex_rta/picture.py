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

    from gateway.mapping import Activity, Channel, Contact, Observation, Record
    from mappings.sources.flex_rta.telling import Reservation
    from mappings.twilio.activities import FlexOptions

# The page's examples write every sid of a kind alike: these tell nothing apart.
_PLACEHOLDER = re.compile(r"[A-Z]{2}x+")


def translate(record: Record, options: FlexOptions, received_at: datetime) -> Sequence[Observation]:
    """Return the picture that a record is.

    Times that cannot be believed are left out of it, but for its own, which the tracker judges.
    """
    telling = record.read if isinstance(record.read, Telling) else _telling(record)
    contacts: list[Contact] = []
    departures: list[Departure] = []
    for each in _newest(telling.reservations, received_at):
        if not each.is_gone:
            contacts.append(each.contact(received_at))
        elif each.key is not None:
            departures.append(Departure(each.key, each.since(received_at)))
    agent = Identity(telling.agent_id, PLATFORM, telling.account_id, telling.workspace_id)
    return (
        Picture(
            agent=agent,
            at=happened_at(telling, received_at),
            native_id=telling.native_id,
            activity=_activity(telling, options, received_at),
            contacts=tuple(contacts),
            departures=tuple(departures),
            channels=_channels(telling.channels, received_at),
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


def _channels(channels: tuple[Channel, ...], received_at: datetime) -> tuple[Channel, ...]:
    """Return them without a time that cannot be believed; most tell none."""
    for each in channels:
        at = each.capacity_since
        if at is not None and not is_believed(at, received_at):
            return tuple(
                replace(one, capacity_since=_believed(one.capacity_since, received_at))
                for one in channels
            )
    return channels


def _activity(telling: Telling, options: FlexOptions, received_at: datetime) -> Activity | None:
    since = _believed(telling.activity_since, received_at)
    return activity_of(telling.activity_sid, telling.activity_name, since, options)


def _newest(reservations: Sequence[Reservation], received_at: datetime) -> Iterable[Reservation]:
    """Return each reservation once: as its newest status tells it, the later one of two alike."""
    if len(reservations) < 2:  # noqa: PLR2004 - there is nothing to choose
        return reservations
    newest: dict[object, Reservation] = {}
    for number, each in enumerate(reservations):
        key = _key(each) or number
        other = newest.get(key)
        if other is None or not _is_older(each, other, received_at):
            newest[key] = each
    return newest.values()


def _key(reservation: Reservation) -> object:
    key = reservation.key
    if key is not None and _PLACEHOLDER.fullmatch(key):
        return key, reservation.channel
    return key


def _is_older(one: Reservation, other: Reservation, received_at: datetime) -> bool:
    at, other_at = one.since(received_at), other.since(received_at)
    return other_at is not None and (at is None or at < other_at)
