"""A simulated week through the real mapping, translator and store: the figures are the truth's."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from gateway.figures import Options, Period, agents, contacts, queues
from gateway.mapping.registry import installed
from gateway.model.clock import to_millis
from gateway.model.receipt import Receipt, VerifiedReceipt
from gateway.settings import SourceAuth, SourceSettings
from tests.engine.test_translator import settled, translating
from tests.figures import plain
from tests.figures.test_figures_property import COUNTS, STATUSES
from tests.figures.week import week

BERLIN = ZoneInfo("Europe/Berlin")
MAPPING = installed().sources["taskrouter"]
STATUS_OF = {"Offline": "logged_out", "Available": "ready", "Break": "not_ready"}
MONDAYS = [datetime(2026, 3, 23, tzinfo=BERLIN), datetime(2026, 10, 19, tzinfo=BERLIN)]
DROPPED = (b"EventType=task.created", b"EventType=task.completed")


def source():
    options = MAPPING.options().load({"statuses": STATUS_OF})
    return SourceSettings("tr", MAPPING, SourceAuth("none"), options)


def in_order(told, _dice):
    """Every callback, one in five twice."""
    return [each for place, each in enumerate(told) for _ in range(1 + (place % 5 == 0))]


def disturbed(told, dice):
    """Callbacks late by up to two minutes, some twice, and some that nothing needs never."""
    needless = [each for each in told if not each[1].startswith(DROPPED) or dice.random() < 0.5]
    twice = [each for each in needless for _ in range(dice.choice([1, 1, 1, 2]))]
    return sorted(twice, key=lambda each: each[0] + dice.randrange(120))


async def books_of(path, told, period):
    """Let the gateway hear it; return the rows of its books."""
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    async with translating(path, {"tr": source()}) as (intake, store, _):
        receipts = [
            Receipt("tr", datetime.fromtimestamp(at, UTC) + LATE, "POST", headers, "", body)
            for at, body in told
        ]
        for first in range(0, len(receipts), AT_ONCE):
            several = map(VerifiedReceipt, receipts[first : first + AT_ONCE])
            await asyncio.gather(*map(intake.accept, several))
        await settled(store)
        return await store.read_ledger(
            lambda pages: (
                list(queues(pages, period)),
                list(agents(pages, period)),
                contacts(pages, period, BY),
            )
        )


LATE = timedelta(seconds=130)
AT_ONCE = 100
BY = ("weekday", "hour", "queue", "agent", "direction")


@pytest.mark.parametrize("monday", MONDAYS, ids=["forward", "back"])
@pytest.mark.parametrize("sent", [in_order, disturbed])
async def test_the_figures_of_a_week_are_those_of_the_truth(monday, sent, tmp_path):
    truth = week(to_millis(monday) // 1000, seed=7)
    options = Options(zone=BERLIN)
    since, until = to_millis(monday), to_millis(monday + timedelta(days=7))
    period = Period(since, until, options)
    told = sent(truth.told, Random(3))
    of_queues, of_agents, slices = await books_of(tmp_path, told, period)
    spans = plain.spans_of_clock(since, until, options.minutes, BERLIN)
    assert_queues(of_queues, truth, spans, options)
    assert_slices(slices, truth)
    assert {row.agent: row.inbound for row in of_agents if row.inbound}
    if sent is in_order:
        assert_agents(of_agents, truth, spans)


def assert_queues(rows, truth, spans, options):
    limits = (options.service_level, options.short_abandon)
    expected = plain.queue_rows(truth.contacts, spans, "arrival", limits)
    assert {(row.start, row.source, row.queue.id, row.channel) for row in rows} == set(expected)
    for row in rows:
        plainly = expected[row.start, row.source, row.queue.id, row.channel]
        assert {name: getattr(row, name) for name in COUNTS} == {
            name: float(plainly[name]) for name in COUNTS
        }
    for name in ("abandoned", "abandoned_short", "overflow_in", "overflow_out", "other"):
        assert sum(getattr(row, name) for row in rows) > 0, name


def assert_agents(rows, truth, spans):
    expected = plain.agent_rows(truth.stays, spans)
    spent = {(row.start, row.agent): row for row in rows if row.logged_in_seconds}
    assert set(spent) == set(expected)
    for key, row in spent.items():
        assert row.logged_in_seconds == float(expected[key]["logged_in"])
        assert {name: getattr(row, f"{name}_seconds") for name in STATUSES} == {
            name: float(expected[key][name]) for name in STATUSES
        }
        assert row.by_reason.get("Break", 0) == float(expected[key][":Break"])


def assert_slices(slices, truth):
    expected = plain.slices(truth.contacts, BY, BERLIN, "arrival")
    assert {tuple(each.by.values()) for each in slices} == set(expected)
    for each in slices:
        plainly = expected[tuple(each.by.values())]
        assert {name: getattr(each, name) for name in plainly} == plainly
