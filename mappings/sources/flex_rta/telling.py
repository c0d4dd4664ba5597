"""One record as it is told: its words, times and shapes, and what is wrong with them."""

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
            id=self.task_id,
            reservation_id=self.id,
            channel=self.channel,
            direction=self.direction,
            phase=PHASES.get(self.status, Phase.UNKNOWN),
            queue=Named(self.queue_id) if self.queue_id else None,
            workflow_id=self.workflow_id,
            offered_at=offered_at if is_believed(offered_at, received_at) else None,
            since=self.since(received_at),
            native_status=self.native_status,
            task_status=self.task_status,
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
        agent_id=agent_id or "",
        account_id=record.text("account_sid"),
        workspace_id=record.text("workspace_sid"),
        native_id=record.text("last_processed_event_sid"),
        processed_at=record.time("date_last_processed_event"),
        activity_sid=worker.text("activity_sid"),
        activity_name=worker.text("activity_name"),
        activity_since=worker.time("date_activity_updated"),
        channels=tuple(channels),
        reservations=tuple(reservations),
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
        id=channel.text("worker_channel_sid"),
        channel_id=channel.text("task_channel_sid"),
        name=channel.text("task_channel_name"),
        available=flag(raw.get("available")),
        capacity=int(capacity) if capacity is not None else None,
        free_percent=_percent(raw.get("available_capacity")),
        capacity_since=channel.time("date_capacity_updated"),
    )


def _percent(told: object) -> float | None:
    """Return a percentage; what is beyond 0 to 100 is the nearest of the two."""
    percent = number(told)
    return None if percent is None else min(max(percent, 0), FULL)


def _reservation(reservation: Fields, channel: str | None) -> Reservation:
    word = reservation.text("status")
    direction = reservation.text("direction")
    return Reservation(
        id=reservation.text("sid"),
        task_id=reservation.text("task_sid"),
        channel=channel,
        direction=direction.casefold() if direction else None,
        status=word.casefold() if word else "",
        queue_id=reservation.text("task_queue_sid"),
        workflow_id=reservation.text("workflow_sid"),
        offered_at=reservation.time("date_created"),
        native_status=word,
        task_status=reservation.text("task_assignment_status"),
        status_at=reservation.time("date_reservation_status_updated"),
        updated_at=reservation.time("date_updated"),
    )
