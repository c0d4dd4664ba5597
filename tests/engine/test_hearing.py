"""Which feeds are heard, noted as it goes."""

from datetime import UTC, datetime, timedelta

from gateway.engine.hearing import NOTE_EVERY, Hearing
from gateway.model.alarm import Alarm, AlarmName, StandingAlarm
from gateway.model.clock import to_millis
from gateway.store.sqlite import open_store
from tests.standins.delivery import HandClock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Feeds:
    """A store, a clock, and what is raised."""

    def __init__(self, tmp_path):
        self.clock = HandClock(START)
        self.store = open_store(tmp_path / "gateway.db", now=self.clock.now)
        self.standing = []
        self.sources = {"flex": 5 * MINUTE, "engage": None}
        self.hearing = Hearing(
            self.store,
            sources=lambda: self.sources,
            standing=lambda: self.standing,
            clock=self.clock,
        )

    async def go_on(self, minutes):
        for _ in range(minutes * 60 // int(NOTE_EVERY.total_seconds())):
            self.clock.advance(NOTE_EVERY)
            await self.hearing.note()

    def fall_silent(self, source):
        alarm = Alarm(AlarmName.SOURCE_SILENT, source, "nothing was accepted")
        self.standing.append(StandingAlarm(alarm, self.clock.now()))

    async def heard(self):
        since, until = to_millis(START), to_millis(START + 600 * MINUTE)
        spans = await self.store.read_ledger(lambda pages: list(pages.heard(since, until)))
        return [
            (each.source, (each.since - since) / 60_000, (each.until - since) / 60_000)
            for each in spans
        ]


async def test_a_silence_is_taken_back_to_where_it_began(tmp_path):
    feeds = Feeds(tmp_path)
    await feeds.go_on(10)
    feeds.fall_silent("flex")
    await feeds.go_on(10)
    feeds.standing.clear()
    await feeds.go_on(10)
    assert await feeds.heard() == [
        ("engage", 0.25, 30),
        ("flex", 0.25, 5),
        ("flex", 20.25, 30),
    ]
    await feeds.store.close()


async def test_a_gap_of_the_gateway_is_one_of_every_feed(tmp_path):
    feeds = Feeds(tmp_path)
    await feeds.go_on(2)
    feeds.clock.advance(5 * MINUTE)
    await feeds.go_on(2)
    spans = [(0.25, 2), (7.25, 9)]
    assert await feeds.heard() == [(name, *span) for name in ("engage", "flex") for span in spans]
    await feeds.store.close()


async def test_an_alarm_of_a_source_that_is_no_more_is_nothing(tmp_path):
    feeds = Feeds(tmp_path)
    feeds.fall_silent("removed")
    await feeds.go_on(1)
    assert [name for name, *_ in await feeds.heard()] == ["engage", "flex"]
    await feeds.store.close()
