"""A week of a small centre, told, and its figures against a calculation that heard nothing."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.figures import DIMENSIONS, Options, Period, agent_queues, agents, contacts, queues
from tests.week import plain
from tests.week.harm import Harm, arriving, lost_of
from tests.week.posting import Gateway, requests
from tests.week.simulator import simulate
from tests.week.telling import tell
from tests.week.truth import DAY, DESK, RING

SIZE = float(os.environ.get("WEEK_SIZE", "1"))
WEEKS = {
    "forward": (ZoneInfo("America/New_York"), datetime(2026, 3, 5, 5, tzinfo=UTC)),
    "back": (ZoneInfo("Europe/Berlin"), datetime(2026, 10, 21, 22, tzinfo=UTC)),
}
NAMED = ("start", "minutes", "agent", "source", "queue", "channel", "coverage", "by", "by_reason")


class Week:
    """What happened, and what the gateway makes of it."""

    def __init__(self, truth, lost, books, zone):
        self.truth, self.lost, self.books, self.zone = truth, lost, books, zone
        self.legs = plain.legs_of(truth, lost)

    def period(self, minutes, booked_by):
        options = Options(minutes=minutes, zone=self.zone, booked_by=booked_by)
        return Period(self.truth.since, self.truth.until, options)

    async def read(self, work):
        return await self.books.read_ledger(work)


def truth_of(name):
    zone, begins = WEEKS[name]
    since = int(begins.timestamp() * 1000)
    return simulate(len(name), since, since + 7 * DAY, size=SIZE), zone


@asynccontextmanager
async def lived(name, harm, folder):
    """Have a week told with some harm; give it."""
    truth, zone = truth_of(name)
    lost = lost_of(truth, harm, 1)
    gateway = Gateway(folder)
    await gateway.take(requests(arriving(tell(truth), lost, harm, 2)))
    assert gateway.posted["quarantined"] == 0
    try:
        yield Week(truth, lost, gateway.store, zone)
    finally:
        await gateway.store.close()


def counted(row):
    """Return what a row counts, in whole milliseconds, without what is nothing."""
    told = asdict(row)
    numbers = {name: value for name, value in told.items() if name not in NAMED}
    numbers |= {f"because {why}": spent for why, spent in told.get("by_reason", {}).items()}
    exact = {
        name: round(value * 1000) if "seconds" in name or " " in name else value
        for name, value in numbers.items()
    }
    return {name: value for name, value in exact.items() if value}


def without_nothing(rows):
    counted = {key: {k: v for k, v in row.items() if v} for key, row in rows.items()}
    return {key: row for key, row in counted.items() if row}


def same(ours, theirs):
    """Compare; say first where they differ."""
    theirs = without_nothing(theirs)
    differ = [
        (key, ours.get(key), theirs.get(key))
        for key in sorted({*ours, *theirs}, key=str)
        if ours.get(key) != theirs.get(key)
    ]
    assert differ == []
    assert theirs


@pytest.mark.parametrize("name", WEEKS)
async def test_every_number_is_that_of_the_plain_calculation(name, tmp_path):
    async with lived(name, Harm(), tmp_path) as week:
        await intervals_are_the_same(week)
        await slices_are_the_same(week)


@pytest.mark.parametrize("name", WEEKS)
async def test_every_number_is_the_same_in_whatever_order_it_was_told(name, tmp_path):
    async with lived(name, Harm(keeps_agents=False, late=0.5), tmp_path) as week:
        await intervals_are_the_same(week)
        await slices_are_the_same(week)


async def intervals_are_the_same(week):
    for minutes, booked_by in ((15, "arrival"), (30, "end"), (60, "arrival")):
        await contacts_are_the_same(week, minutes, booked_by)
        clock, period = plain.Clock(week.zone, minutes), week.period(minutes, booked_by)
        rows = await week.read(lambda pages, p=period: list(agents(pages, p)))
        ours = {(r.start, r.agent): counted(r) for r in rows}
        same(ours, plain.agent_rows(week.truth, week.lost, week.legs, clock, booked_by))


async def contacts_are_the_same(week, minutes, booked_by):
    clock, period = plain.Clock(week.zone, minutes), week.period(minutes, booked_by)
    rows = await week.read(lambda pages: list(queues(pages, period)))
    ours = {(r.start, r.source, r.queue.id, r.channel): counted(r) for r in rows}
    same(ours, plain.queue_rows(week.legs, clock, booked_by))
    rows = await week.read(lambda pages: list(agent_queues(pages, period)))
    ours = {(r.start, r.agent, r.queue.id): counted(r) for r in rows}
    same(ours, plain.agent_queue_rows(week.legs, clock, booked_by))


SLICES = (
    (),
    ("agent",),
    ("queue", "channel"),
    ("date", "direction"),
    ("hour",),
    ("weekday", "team"),
    ("city", "country"),
    ("phone",),
    ("zip", "day"),
)


def values(leg, clock, booked_by):
    local = clock.local(plain.booked_at(leg, booked_by))
    queue = leg.queues[-1] if leg.queues else None
    words = {DESK: "Queue", RING: "Gate"}
    return leg.customer | {
        "agent": leg.agent,
        "channel": leg.channel,
        "date": local.date().isoformat(),
        "hour": local.hour,
        "weekday": local.isoweekday(),
        "day": local.day,
        "direction": leg.direction,
        "queue": f"{words[leg.source]} {queue}" if queue else None,
        "team": leg.team,
    }


async def slices_are_the_same(week):
    assert {name for by in SLICES for name in by} == set(DIMENSIONS)
    clock = plain.Clock(week.zone, 60)
    for booked_by in ("arrival", "end"):
        period = week.period(60, booked_by)
        for by in SLICES:
            rows = await week.read(lambda pages, p=period, b=by: contacts(pages, p, b))
            ours = {tuple(row.by.values()): counted(row) for row in rows}
            of = lambda leg, b=by, how=booked_by: tuple(  # noqa: E731 - one for each slice
                values(leg, clock, how).get(name) for name in b
            )
            span = (period.since, period.until)
            same(ours, plain.measures(week.legs, of, *span, booked_by))
