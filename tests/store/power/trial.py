"""Trials: a store at work is recorded, then the power is lost at many moments of the recording."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from gateway.store.sqlite import connection, reader
from tests.store.power.disk import Disk
from tests.store.power.ledger import Acknowledged, Finished, Found, Ledger, Recorded, settled
from tests.store.power.tape import Noted, Tape, recording
from tests.store.power.work import Work, look_into

OPENING_SECONDS = 20


@dataclass
class Loss:
    """A power loss before step *position*: what the disk held then, and what was wrong with it."""

    position: int
    files: dict[str, bytes] | None
    ledger: Ledger
    problems: list[str]
    found: Found = field(default_factory=Found)


@contextmanager
def small_log() -> Iterator[None]:
    """Have checkpoints, and logs that start over and are cut, within seconds of work."""
    usual = reader.CHECKPOINT_PAGES, reader.WAL_PAGES, connection.WAL_FILE_BYTES
    reader.CHECKPOINT_PAGES, reader.WAL_PAGES, connection.WAL_FILE_BYTES = 40, 150, 300_000
    try:
        yield
    finally:
        reader.CHECKPOINT_PAGES, reader.WAL_PAGES, connection.WAL_FILE_BYTES = usual


def generations(
    place: Path,
    dice: Random,
    *,
    requests: int,
    losses: int,
    ignored: frozenset[str] = frozenset(),
) -> Iterator[list[Loss]]:
    """Record a store's life again and again, each from where a power loss ended the one before.

    Of each life come *losses* of the power, at moments of their own.
    """
    start, ledger, first = None, Ledger(), 0
    while True:
        tape = Tape(place / "life" / "var", start, ignored)
        work = Work(tape.note, dice, again=ledger.sending, first=first)
        record(tape, work, requests)
        suffered = list(losses_of(tape, ledger, dice, losses, place / "after"))
        yield suffered
        survivors = [each for each in suffered if each.files and not each.problems]
        if not survivors:
            continue
        last = dice.choice(survivors)
        start, sending = last.files, last.ledger.sending
        ledger, first = settled(last.found), first + requests
        ledger.sending |= sending - set(last.found.receipts.values())


def record(tape: Tape, work: Work, requests: int) -> None:
    """Let the store live on what the tape starts with."""
    lay_out(tape.folder, tape.start)
    with small_log(), recording(tape):
        asyncio.run(work.run(tape.folder, requests))


def losses_of(
    tape: Tape, before: Ledger, dice: Random, several: int, place: Path
) -> Iterator[Loss]:
    """Lose the power at so many moments of the tape, and look at what each leaves."""
    disk, ledger = Disk(tape), before
    for position in sorted(_moments(tape, dice, several)):
        disk.move_to(position, ledger.note)
        files = disk.without_power(dice)
        yield _judged(Loss(position, files, ledger.copy(), []), place)


def _moments(tape: Tape, dice: Random, several: int) -> list[int]:
    """Pick moments, half of them right after something was acknowledged."""
    news = [
        number + 1
        for number, step in enumerate(tape.steps)
        if isinstance(step, Noted) and isinstance(step.what, Acknowledged | Finished | Recorded)
    ]
    any_time = range(len(tape.steps) + 1)
    return [dice.choice(dice.choice((news, any_time))) for _ in range(several)]


def _judged(loss: Loss, place: Path) -> Loss:
    lay_out(place, loss.files)
    with recording(Tape(place, None)):  # a look need not wait for the disk
        try:
            loss.found = asyncio.run(asyncio.wait_for(look_into(place), OPENING_SECONDS))
        except TimeoutError:
            loss.problems = ["it does not tell what is untranslated"]
        except Exception as problem:  # noqa: BLE001 - a damaged file may lead to anything
            loss.problems = [f"it does not open: {problem!r}"]
        else:
            loss.problems = loss.ledger.problems(loss.found)
        if loss.problems:
            gc.collect()  # no connection may outlive the VFS that it uses
    return loss


def lay_out(folder: Path, files: dict[str, bytes] | None) -> None:
    """Have just these files in the folder (`None`: no folder)."""
    shutil.rmtree(folder, ignore_errors=True)
    if files is not None:
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
