"""Log lines on their way to stderr: several at a time, in order, none lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from threading import Thread

import pytest

from gateway.telemetry.lines import LINES_KEPT, Outlet


class Written(list):
    """Stands in for stderr; every write is an entry. *some* is set once there is one."""

    def __init__(self):
        super().__init__()
        self.some = asyncio.Event()

    def write(self, data):
        self.append(bytes(data))
        self.some.set()
        return len(data)

    def flush(self):
        pass


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def outlet(written):
    return Outlet(lambda: written)


async def test_ordinary_lines_are_written_together_and_soon(outlet, written):
    outlet.tell(b"one")
    outlet.tell(b"two")
    assert written == []

    await asyncio.wait_for(written.some.wait(), 5)
    assert written == [b"one\ntwo\n"]

    written.some.clear()
    outlet.tell(b"three")
    await asyncio.wait_for(written.some.wait(), 5)
    assert written[1:] == [b"three\n"]


async def test_an_urgent_line_waits_for_nothing_and_overtakes_none(outlet, written):
    outlet.tell(b"one")
    outlet.tell_now(b"two")

    assert written == [b"one\ntwo\n"]


def test_a_stream_that_takes_a_part_at_a_time_gets_all(written):
    class Slow(Written):
        def write(self, data):
            super().write(bytes(data[:3]))
            return min(3, len(data))

    slow = Slow()
    Outlet(lambda: slow).tell(b"one, two, three")

    assert b"".join(slow) == b"one, two, three\n"


def test_a_stream_that_takes_no_more_stops_nobody():
    there, here = os.pipe()
    os.set_blocking(here, False)
    with os.fdopen(there, "rb") as reader:
        with os.fdopen(here, "wb", buffering=0) as full:
            Outlet(lambda: full).tell(b"x" * 1_000_000)
            Outlet(lambda: full).tell(b"y")
        assert set(reader.read()) == {ord("x")}


async def test_not_too_many_wait(outlet, written):
    for _ in range(LINES_KEPT):
        outlet.tell(b"one")

    assert b"".join(written) == b"one\n" * LINES_KEPT


def test_where_no_loop_runs_a_line_is_written_at_once(outlet, written):
    outlet.tell(b"one")

    assert written == [b"one\n"]


def test_what_a_loop_that_has_ended_left_goes_out_with_the_next_line(outlet, written):
    async def tell(line):
        outlet.tell(line)

    asyncio.run(tell(b"one"))
    assert written == []
    asyncio.run(tell(b"two"))
    outlet.tell(b"three")

    assert b"".join(written) == b"one\ntwo\nthree\n"


def test_what_threads_tell_is_all_there(outlet, written):
    told = [b"%d-%d" % (who, number) for who in range(4) for number in range(500)]

    def tell(lines):
        for line in lines:
            outlet.tell(line)

    threads = [Thread(target=tell, args=(told[who * 500 :][:500],)) for who in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    lines = b"".join(written).splitlines()
    assert sorted(lines) == sorted(told)
    for who in range(4):
        assert [each for each in lines if each.startswith(b"%d-" % who)] == told[who * 500 :][:500]


LOGS_AND_ENDS = """
import asyncio
from gateway.telemetry.logs import configure, logger

async def main():
    logger().info("last.words")

configure(json=True)
asyncio.run(main())
"""


def test_nothing_is_lost_at_an_orderly_end():
    ended = subprocess.run([sys.executable, "-c", LOGS_AND_ENDS], capture_output=True, check=True)

    assert b'"last.words"' in ended.stderr
