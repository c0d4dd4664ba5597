"""The verb `report`: of the store's own books, as tables, CSV, JSON, bars and a picture."""

import asyncio
import csv
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from gateway.cli.csv_text import csv_of
from gateway.cli.series import series_of
from gateway.cli.svg import svg_of
from gateway.model.event import EventType
from gateway.store.sqlite import open_store
from tests.store.test_ledger import agent_event, contact_event, keep

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = ("--from", "2026-03-02T09:00", "--to", "2026-03-02T10:00")


@pytest.fixture
def booked(command):
    """Keep an hour: Ann is in, answers at :00 and :20; at :40 somebody gives up."""

    async def fill():
        store = open_store(command.folder / "gateway.db", now=lambda: NOW)
        await keep(
            store,
            agent_event(EventType.LOGIN, "ann", 0),
            agent_event(EventType.STATE, "ann", 10, "not_ready", reason="Lunch"),
            agent_event(EventType.LOGOUT, "ann", 30, "logged_out"),
            contact_event("a", 1, 1),
            contact_event("b", 1, 21),
            contact_event("c", 1, 41, outcome="abandoned"),
        )
        await store.close()

    asyncio.run(fill())


def test_a_table_has_the_columns_that_say_something(command, booked):
    table = command.ok("report", "intervals", *DAY)
    assert [line.split()[:3] for line in table.splitlines()] == [
        ["local", "queue", "offered"],
        ["2026-03-02T09:00+00:00", "Sales", "1"],
        ["2026-03-02T09:15+00:00", "Sales", "1"],
        ["2026-03-02T09:30+00:00", "Sales", "1"],
    ]
    assert "overflow" not in table


def test_json_and_csv_have_all_of_them(command, booked):
    rows = command.json("report", "intervals", *DAY)
    assert rows == json.loads(command.ok("report", "intervals", *DAY, "--format", "json"))
    told = command.ok("report", "intervals", *DAY, "--format", "csv")
    assert [row["answered"] for row in csv.DictReader(told.splitlines())] == ["1", "1", "0"]
    assert set(next(csv.reader(told.splitlines()))) == set(rows[0])


def test_agents_with_a_column_for_each_reason(command, booked):
    told = command.ok("report", "agents", *DAY, "--format", "csv")
    (row,) = csv.DictReader(told.splitlines())
    assert (row["agent"], row["by_reason:Lunch"]) == ("flex:ann", "1200.0")
    assert (row["logged_in_seconds"], row["ready_seconds"]) == ("1800.0", "600.0")


def test_contacts_by_what_is_asked(command, booked):
    rows = command.json("report", "contacts", *DAY, "--by", "hour,queue", "--by", "city")
    assert [(row["hour"], row["queue"], row["city"], row["contacts"]) for row in rows] == [
        (9, "Sales", "LOGAN", 3)
    ]


def test_a_zone_has_its_own_clock(command, booked):
    words = ("--zone", "Europe/Berlin", "--minutes", "60", "--from", "2026-03-02T10:00")
    (row,) = command.json("report", "intervals", *words, "--to", "2026-03-02T11:00")
    assert (row["local"], row["offered"]) == ("2026-03-02T10:00+01:00", 3)


def test_bars_on_the_screen(command, booked):
    drawn = command.ok("report", "intervals", *DAY, "--plot").splitlines()
    assert "answered" in drawn[0]
    assert [line.split()[:2] for line in drawn[1:]] == [
        ["03-02", "09:00"], ["03-02", "09:15"], ["03-02", "09:30"],
    ]  # fmt: skip
    assert {len(line.split()[2]) for line in drawn[1:]} == {60}
    assert "█" not in drawn[3]


def test_a_picture(command, booked):
    command.ok("report", "agents", *DAY, "--by", "interval,agent", "--svg", "day.svg")
    picture = ET.fromstring((command.folder / "day.svg").read_text())
    titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "report agents",
        "03-02 09:00 ready: 0.6667",
        "03-02 09:00 not ready: 0.3333",
        "03-02 09:15 not ready: 1",
    ]


def test_what_is_told_by_nothing_is_not_drawn(command, booked):
    answer = command("report", "contacts", *DAY, "--plot")
    assert answer.exit_code == 2
    assert "a plot needs something to go along" in answer.stderr


def test_nothing_is_nothing(command):
    assert command.ok("report", "intervals", *DAY) == "nothing happened in that time\n"
    assert command.ok("report", "intervals", *DAY, "--plot") == "nothing happened in that time\n"
    assert command.ok("report", "intervals", *DAY, "--format", "csv") == ""
    assert command.json("report", "intervals", *DAY) == []
    command.ok("report", "intervals", *DAY, "--svg", "day.svg")
    assert ET.parse(command.folder / "day.svg")


def test_a_strangers_text_is_no_formula_and_no_markup():
    row = {
        "queue": '=HYPERLINK("x")',
        "phone": "+44 113 000",
        "n": -1,
        "handled": 1,
        "abandoned": 0,
    }
    (told,) = csv.DictReader(csv_of([row]).splitlines())
    assert (told["queue"], told["phone"], told["n"]) == ('\'=HYPERLINK("x")', "+44 113 000", "-1")
    odd = row | {"queue": "<script>\x1b"}
    picture = svg_of(series_of([odd], "a & b"))
    assert "<script" not in picture
    assert "\x1b" not in picture
    assert ET.fromstring(picture).find("{http://www.w3.org/2000/svg}title").text == "a & b"
