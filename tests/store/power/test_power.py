"""The power is lost: what was acknowledged is there, whatever the disk did between two syncs.

The long form: ``python -m tests.store.power --seconds 3600``.
"""

from collections import Counter
from itertools import islice
from random import Random

import pytest

from tests.store.power import work
from tests.store.power.disk import SECTOR, Disk
from tests.store.power.tape import Linked, Resized, Synced, Tape, Written
from tests.store.power.trial import generations, record

SEEDS = (1, 2)
LIVES = 3


def recorded(place, *, requests=150, seed=3):
    tape = Tape(place / "life" / "var", None)
    record(tape, work.Work(tape.note, Random(seed), again=(), first=0), requests)
    return tape


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_acknowledged_survives_a_power_loss(tmp_path, seed):
    lives = generations(tmp_path, Random(seed), requests=120, losses=40)
    suffered = [each for losses in islice(lives, LIVES) for each in losses]
    assert [(each.position, each.problems) for each in suffered if each.problems] == []
    assert any(each.ledger.settled for each in suffered)


@pytest.mark.parametrize(
    ("sync", "said"),
    [
        ("wal", "is lost|again|not owed any more"),
        ("db", "does not open|is lost|integrity_check"),
        ("folder", "is lost"),
        ("parent", "is lost"),
    ],
)
def test_without_the_sync_something_is_lost(tmp_path, sync, said):
    lives = generations(tmp_path, Random(1), requests=60, losses=30, ignored=frozenset({sync}))
    problems = [text for losses in islice(lives, 2) for each in losses for text in each.problems]
    assert problems
    assert any(word in text for text in problems for word in said.split("|"))


def test_a_recording_tells_all_that_became_of_the_files(tmp_path):
    tape = recorded(tmp_path)
    disk = Disk(tape)
    disk.move_to(len(tape.steps), lambda _what: None)
    files = {
        each.name: each.read_bytes()
        for each in tape.folder.iterdir()
        if not each.name.endswith((".lock", "-shm"))
    }
    assert disk.as_it_is() == files


def test_a_recording_has_checkpoints_and_logs_that_start_over(tmp_path):
    tape = recorded(tmp_path)
    logs = {
        each.file for each in tape.steps if isinstance(each, Linked) and each.name.endswith("-wal")
    }
    begun = Counter(
        each.file for each in tape.steps if isinstance(each, Written) and each.offset == 0
    )
    assert any(begun[log] > 1 for log in logs)
    assert any(isinstance(each, Resized) and each.file in logs for each in tape.steps)
    moved = [each for each in tape.steps if isinstance(each, Synced) and each.file not in logs]
    assert len(moved) > 3


def scripted(place, *steps):
    tape = Tape(place, {"gateway.db": b"a" * SECTOR * 3})
    tape.steps += steps
    disk = Disk(tape)
    disk.move_to(len(steps), lambda _what: None)
    return {tuple(disk.without_power(Random(seed)).items()) for seed in range(400)}


def test_a_disk_keeps_any_sectors_of_what_was_not_synced_and_all_of_what_was(tmp_path):
    left = scripted(
        tmp_path,
        Written(0, 0, b"b" * SECTOR),
        Synced(0, begun=1),
        Written(0, SECTOR, b"c" * SECTOR * 3),
    )
    contents = [dict(each)["gateway.db"] for each in left]
    assert all(each.startswith(b"b" * SECTOR) for each in contents)
    assert {len(each) for each in contents} == {SECTOR * 3, SECTOR * 4}
    second_and_third = {
        (each[SECTOR : SECTOR + 1], each[SECTOR * 2 : SECTOR * 2 + 1]) for each in contents
    }
    assert second_and_third == {(b"a", b"a"), (b"a", b"c"), (b"c", b"a"), (b"c", b"c")}


def test_a_sync_covers_what_was_written_before_it_began(tmp_path):
    left = scripted(
        tmp_path, Written(0, 0, b"b" * SECTOR), Written(0, SECTOR, b"c" * SECTOR), Synced(0, 1)
    )
    contents = [dict(each)["gateway.db"] for each in left]
    assert all(each.startswith(b"b" * SECTOR) for each in contents)
    assert {each[SECTOR : SECTOR + 1] for each in contents} == {b"a", b"c"}


def test_a_new_name_may_be_gone_until_the_folder_is_synced(tmp_path):
    left = scripted(tmp_path, Linked("gateway.db-wal", 1), Written(1, 0, b"x"), Synced(1, 2))
    assert {len(each) for each in left} == {1, 2}
