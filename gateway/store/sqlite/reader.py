"""Reading beside the writer, and moving the write-ahead log into the database file."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import apsw

from gateway.model.errors import StoreError, StoreUnavailableError
from gateway.store.sqlite.connection import DAMAGED, UNAVAILABLE, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

CHECKPOINT_PAGES = 2_000
WAL_PAGES = 16_000
"""A log longer than this is started over between two transactions: 64 MB of 4 KiB pages."""


class Reader:
    """One connection on one thread. Each look sees one state of the store."""

    def __init__(
        self, connect: Callable[[], apsw.Connection], on_damage: Callable[[], None] = lambda: None
    ) -> None:
        self._connect = connect
        self._on_damage = on_damage
        self._connection: apsw.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._is_closed = False

    async def look(self, look: Callable[[apsw.Connection], T]) -> T:
        """Return what *look* finds.

        Raises:
            StoreUnavailableError: the file cannot be read now.
        """
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._look, look)
        except StoreUnavailableError as problem:
            if isinstance(problem.__cause__, DAMAGED):
                self._on_damage()
            raise

    async def close(self) -> None:
        """Let what is under way end, and close."""
        self._is_closed = True
        await asyncio.to_thread(self._thread.shutdown)
        self._drop_connection()

    def _look(self, look: Callable[[apsw.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN")
            try:
                return look(self._connection)
            finally:
                if self._connection.in_transaction:  # else the disk's error has ended it
                    self._connection.execute("COMMIT")
        except UNAVAILABLE as problem:
            self._drop_connection()
            raise unavailable(problem) from problem
        except apsw.Error as problem:
            self._drop_connection()
            raise StoreError(f"the store cannot be read: {problem}") from problem

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(force=True)


class Checkpointer:
    """Checkpoints that no answer waits for, on a connection and a thread of their own.

    A passive checkpoint cannot start the log over while transactions keep coming.
    *must_restart* is set when the log has become long: the writer does it between two of them.
    """

    def __init__(self, connect: Callable[[], apsw.Connection]) -> None:
        self._connection = connect()
        self.must_restart = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        self._pages = 0
        self._is_busy = False

    def written(self, pages: int) -> None:
        """Take note that the writer's connection has written so many *pages* in all."""
        self._pages = min(self._pages, pages)  # a connection opened again counts from 0
        if pages - self._pages < CHECKPOINT_PAGES or self._is_busy:
            return
        self._pages, self._is_busy = pages, True
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._thread, self._checkpoint).add_done_callback(self._done)

    async def checkpoint(self) -> None:
        """Move what there is of the log into the database file now."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoint)

    async def close(self) -> None:
        """Move the whole log into the database file, if nothing is in the way."""
        self._thread.submit(self._checkpoint)
        await asyncio.to_thread(self._thread.shutdown)
        self._connection.close(force=True)

    def _checkpoint(self) -> int:
        """Return the length of the log in pages; 0 where the disk does not let us."""
        try:
            return self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[0]
        except apsw.Error:
            return 0  # the log keeps what is committed; the next checkpoint tries again

    def _done(self, checkpoint: asyncio.Future[int]) -> None:
        self._is_busy = False
        if not checkpoint.cancelled() and checkpoint.result() > WAL_PAGES:
            self.must_restart = True
