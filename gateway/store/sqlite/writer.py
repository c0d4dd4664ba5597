"""The one writer: group commit, one transaction after another.

Statements run on the event loop's thread, where each costs microseconds of memory work; the
commit, which waits for the disk, runs on a thread of its own. Everything that arrives while a
commit runs goes into the next transaction. Why not all of it on that thread: every statement
gives the interpreter's lock away and has to win it back (docs/decisions/0001).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from gateway.model.errors import StoreError, StoreUnavailableError
from gateway.store.sqlite.connection import DAMAGED, UNAVAILABLE, unavailable
from gateway.store.sqlite.groups import Group, Operation, Queue
from gateway.store.sqlite.tally import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.store.sqlite.reader import Checkpointer
    from gateway.store.sqlite.tally import Tally

T = TypeVar("T")


@dataclass(slots=True)
class _Job:
    """Something for the writer's thread; *done* is called on the loop with what it raised."""

    loop: asyncio.AbstractEventLoop
    work: Callable[[], object]
    done: Callable[[Exception | None], None]


class Writer:
    """Runs operations in the order of their submission. All methods belong to the loop's thread.

    *connect* opens the connection, again whenever an error has made the present one doubtful;
    the *checkpointer* is told, after each commit, how many pages it has written so far.
    """

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        tally: Tally,
        checkpointer: Checkpointer,
        on_damage: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._tally = tally
        self._checkpointer = checkpointer
        self._on_damage = on_damage
        self._connection: apsw.Connection | None = connect()
        self._queue = Queue()
        self._between: deque[tuple[Callable[[apsw.Connection], Any], asyncio.Future[Any]]] = deque()
        self._is_busy = self._is_closed = False
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=_work, args=(self._jobs,), name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        run: Callable[[Transaction], T],
        *,
        slow: bool = False,
        committed: Callable[[T], None] | None = None,
    ) -> asyncio.Future[T]:
        """Have *run* executed within a transaction; the future is done when it is durable.

        *run* may be called several times, and must not have effects but through the
        transaction; *committed* is for those, called once even if nobody waits any more.
        *slow* ones get a transaction of their own on the writer's thread.
        """
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.operations.append(Operation(run, future, slow, committed))
        self._begin_soon(loop)
        return future

    def between(self, work: Callable[[apsw.Connection], T]) -> asyncio.Future[T]:
        """Have *work* done on the writer's thread between two transactions."""
        if self._is_closed:
            raise StoreUnavailableError("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._between.append((work, future))
        self._begin_soon(loop)
        return future

    def _begin_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._next)

    async def close(self, last: Callable[[Transaction], None]) -> None:
        """Do what waits, then *last*, then stop."""
        if self._is_closed:
            return
        future = self.submit(last, slow=True)
        self._is_closed = True
        try:
            await future
        finally:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._drop_connection()

    def _next(self) -> None:
        while self._queue.operations or self._between:
            if self._between:
                self._do_between(*self._between.popleft())
                return
            if self._checkpointer.must_restart:
                self._checkpointer.must_restart = False
                self._hand_over(self._restart_wal, lambda _problem: self._next())
                return
            group = self._begin(self._queue.take())
            if group is not None and self._run(group):
                return
        self._is_busy = False

    def _do_between(self, work: Callable[[apsw.Connection], T], future: asyncio.Future[T]) -> None:
        found: list[T] = []

        def do() -> None:
            if self._connection is None:
                self._connection = self._connect()
            found.append(work(self._connection))

        def done(problem: Exception | None) -> None:
            if not future.done() and problem is not None:
                future.set_exception(_as_told(problem))
            elif not future.done():
                future.set_result(found[0])
            self._next()

        self._hand_over(do, done)

    def _begin(self, operations: list[Operation]) -> Group | None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as problem:
            self._drop_connection()
            _refuse(operations, unavailable(problem))
            return None
        return Group(operations, Transaction(self._connection, self._tally))

    def _run(self, group: Group) -> bool:
        """Run the statements and hand over the commit; return false where that came to nothing."""
        if group.operations[0].slow:
            self._hand_over(lambda: _finish(group, runs=True), lambda e: self._settle(group, e))
            return True
        transaction = group.transaction
        for operation in group.operations:
            try:
                operation.result = operation.run(transaction)
            except Exception as problem:  # noqa: BLE001 - whatever an operation raises is its own
                self._fail(group, problem, operation)
                return False
        try:
            transaction.flush()
        except Exception as problem:  # noqa: BLE001 - of a row that was left for the end
            self._fail(group, problem)
            return False
        self._hand_over(lambda: _finish(group), lambda e: self._settle(group, e))
        return True

    def _hand_over(
        self, work: Callable[[], object], done: Callable[[Exception | None], None]
    ) -> None:
        self._jobs.put(_Job(asyncio.get_running_loop(), work, done))

    def _settle(self, group: Group, problem: Exception | None) -> None:
        if problem is not None:
            self._fail(group, problem)
            self._next()
            return
        self._tally.apply(group.transaction.changes)
        for operation in group.operations:
            if operation.committed is not None:
                operation.committed(operation.result)
        assert self._connection is not None
        self._checkpointer.written(self._connection.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)[0])
        for operation in group.operations:
            if not operation.future.done():
                operation.future.set_result(operation.result)
        # What those awake now write goes along: a busy loop commits less often.
        asyncio.get_running_loop().call_soon(self._next)

    def _fail(self, group: Group, problem: Exception, culprit: Operation | None = None) -> None:
        """Roll back. One operation's own fault fails it alone; the others are tried again."""
        self._roll_back()
        operations = group.operations
        is_ours = isinstance(problem, UNAVAILABLE)
        if isinstance(problem, DAMAGED):
            self._on_damage()
        if is_ours:
            self._checkpointer.must_restart = True  # a log that starts over needs no new room
        if is_ours and not isinstance(problem, apsw.FullError):
            self._drop_connection()
            _refuse(operations, unavailable(problem))
        elif culprit is None and len(operations) > 1:
            self._queue.put_back(operations)
        else:
            guilty = culprit or operations[0]
            _refuse([guilty], _as_told(problem))
            self._queue.put_back([each for each in operations if each is not guilty])

    def _roll_back(self) -> None:
        assert self._connection is not None
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            self._drop_connection()

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(force=True)

    def _restart_wal(self) -> None:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)


def _finish(group: Group, *, runs: bool = False) -> None:
    if runs:
        (operation,) = group.operations
        operation.result = operation.run(group.transaction)
        group.transaction.flush()
    group.transaction.run("COMMIT")


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        raised: Exception | None = None
        try:
            job.work()
        except Exception as problem:  # noqa: BLE001 - told to whoever waits
            raised = problem
        try:
            job.loop.call_soon_threadsafe(job.done, raised)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more


def _as_told(problem: Exception) -> Exception:
    if isinstance(problem, UNAVAILABLE):
        return unavailable(problem)
    if isinstance(problem, apsw.Error):
        return StoreError(f"the store refused the operation: {problem}")
    return problem


def _refuse(operations: list[Operation], problem: Exception) -> None:
    for operation in operations:
        if not operation.future.done():
            operation.future.set_exception(problem)
