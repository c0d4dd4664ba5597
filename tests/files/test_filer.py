"""The filer, by a clock that the test turns: each span once, whole, made up, corrected."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.engine.files.writing import Writing
from gateway.mapping import File, Named, WithheldError
from gateway.model.errors import StoreUnavailableError
from gateway.ports import DestinationMark
from tests.standins.delivery import HandClock
from tests.standins.shelf import MINUTE, NINE, Shelf, contact, destination

QUEUE = {"options": {"queues": {"Support": 101}, "files": ["queue"]}}


@pytest.fixture
async def shelf(tmp_path):
    shelf = Shelf(tmp_path, destination(**QUEUE))
    assert await shelf.look() == []
    yield shelf
    await shelf.store.close()


def offered(shelf, name):
    """Return how many contacts the first line of a queue file tells of."""
    return int(shelf.folder.files[name].split(";")[5])


async def test_a_span_is_written_once_when_it_and_its_grace_are_over(shelf):
    shelf.contacts += [contact("C1", NINE + MINUTE), contact("C2", NINE + 16 * MINUTE)]
    assert await shelf.look() == []
    assert shelf.next_at == NINE + 5 * MINUTE
    assert await shelf.look(minutes=19, seconds=59) == []
    assert shelf.next_at == NINE + 20 * MINUTE
    assert await shelf.look(seconds=1) == ["Queue_Statistics_20260302_09_00.csv"]
    assert offered(shelf, "Queue_Statistics_20260302_09_00.csv") == 1
    assert shelf.next_at == NINE + 35 * MINUTE
    assert await shelf.look(minutes=14) == []
    assert await shelf.look(minutes=1) == ["Queue_Statistics_20260302_09_15.csv"]


async def test_what_was_missed_is_made_up_in_order_and_only_once(shelf):
    await shelf.look()
    shelf.contacts.append(contact("C1", NINE + 46 * MINUTE))
    await shelf.restart()
    names = await shelf.look(hours=2, minutes=5)
    times = ("09_00", "09_15", "09_30", "09_45", "10_00", "10_15", "10_30", "10_45")
    assert names == [f"Queue_Statistics_20260302_{each}.csv" for each in times]
    assert offered(shelf, names[3]) == 1
    await shelf.restart()
    assert await shelf.look() == []


async def test_a_late_event_makes_a_correction_with_the_next_revision(shelf):
    shelf.contacts.append(contact("C1", NINE))
    (name,) = await shelf.look(minutes=20)
    shelf.contacts.append(contact("late", NINE + MINUTE))
    assert await shelf.look(minutes=1) == ["Queue_Statistics_20260302_09_00_r2.csv"]
    assert offered(shelf, name) == 1
    assert offered(shelf, "Queue_Statistics_20260302_09_00_r2.csv") == 2
    assert await shelf.look(minutes=1) == []
    shelf.contacts.append(contact("later", NINE + MINUTE))
    await shelf.restart()
    assert await shelf.look() == ["Queue_Statistics_20260302_09_00_r3.csv"]


async def test_what_changes_nothing_in_a_file_is_no_correction(shelf):
    shelf.contacts.append(contact("C1", NINE, ring_seconds=1.0))
    await shelf.look(minutes=20)
    shelf.contacts[0] = replace(shelf.contacts[0], ring_seconds=2.0)
    assert await shelf.look(minutes=1) == []
    shelf.start(
        options=shelf.settings.mapping.options().load(
            {"queues": {"Support": 7}, "files": ["queue"]}
        )
    )
    assert await shelf.look(minutes=1) == []


async def test_an_old_span_is_corrected_in_its_turn_and_a_look_stays_bounded(shelf):
    await shelf.look()
    await shelf.look(days=2)
    shelf.contacts.append(contact("late", NINE + MINUTE))
    shelf.reads.clear()
    written, looks = [], 0
    while not written:
        written = await shelf.look(seconds=1)
        looks += 1
    assert written == ["Queue_Statistics_20260302_09_00_r2.csv"]
    assert looks <= 192 / 8 + 1
    assert sum(shelf.reads) <= 12 * looks
    assert max(shelf.reads) <= 8


async def test_what_the_ledger_lets_go_of_is_left_as_it_was_written(shelf):
    shelf.retention = timedelta(days=1)
    shelf.start()
    shelf.contacts.append(contact("C1", NINE))
    await shelf.look(minutes=20)
    shelf.contacts.clear()
    await shelf.look(hours=11, minutes=50)
    assert not [each for each in shelf.folder.put_so_far if "_r2" in each]
    await shelf.look(days=3)
    assert await shelf.store.filed("wfm", 0, 1 << 60) == await shelf.store.filed(
        "wfm", shelf.clock.now().timestamp() * 1000 - 14 * 3600_000, 1 << 60
    )


async def test_less_heard_of_a_span_than_was_thought_is_no_correction(shelf):
    shelf.contacts.append(contact("C1", NINE))
    await shelf.look(minutes=20)
    shelf.hear(NINE + 5 * MINUTE, NINE + 60 * MINUTE)
    assert await shelf.look(minutes=1) == []


async def test_a_span_not_heard_throughout_is_marked_in_the_name(shelf):
    shelf.hear(NINE + 5 * MINUTE, NINE + 60 * MINUTE)
    assert await shelf.look(minutes=20) == ["Queue_Statistics_20260302_09_00_incomplete.csv"]
    assert await shelf.look(minutes=15) == ["Queue_Statistics_20260302_09_15.csv"]


async def test_or_withheld_where_that_is_asked_for(shelf):
    shelf.start(incomplete="withhold")
    shelf.hear(NINE + 3 * MINUTE, NINE + 60 * MINUTE)
    assert await shelf.look(minutes=20) == []
    assert shelf.filer.health.problem == "incomplete: heard 80% of it"
    assert shelf.filer.health.shown(NINE)["state"] == "withholding"
    assert await shelf.look(minutes=15) == ["Queue_Statistics_20260302_09_15.csv"]


async def test_an_unmapped_queue_withholds_with_the_line_to_add_and_is_made_up_when_it_is(shelf):
    shelf.contacts += [contact("C1", NINE), contact("C2", NINE, queue=Named("WQ2", "Sales"))]
    assert await shelf.look(minutes=20) == []
    line = (
        'destinations.wfm.options.queues: add "Sales": NUMBER, its number at the vendor (queue WQ2)'
    )
    assert shelf.filer.health.problem == line
    assert await shelf.look(days=1) != []
    mended = {"queues": {"Support": 101, "Sales": 102}, "files": ["queue"]}
    shelf.start(options=shelf.settings.mapping.options().load(mended))
    assert "Queue_Statistics_20260302_09_00.csv" in await shelf.look()
    assert shelf.filer.health.problem is None


async def test_a_folder_that_cannot_be_written_is_told_and_tried_again(shelf):
    shelf.folder.problem = "/srv/wfm: No space left on device"
    assert await shelf.look(minutes=20) == []
    health = shelf.filer.health
    assert health.failing_since == NINE + 20 * MINUTE
    assert health.shown(shelf.clock.now())["state"] == "failing"
    assert health.shown(shelf.clock.now())["last_answer"] == "/srv/wfm: No space left on device"
    assert health.shown(shelf.clock.now())["seconds_behind"] == 300.0
    assert shelf.next_at == shelf.clock.now() + timedelta(seconds=15)
    await shelf.look(seconds=15)
    assert shelf.next_at == shelf.clock.now() + timedelta(seconds=30)
    shelf.folder.problem = None
    assert await shelf.look(seconds=30) == ["Queue_Statistics_20260302_09_00.csv"]
    assert health.failing_since is None
    assert health.shown(shelf.clock.now())["state"] == "writing"


async def test_a_mapping_that_fails_withholds_and_harms_nothing_else(shelf):
    mapping = shelf.settings.mapping

    def files(figures, span, options):
        if figures.queues:
            raise RuntimeError("a secret")
        return mapping.files(figures, span, options)

    shelf.start(mapping=replace(mapping, files=files))
    shelf.contacts.append(contact("C1", NINE))
    assert await shelf.look(minutes=35) == ["Queue_Statistics_20260302_09_15.csv"]
    assert shelf.filer.health.problem == "mapping calabrio_interval_files 1 failed: RuntimeError"


async def test_a_name_that_leads_elsewhere_is_not_written(shelf):
    mapping = replace(shelf.settings.mapping, files=lambda *_: (File("../x", b""),))
    shelf.start(mapping=mapping)
    assert await shelf.look(minutes=20) == []
    assert "a name that is not plain letters and digits" in shelf.filer.health.problem


async def test_many_problems_are_told_in_part(shelf):
    def files(*_):
        raise WithheldError([f"options.queues: add {number}" for number in range(50)])

    shelf.start(mapping=replace(shelf.settings.mapping, files=files))
    await shelf.look(minutes=20)
    lines = shelf.filer.health.problem.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 30 more"


async def test_three_files_belong_together(tmp_path):
    shelf = Shelf(tmp_path, destination())
    await shelf.look()
    shelf.contacts.append(contact("C1", NINE + MINUTE))
    shelf.log_in("ann", NINE - MINUTE)
    names = await shelf.look(minutes=20)
    assert [each.partition("_")[0] for each in names] == ["Queue", "Agent", "AgentQueue"]
    last = shelf.folder.files[names[1]].splitlines()[-1]
    assert last == "15;20260302;09:00;ann;ann;900;900;0;900;0;0;0;0;0"
    assert shelf.folder.files[names[2]].splitlines()[-1].endswith(";ann;ann;101;Support;60;0;1;0")
    await shelf.store.close()


async def test_sources_that_are_not_the_destinations_are_left_out(shelf):
    shelf.contacts += [contact("C1", NINE), contact("C2", NINE, source="engage")]
    assert await shelf.look(minutes=20) != []
    assert offered(shelf, "Queue_Statistics_20260302_09_00.csv") == 1


@pytest.mark.parametrize(
    ("day", "spans"), [("2026-03-29", 92), ("2026-10-25", 100), ("2026-03-02", 96)]
)
async def test_a_day_has_as_many_spans_as_its_clock_has(tmp_path, day, spans):
    zone = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
    clock = HandClock(midnight.astimezone(UTC))
    shelf = Shelf(tmp_path, destination(**QUEUE, zone=zone), clock)
    shelf.hear(NINE, NINE + timedelta(days=300))
    await shelf.look()
    shelf.clock.advance((midnight + timedelta(days=1)).astimezone(UTC) - clock.now())
    names = await shelf.look(minutes=5)
    assert len(names) == len(set(names)) == spans
    assert await shelf.look() == []
    await shelf.store.close()


async def test_a_days_file_comes_when_the_day_is_over(tmp_path):
    shelf = Shelf(tmp_path, destination("genesys_history_csv"))
    shelf.contacts.append(contact("C1", NINE + 16 * MINUTE))
    assert await shelf.look() == []
    assert shelf.next_at == NINE + timedelta(hours=1)
    assert await shelf.look(hours=15, minutes=4) == []
    assert await shelf.look(minutes=1) == ["History20260302.csv"]
    assert (
        "2026-03-02T09:15:00Z,Support,Voice,,,1,1,60" in shelf.folder.files["History20260302.csv"]
    )
    shelf.contacts.append(contact("late", NINE))
    assert await shelf.look(hours=1) == ["History20260302r2.csv"]
    assert await shelf.look(hours=23) == []  # nothing came: no file
    assert shelf.filer.health.waiting == 0
    await shelf.store.close()


async def test_other_intervals_begin_where_they_were_asked_for(shelf):
    await shelf.look(minutes=50)
    shelf.start(minutes=30)
    assert await shelf.look() == []
    assert await shelf.look(minutes=15) == ["Queue_Statistics_20260302_09_30.csv"]


async def test_a_paused_destination_gets_nothing_until_it_is_resumed(shelf):
    await shelf.store.mark("wfm", DestinationMark(paused=True))
    assert await shelf.look(minutes=20) == []
    assert shelf.filer.health.shown(NINE)["state"] == "paused"
    await shelf.store.mark("wfm", DestinationMark(paused=False))
    assert await shelf.look() == ["Queue_Statistics_20260302_09_00.csv"]


async def test_what_is_asked_for_once_more_is_written_however_old(shelf):
    await shelf.look(days=1)
    await shelf.look()
    first, *_ = await shelf.store.filed("wfm", 0, 1 << 60)
    await shelf.store.keep_filed("wfm", replace(first, figures=None, content=None))
    assert await shelf.look() == ["Queue_Statistics_20260302_09_00_r2.csv"]


async def test_an_end_before_it_was_kept_writes_the_same_files_once_more(shelf, monkeypatch):
    shelf.contacts.append(contact("C1", NINE))

    async def refuse(*_):
        raise StoreUnavailableError("full disk")

    monkeypatch.setattr(shelf.store, "keep_filed", refuse)
    (name,) = await shelf.look(minutes=20)
    content = shelf.folder.files[name]
    assert shelf.filer.health.failure == "full disk"
    await shelf.restart()
    assert await shelf.look() == [name]
    assert shelf.folder.files[name] == content


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt])
async def test_a_mapping_that_ends_the_process_does_not(shelf, ending):
    def files(*_):
        raise ending

    shelf.start(mapping=replace(shelf.settings.mapping, files=files))
    assert await shelf.look(minutes=20) == []
    assert shelf.filer.health.problem.endswith(f"failed: it raised {ending.__name__}")


async def test_a_mapping_that_does_not_come_to_an_end_is_ended(shelf, monkeypatch):
    ended = threading.Event()

    def files(*_):
        try:
            while True:
                pass
        finally:
            ended.set()

    monkeypatch.setattr(Writing, "making_seconds", 0.2)
    shelf.start(mapping=replace(shelf.settings.mapping, files=files))
    assert await shelf.look(minutes=20) == []
    assert shelf.filer.health.problem.endswith("failed: it did not come to an end")
    assert await asyncio.to_thread(ended.wait, 20)


async def test_an_agent_without_a_wfm_id_is_left_out_where_they_are_not_forwarded(tmp_path):
    shelf = Shelf(tmp_path, destination(), unmapped="hold")
    await shelf.look()
    shelf.contacts.append(contact("C1", NINE + MINUTE))
    shelf.log_in("ann", NINE - MINUTE)
    _, agents, agent_queues = await shelf.look(minutes=20)
    assert len(shelf.folder.files[agents].splitlines()) == 3
    assert len(shelf.folder.files[agent_queues].splitlines()) == 3
    await shelf.store.close()


async def test_who_was_erased_is_in_no_file(tmp_path):
    shelf = Shelf(tmp_path, destination())
    await shelf.look()
    shelf.contacts.append(contact("C1", NINE + MINUTE, agent="flex:erased"))
    names = await shelf.look(minutes=20)
    assert offered(shelf, names[0]) == 1
    assert "erased" not in "".join(shelf.folder.files.values())
    await shelf.store.close()
