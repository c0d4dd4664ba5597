"""Reports: which time they are of, by what, and what is summed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from marshmallow import ValidationError

from gateway.model.agent import Named, Status
from gateway.model.clock import to_millis
from gateway.model.errors import OperationError
from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Hop, Mark
from gateway.operations import OPERATIONS, Bench
from gateway.settings import IntervalSettings
from tests.figures.pages import MemoryPages
from tests.operations.bench import settings

BY_NAME = {operation.name: operation for operation in OPERATIONS}
NINE = to_millis(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = 60_000
SUPPORT, SALES = Named("q1", "Support"), Named("q2", "Sales")
LUNCH = ("acme:7", Mark.STATE, Status.NOT_READY, "Lunch")


@dataclass
class Books:
    """A store of which only the ledger is asked."""

    pages: MemoryPages

    async def read_ledger(self, work):
        return work(self.pages)


def contact(minute, *, queue=SUPPORT, agent="acme:7", **more):
    at = NINE + minute * MINUTE
    lost = agent is None
    told = {
        "key": f"acme:{minute}", "revision": 1, "source": "acme", "conversation": f"v{minute}",
        "outcome": "abandoned" if lost else "answered", "is_abandoned": lost, "agent": agent,
        "channel": "voice", "queue": queue, "hops": (Hop(queue, at),), "started_at": at,
        "ended_at": at + 3 * MINUTE, "queue_seconds": 10.0,
    }  # fmt: skip
    return ContactEntry(**told | {} if lost else told | {"talk_seconds": 100.5} | more)


CONTACTS = (
    contact(1),
    contact(2, agent=None),
    contact(16, queue=SALES, agent="acme:8", wrap_seconds=20.0, phone="+441130000000"),
    contact(17, channel="chat"),
)
AGENTS = (
    AgentEntry("acme:7", NINE, Mark.LOGIN, Status.READY),
    AgentEntry("acme:7", NINE + 10 * MINUTE, *LUNCH[1:]),
    AgentEntry("acme:7", NINE + 20 * MINUTE, Mark.STATE, Status.NOT_READY, "Break"),
    AgentEntry("acme:7", NINE + 30 * MINUTE, Mark.LOGOUT, Status.LOGGED_OUT),
)
HEARD = (Heard("acme", NINE - 60 * MINUTE, NINE + 24 * MINUTE),)


def asking(folder, pages):
    """Return what asks for a report of *pages*."""
    usual = IntervalSettings(minutes=30)
    bench = Bench(
        store=Books(pages),
        settings=replace(settings(folder / "gateway.db"), intervals=usual),
        live=None,
        now=lambda: NOON,
    )

    async def ask(name, **given):
        operation = BY_NAME[f"report {name}"]
        given = {"from": "2026-03-02T09:00", "to": "2026-03-02T09:30"} | given
        return await operation.perform(bench, operation.load(given), who="ann")

    return ask


@pytest.fixture
def desk(tmp_path):
    return asking(tmp_path, MemoryPages(AGENTS, CONTACTS, HEARD))


async def test_queues_by_interval(desk):
    rows = await desk("intervals", minutes="15")
    assert [(row["start"], row["local"], row["queue"], row["queue_id"]) for row in rows] == [
        ("2026-03-02T09:00:00.000Z", "2026-03-02T09:00+00:00", "Support", "q1"),
        ("2026-03-02T09:15:00.000Z", "2026-03-02T09:15+00:00", "Support", "q1"),
        ("2026-03-02T09:15:00.000Z", "2026-03-02T09:15+00:00", "Sales", "q2"),
    ]
    assert [(row["offered"], row["answered"], row["abandoned"]) for row in rows] == [
        (2, 1, 1), (1, 1, 0), (1, 1, 0),
    ]  # fmt: skip
    assert [row["coverage"] for row in rows] == [1.0, 0.6, 0.6]


async def test_the_usual_intervals_are_those_of_the_configuration(desk):
    rows = await desk("intervals")
    assert [(row["minutes"], row["queue"], row["offered"]) for row in rows] == [
        (30, "Support", 3), (30, "Sales", 1),
    ]  # fmt: skip


async def test_what_nothing_tells_apart_is_summed(desk):
    (row,) = await desk("intervals", by="source")
    assert (row["source"], row["offered"], row["answered"]) == ("acme", 4, 3)
    assert row["talk_seconds"] == 301.5
    assert row["longest_answered_seconds"] == 10.0
    assert "queue" not in row
    by_channel = await desk("intervals", by="channel,queue")
    assert [(row["channel"], row["queue"]) for row in by_channel] == [
        ("chat", "Support"), ("voice", "Support"), ("voice", "Sales"),
    ]  # fmt: skip


async def test_agents_over_the_whole_time_and_by_interval(desk):
    first, second = await desk("agents")
    assert (first["agent"], first["logged_in_seconds"], first["ready_seconds"]) == (
        "acme:7", 1800.0, 600.0,
    )  # fmt: skip
    assert first["by_reason"] == {"Break": 600.0, "Lunch": 600.0}
    assert (first["inbound"], first["inbound_talk_seconds"], first["coverage"]) == (2, 201.0, 0.8)
    assert (second["agent"], second["logged_in_seconds"], second["inbound"]) == ("acme:8", 0, 1)
    rows = await desk("agents", by="interval,agent", minutes="15")
    assert [(row["local"][11:16], row["agent"], row["not_ready_seconds"]) for row in rows] == [
        ("09:00", "acme:7", 300.0), ("09:15", "acme:7", 900.0), ("09:15", "acme:8", 0),
    ]  # fmt: skip
    assert await desk("intervals", by="agent", minutes="15") == rows


async def test_agents_by_queue(desk):
    rows = await desk("agents", by="agent,queue")
    assert [(row["agent"], row["queue"], row["answered"], row["wrap_seconds"]) for row in rows] == [
        ("acme:7", "Support", 2, 0.0), ("acme:8", "Sales", 1, 20.0),
    ]  # fmt: skip


async def test_measures(desk):
    (row,) = await desk("contacts")
    assert row == {
        "conversations": 4, "abandoned": 1, "handled": 3, "contacts": 4,
        "abandonment_seconds": 10.0, "queue_seconds": 40.0, "talk_seconds": 301.5,
        "wrap_seconds": 20.0,
    }  # fmt: skip
    rows = await desk("contacts", by=["queue", "phone"])
    assert [(row["queue"], row["phone"], row["contacts"]) for row in rows] == [
        ("Sales", "+441130000000", 1), ("Support", None, 3),
    ]  # fmt: skip


async def test_a_time_without_an_offset_is_on_the_clock_of_the_zone(desk):
    given = {"from": "2026-03-02T10:00", "to": "2026-03-02T10:15", "zone": "Europe/Berlin"}
    (row,) = await desk("intervals", minutes="15", **given)
    assert (row["local"], row["offered"]) == ("2026-03-02T10:00+01:00", 2)
    (row,) = await desk("contacts", by="date,hour,weekday,day", **given)
    assert (row["date"], row["hour"], row["weekday"], row["day"]) == ("2026-03-02", 10, 1, 2)


async def test_the_usual_time_is_that_of_the_day_until_now(desk):
    (row,) = await desk("contacts", **{"from": None, "to": None})
    assert row["contacts"] == 4
    assert await desk("contacts", **{"from": "2026-03-02T09:18", "to": None}) == []
    (row,) = await desk("contacts", **{"from": None, "to": "2026-03-03"})
    assert row["contacts"] == 4


async def test_booked_by_their_end(desk):
    (row,) = await desk("contacts", booked_by="end", **{"from": "2026-03-02T09:18"})
    assert row["contacts"] == 2


async def test_nobody_has_spent_what_is_still_to_come(tmp_path):
    ask = asking(tmp_path, MemoryPages(AGENTS[:1]))
    (row,) = await ask("agents", **{"from": "2026-03-02", "to": "2026-03-03"})
    assert row["ready_seconds"] == timedelta(hours=3).total_seconds()


SKIPPED = "2026-03-29T02:30"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"from": "2026-03-03"}, "from must be before to"),
        ({"from": "2026-03-02T10:00", "to": "2026-03-02T10:00"}, "from must be before to"),
        ({"from": "2026-03-02T10:00", "to": "2026-03-02T10:00:00.0004"}, "from must be before to"),
        # The clock leaves out from 02:00 to 03:00: 02:30 is half past three.
        ({"from": SKIPPED, "to": "2026-03-29T03:10", "zone": "Europe/Berlin"}, "from must be"),
        ({"from": "2020-03-03"}, "at most 400 days"),
        ({"by": "queue", "limit": "1"}, "more than 1 rows"),
    ],
)
async def test_what_cannot_be_told_is_said(desk, given, said):
    for name in ("intervals", "contacts"):
        with pytest.raises(OperationError, match=said):
            await desk(name, **given)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("intervals", {"by": "city"}, "No 'city' here; valid: source, queue, channel, agent."),
        ("intervals", {"by": "agent,channel"}, "No 'channel' beside 'agent'; valid: source"),
        ("agents", {"by": "agent,agent"}, "Each of them once."),
        ("contacts", {"by": ["queue", "moon"]}, "No 'moon' here"),
        ("contacts", {"from": "lunch"}, "Not a time; valid: 2026-03-02"),
        ("intervals", {"to": "0001-01-01"}, "valid: years 1970 to 9998"),
        ("agents", {"to": "9999-12-31T23:59:59"}, "valid: years 1970 to 9998"),
        ("contacts", {"zone": "Mars"}, "Not a time zone"),
        ("contacts", {"minutes": "20"}, "Must be one of"),
    ],
)
def test_what_makes_no_sense_is_said(name, given, said):
    with pytest.raises(ValidationError, match=said):
        BY_NAME[f"report {name}"].load(given)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("day", ["1970-01-01", "9998-12-31"])
async def test_the_ends_of_time_have_figures_too(desk, day, zone):
    given = {"from": day, "to": f"{day}T23:59:59", "zone": zone}
    for name in ("intervals", "agents", "contacts"):
        assert await desk(name, **given) == []


def test_what_is_of_customers_is_for_operators():
    report = BY_NAME["report contacts"]
    assert report.tells_of_customers(report.load({"by": "queue,phone"}))
    assert not report.tells_of_customers(report.load({"by": "queue,agent,team"}))
    intervals = BY_NAME["report intervals"]
    assert not intervals.tells_of_customers(intervals.load({}))
