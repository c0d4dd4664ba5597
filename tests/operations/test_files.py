"""What operators ask of a destination that gets files, with and without a running gateway."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from gateway.engine.files.health import FilerHealth
from gateway.model.errors import OperationError
from gateway.model.facts import Facts
from gateway.operations import files, health, vendor
from gateway.operations.table import Bench
from gateway.pipeline.alarms import judge
from gateway.ports import Filed
from gateway.settings import FolderSettings
from gateway.store.sqlite import open_store
from tests.operations.bench import NOW, Roster, settings
from tests.standins.shelf import destination, millis

WITHHELD = "destinations.days.options.queues: add"
MINUTES_15 = timedelta(minutes=15)


@dataclass
class Live:
    """A running gateway, as far as it is asked."""

    health: FilerHealth = field(default_factory=FilerHealth)
    woken: list = field(default_factory=list)

    def destination_health(self, name):
        return self.health.shown(NOW) if name == "days" else {}

    def wake_filer(self, name):
        self.woken.append(name)


@pytest.fixture
async def bench(tmp_path):
    told = settings(tmp_path / "gateway.db")
    folder = FolderSettings(str(tmp_path / "in"))
    told = replace(told, files={"days": destination(name="days", folder=folder)})
    store = open_store(tmp_path / "gateway.db", now=lambda: NOW)
    yield Bench(store=store, settings=told, live=None, now=lambda: NOW, roster=Roster())
    await store.close()


async def ask(bench, operation, **given):
    asked = operation.load(given)
    return await operation.perform(bench, asked, who="test")


def span(number, **more):
    start = NOW + number * MINUTES_15
    told = {"revision": 1, "names": (f"{number}.csv",), "coverage": 0.87654, "at": NOW}
    digests = {"figures": b"f", "content": b"c"}
    return Filed(millis(start), millis(start + MINUTES_15), **(told | digests | more))


async def test_what_was_written_is_listed_and_what_was_not_with_its_reason(bench):
    for each in (span(0), span(1, revision=0, names=(), problem=WITHHELD), span(2)):
        await bench.store.keep_filed("days", each)
    rows = await ask(bench, files.LIST, name="days")
    assert [row["files"] for row in rows] == [["0.csv"], [], ["2.csv"]]
    assert rows[0] == {
        "start": "2026-11-20T09:00:00.000Z",
        "until": "2026-11-20T09:15:00.000Z",
        "revision": 1,
        "files": ["0.csv"],
        "coverage": 0.8765,
        "at": "2026-11-20T09:00:00.000Z",
        "problem": None,
    }
    assert [row["start"] for row in await ask(bench, files.LIST, name="days", limit=1)] == [
        "2026-11-20T09:30:00.000Z"
    ]
    (row,) = await ask(bench, files.LIST, name="days", withheld=True)
    assert row["problem"] == WITHHELD
    span_of = {"from": "2026-11-20T09:15:00Z", "to": "2026-11-20T09:30:00Z"}
    assert await ask(bench, files.LIST, name="days", **span_of) == [row]


async def test_once_more_forgets_what_the_files_hold_and_wakes_the_filer(bench):
    live = Live()
    bench = replace(bench, live=live)
    for each in (span(0), span(1, problem=WITHHELD)):
        await bench.store.keep_filed("days", each)
    with pytest.raises(OperationError, match="from when on"):
        await ask(bench, files.AGAIN, name="days")
    answer = await ask(bench, files.AGAIN, name="days", **{"from": "2026-11-20T09:15:00Z"})
    assert answer == {"name": "days", "spans": 1}
    assert live.woken == ["days"]
    first, second = await bench.store.filed("days", 0, 1 << 60)
    assert first == span(0)
    assert second == span(1, figures=None, content=None)


async def test_a_destination_that_is_told_events_has_no_files(bench):
    with pytest.raises(OperationError, match=r"no destination 'sending' gets files \(days\)"):
        await ask(bench, files.LIST, name="sending")
    with pytest.raises(OperationError, match="destination days gets files"):
        await ask(bench, vendor.RESYNC, name="days", dry_run=True)


async def test_it_is_listed_beside_the_others(bench):
    rows = await ask(bench, health.DESTINATIONS)
    assert [row["name"] for row in rows] == ["skipping", "sending", "days"]
    assert rows[2]["mapping"] == "calabrio_interval_files 1"
    assert rows[2]["backlog"] is None
    live = Live(FilerHealth(waiting=3, withheld=1, problem=WITHHELD, waiting_since=NOW))
    row = (await ask(replace(bench, live=live), health.DESTINATIONS))[2]
    assert (row["state"], row["backlog"], row["held"]) == ("withholding", 3, 1)
    assert row["problem"] == WITHHELD


async def test_it_is_paused_and_resumed_without_a_gateway(bench):
    await ask(bench, health.PAUSE, name="days")
    assert (await ask(bench, health.DESTINATIONS))[2]["state"] == "paused"
    await ask(bench, health.RESUME, name="days")
    assert (await ask(bench, health.DESTINATIONS))[2]["state"] is None


async def test_ping_writes_and_removes_a_file(bench, tmp_path):
    seen = await ask(bench, vendor.PING, name="days")
    assert (seen["reachable"], seen["problem"]) == (False, f"there is no folder {tmp_path / 'in'}")
    (tmp_path / "in").mkdir()
    seen = await ask(bench, vendor.PING, name="days")
    assert (seen["reachable"], seen["problem"]) == (True, None)
    assert list((tmp_path / "in").iterdir()) == []


def raised(health, now):
    facts = Facts(now=now, started_at=NOW, files=(health.facts("days"),))
    found = judge(facts)
    alarms = [(each.name.value, each.subject, each.detail) for each in found.raised]
    return alarms, {name.value for name, _ in found.undecided}


def test_alarms_wait_for_evidence_and_are_raised_after_a_minute():
    told = FilerHealth()
    assert raised(told, NOW) == ([], {"files_failing", "files_withheld"})
    told.fail("full disk", NOW)
    assert raised(told, NOW + timedelta(seconds=59))[0] == []
    told.fail("still full", NOW + timedelta(seconds=30))
    detail = "its files cannot be written for more than a minute: still full"
    later = NOW + timedelta(minutes=1)
    assert raised(told, later)[0] == [("files_failing", "days", detail)]
    told.succeed()
    told.looked_at = later
    told.withheld = 2  # of which nobody can mend any
    assert raised(told, later) == ([], set())
    told.to_mend, told.mend = 1, WITHHELD
    detail = f"files are not written until this is mended: {WITHHELD}"
    assert raised(told, later)[0] == [("files_withheld", "days", detail)]
