"""One record as it is told: its words, times and shapes, and what is wrong with them.

Values are made by place here: with the names of their fields it takes twice as long, and this is
done for every channel and reservation of every record.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from gateway.mapping import (
    Channel,
    Contact,
    Fields,
    Named,
    Phase,
    flag,
    is_believed,
    measure,
    number,
)
from mappings.twilio.reservations import GONE, PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = 100
UNKNOWN = Phase.UNKNOWN


class Reservation(NamedTuple):
    """A reservation as told, its times as they came."""

    id: str | None
    task_id: str | None
    channel: str | None
    direction: str | None
    status: str
    queue_id: str | None
    workflow_id: str | None
    offered_at: datetime | None
    native_status: str | None
    task_status: str | None
    status_at: datetime | None
    updated_at: datetime | None

    @property
    def key(self) -> str | None:
        """What tells its contact from the others of the agent."""
        return self.id or self.task_id

    @property
    def is_gone(self) -> bool:
        """Whether the agent holds it no longer."""
        return self.status in GONE

    def since(self, received_at: datetime) -> datetime | None:
        """Return when its status began, as far as that is believed."""
        if is_believed(self.status_at, received_at):
            return self.status_at
        return self.updated_at if is_believed(self.updated_at, received_at) else None

    def contact(self, received_at: datetime) -> Contact:
        """Return it as a contact that the agent holds."""
        offered_at = self.offered_at
        return Contact(
            self.task_id,
            self.id,
            self.channel,
            self.direction,
            PHASES.get(self.status, UNKNOWN),
            Named(self.queue_id) if self.queue_id else None,
            self.workflow_id,
            offered_at if is_believed(offered_at, received_at) else None,
            self.since(received_at),
            self.native_status,
            self.task_status,
        )


class Telling(NamedTuple):
    """A record as told, times as they came."""

    agent_id: str
    account_id: str | None
    workspace_id: str | None
    native_id: str | None
    processed_at: datetime | None
    activity_sid: str | None
    activity_name: str | None
    activity_since: datetime | None
    channels: tuple[Channel, ...]
    reservations: tuple[Reservation, ...]

    def times(self) -> Iterator[datetime | None]:
        """Return every time of the record."""
        yield self.processed_at
        yield self.activity_since
        for channel in self.channels:
            yield channel.capacity_since
        for each in self.reservations:
            yield each.offered_at
            yield each.status_at
            yield each.updated_at


def telling_of(record: Fields) -> Telling:
    """Read a record; what is wrong with it is in its flaws."""
    worker = record.child("worker") or Fields({}, f"{record.path}.worker", record.flaws)
    agent_id = worker.text("sid")
    if agent_id is None:
        worker.flaw("sid", "Is required: whose picture it is.")
    channels: list[Channel] = []
    reservations: list[Reservation] = []
    for each in record.children("channels"):
        channel = _channel(each)
        channels.append(channel)
        reservations += [_reservation(one, channel.name) for one in each.children("reservations")]
    return Telling(
        agent_id or "",
        record.text("account_sid"),
        record.text("workspace_sid"),
        record.text("last_processed_event_sid"),
        record.time("date_last_processed_event"),
        worker.text("activity_sid"),
        worker.text("activity_name"),
        worker.time("date_activity_updated"),
        tuple(channels),
        tuple(reservations),
    )


def happened_at(telling: Telling, received_at: datetime) -> datetime | None:
    """Return when the picture was taken: as told, else the newest time in it to be believed."""
    if telling.processed_at is not None:
        return telling.processed_at
    believed = (each for each in telling.times() if each and is_believed(each, received_at))
    return max(believed, default=None)


def _channel(channel: Fields) -> Channel:
    raw = channel.raw
    capacity = measure(raw.get("capacity"))
    return Channel(
        channel.text("worker_channel_sid"),
        channel.text("task_channel_sid"),
        channel.text("task_channel_name"),
        flag(raw.get("available")),
        int(capacity) if capacity is not None else None,
        _percent(raw.get("available_capacity")),
        channel.time("date_capacity_updated"),
    )


def _percent(told: object) -> float | None:
    """Return a percentage; what is beyond 0 to 100 is the nearest of the two."""
    percent = number(told)
    return percent if percent is None or 0 <= percent <= FULL else min(max(percent, 0), FULL)


def _reservation(reservation: Fields, channel: str | None) -> Reservation:
    word = reservation.text("status")
    direction = reservation.text("direction")
    return Reservation(
        reservation.text("sid"),
        reservation.text("task_sid"),
        channel,
        direction.casefold() if direction else None,
        word.casefold() if word else "",
        reservation.text("task_queue_sid"),
        reservation.text("workflow_sid"),
        reservation.time("date_created"),
        word,
        reservation.text("task_assignment_status"),
        reservation.time("date_reservation_status_updated"),
        reservation.time("date_updated"),
    )
