"""The engines of the store, and what the suite of all of them is made of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.model.delivery import Delivery, NewDelivery
from gateway.model.event import Event, EventType
from gateway.model.receipt import JournaledReceipt, Receipt, VerifiedReceipt
from gateway.ports import Finished, RecordKey, RoutedEvent, Store
from gateway.store.sqlite import open_store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def open_sqlite(place: Path, now: Callable[[], datetime], **limits: int) -> Store:
    return open_store(place / "gateway.db", now=now, **limits)


ENGINES = {"sqlite": open_sqlite}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> datetime:
        self.at += by
        return self.at


def receipt(body: bytes = b"{}", *, source: str = "flex", at: datetime = START) -> VerifiedReceipt:
    headers = (("content-type", "application/json"), ("x-odd", "a: \udce9"))
    return VerifiedReceipt(
        Receipt(source, at, "POST", headers, "a=%ff&b=\udce9", body), signed=True
    )


def keys(*digests: str | None) -> list[RecordKey]:
    return [
        RecordKey(index, None if text is None else text.encode().ljust(16, b"."))
        for index, text in enumerate(digests)
    ]


def event(name: str, *, subject: str = "flex:ann", at: datetime = START) -> Event:
    return Event(name, "flex", EventType.STATE, subject, at, at, {"agent": None, "name": name})


def owed(name: str, lane: str = "ann", *, to: str = "calabrio", **more: object) -> NewDelivery:
    values = {"identity": lane, "collapses": True} | more
    return NewDelivery(event_id=name, destination=to, lane=lane, **values)


def routed(name: str, *deliveries: NewDelivery, **more: object) -> RoutedEvent:
    return RoutedEvent(event(name, **more), deliveries)


async def owe(
    store: Store, *deliveries: NewDelivery, at: datetime = START, **more: object
) -> list[Delivery]:
    """Let deliveries be owed, each for an event of its own."""
    claimed = await append_and_claim(store, at=at)
    events = tuple(routed(each.event_id, each, at=at, **more) for each in deliveries)
    return list(await store.finish([Finished(claimed, events)]))


async def append_and_claim(store: Store, *, at: datetime = START) -> JournaledReceipt:
    await store.append(receipt(at=at), keys(None))
    (claimed,) = await store.untranslated(1)
    return claimed
