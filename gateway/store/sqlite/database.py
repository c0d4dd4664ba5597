"""One database file: who writes it, who reads it, what is counted."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import apsw

from gateway.model.clock import to_millis
from gateway.model.errors import StoreError, StoreUnavailableError
from gateway.store.sqlite import files
from gateway.store.sqlite.connection import (
    DAMAGED,
    connect,
    migrate,
    refuse_foreign,
    refuse_old_sqlite,
)
from gateway.store.sqlite.damage import is_lost, is_ours, is_sound, set_aside
from gateway.store.sqlite.reader import Checkpointer, Reader
from gateway.store.sqlite.recovery import mark_clean, recover
from gateway.store.sqlite.tally import Tally, Transaction
from gateway.store.sqlite.writer import Writer
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

T = TypeVar("T")

log = logger()


@dataclass(frozen=True)
class Database:
    """What every part of the store works with."""

    path: Path
    tally: Tally
    now: Callable[[], datetime]
    set_aside_at_start: int
    mark: files.Mark
    _writer: Writer
    _reader: Reader
    _checkpointer: Checkpointer
    _lock: int

    def write(
        self,
        run: Callable[[Transaction], T],
        *,
        slow: bool = False,
        committed: Callable[[T], None] | None = None,
    ) -> Future[T]:
        """Run *run* in a transaction; the future is done when it is durable. See
        `Writer.submit`.
        """
        return self._writer.submit(run, slow=slow, committed=committed)

    async def read(self, look: Callable[[apsw.Connection], T]) -> T:
        """Return what *look* finds in the store as it is now."""
        return await self._reader.look(look)

    async def start_log_over(self) -> bool:
        """Move the whole log into the file and empty it; return whether nobody was in the way."""
        await self._checkpointer.checkpoint()
        return await self._writer.between(_empty_log)

    async def rewrite(self) -> None:
        """Write the whole file anew; nothing else is written meanwhile."""
        await self._writer.between(lambda connection: connection.execute("VACUUM").fetchall())

    def now_millis(self) -> int:
        """Return the present time as the store keeps times."""
        return to_millis(self.now())

    async def close(self) -> None:
        """Mark the end as clean, if the disk lets us, and let go of the file."""
        try:
            with suppress(StoreUnavailableError):
                await self._writer.close(mark_clean)
        finally:
            await self._reader.close()
            await self._checkpointer.close()
            self.mark.note(0)
            self.mark.close()
            os.close(self._lock)


def _empty_log(connection: apsw.Connection) -> bool:
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    return True


def open_database(
    path: Path, now: Callable[[], datetime], on_damage: Callable[[], None] | None = None
) -> Database:
    """Open the file at *path*, make it where there is none, set right what a crash left.

    With *on_damage* a damaged one is set aside for a fresh one; it is called where damage shows
    later.

    Raises:
        StoreLockedError: another process has it.
        StoreError: it cannot be opened; the message says why.
    """
    refuse_old_sqlite(apsw.sqlite_lib_version())
    lock = files.lock(path)
    try:
        mark = files.Mark(lock)
        if is_lost(path, had_store=mark.has_store):
            _begin_anew(path, now, is_allowed=on_damage is not None)
        try:
            return _open_locked(path, now, lock, mark, on_damage)
        except DAMAGED as problem:
            if on_damage is None or not (mark.has_store or is_ours(path)):
                raise
            log.critical("store.set_aside", as_=set_aside(path, now()).name, why=str(problem))
            return _open_locked(path, now, lock, mark, on_damage)
    except apsw.Error as problem:
        os.close(lock)
        raise StoreError(f"the store {path} cannot be opened: {problem}") from problem
    except BaseException:
        os.close(lock)
        raise


def _begin_anew(path: Path, now: Callable[[], datetime], *, is_allowed: bool) -> None:
    """Set aside what is left of a store whose file is empty or gone."""
    why = "there was a store, and its file is empty or gone"
    if not is_allowed:
        raise StoreError(f"the store {path} cannot be opened: {why}; a start makes a fresh one")
    files.make_private(path)
    log.critical("store.set_aside", as_=set_aside(path, now()).name, why=why)


def _open_locked(
    path: Path,
    now: Callable[[], datetime],
    lock: int,
    mark: files.Mark,
    on_damage: Callable[[], None] | None,
) -> Database:
    files.make_private(path)
    tally, several = _set_right(path, to_millis(now()), mark)
    mark.note_store()

    def damaged() -> None:
        mark.note_damage(is_damaged=True)
        if on_damage is not None:
            on_damage()

    reading = partial(connect, path, writes=False)
    checkpointer = Checkpointer(reading)
    writer = Writer(partial(connect, path, writes=True), tally, checkpointer, damaged)
    reader = Reader(reading, damaged)
    return Database(path, tally, now, several, mark, writer, reader, checkpointer, lock)


def _set_right(path: Path, now: int, mark: files.Mark) -> tuple[Tally, int]:
    refuse_foreign(path)
    connection = connect(path, writes=True)
    try:
        if mark.is_damaged and not is_sound(connection):
            mark.note_damage(is_damaged=False)
            raise apsw.CorruptError("damage had shown while it was in use")
        migrate(connection)
        tally = Tally(connection)
        transaction = Transaction(connection, tally)
        transaction.run("BEGIN IMMEDIATE")
        several = recover(transaction, now, mark.read())
        transaction.flush()
        transaction.run("COMMIT")
        tally.apply(transaction.changes)
        mark.note(0)
        mark.note_damage(is_damaged=False)
        return tally, several
    finally:
        connection.close(force=True)
