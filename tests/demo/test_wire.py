"""The stand-in vendor and the sender of made-up requests, on a real wire."""

import asyncio
from itertools import islice

import pytest

from gateway.demo.standins import stand_ins
from gateway.http.recorder import Recorder, Reply
from gateway.http.sender import Posting, Target, post, send_at_rate
from gateway.model.errors import OperationError


@pytest.fixture
async def vendor():
    heard = []
    answers = []
    taken = asyncio.Event()

    def answer(request):
        heard.append(request)
        taken.set()
        return answers.pop(0) if answers else Reply()

    recorder = Recorder(answer)
    await recorder.start()
    recorder.heard, recorder.answers, recorder.taken = heard, answers, taken
    yield recorder
    await recorder.close()


def target(vendor, **headers):
    return Target(f"http://127.0.0.1:{vendor.port}/in?x=1", headers)


def posted(count):
    return (
        Posting(number % 3, f'{{"n":{number}}}'.encode(), "application/json")
        for number in range(count)
    )


async def test_a_request_is_recorded_as_it_came(vendor):
    vendor.answers.append(Reply(429, {"Retry-After": "3"}))
    status, _body = await post(target(vendor, Authorization="x"), b"\x00\xff", "text/odd")
    (heard,) = vendor.heard
    assert status == 429
    assert (heard.method, heard.target, heard.body) == ("POST", "/in?x=1", b"\x00\xff")
    assert heard.headers["authorization"] == "x"
    assert heard.headers["content-type"] == "text/odd"


async def test_everything_is_sent_and_counted_in_order_for_each_agent(vendor):
    vendor.answers.append(Reply(503))
    tally = await send_at_rate(target(vendor), posted(30), rate=2000)
    assert tally.sent == 30
    assert dict(tally.statuses) == {503: 1, 200: 29}
    assert tally.answered_well == 29
    assert tally.quantile_ms(0.99) >= tally.quantile_ms(0.5) > 0
    first = [
        heard.body
        for heard in vendor.heard
        if heard.body in {b'{"n":%d}' % n for n in range(0, 30, 3)}
    ]
    assert first == [b'{"n":%d}' % n for n in range(0, 30, 3)]


async def test_it_stops_when_asked(vendor):
    stop = asyncio.Event()

    def on_sent(tally):
        if tally.sent >= 3:
            stop.set()

    tally = await send_at_rate(target(vendor), posted(10**9), rate=200, on_sent=on_sent, stop=stop)
    assert 3 <= tally.sent < 100


async def test_no_answer_is_counted_and_told(vendor):
    closed = target(vendor)
    await vendor.close()
    tally = await send_at_rate(closed, posted(2), rate=1000)
    assert dict(tally.statuses) == {0: 2}
    assert tally.last_error
    with pytest.raises(OperationError, match="no answer"):
        await post(closed, b"", "text/plain")


async def test_who_hangs_is_let_go_at_the_end(vendor):
    vendor.answers.append(Reply(hangs=True))
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(post(target(vendor), b"", "text/plain"))
        await vendor.taken.wait()
        await vendor.close()
    assert hanging.done()


async def test_a_stand_in_remembers_events_and_who_was_told():
    async with stand_ins(["acme-wfm"], seed=1) as all_of_them:
        standin = all_of_them.each["acme-wfm"]
        assert all_of_them.environ() == {"DEMO_ACME_WFM_PORT": str(standin.port)}
        where = Target(f"http://127.0.0.1:{standin.port}/", {"Idempotency-Key": "e1:acme-wfm"})
        await post(where, b'{"specversion":"1.0","id":"e1"}', "application/json")
        await post(where, b"not JSON", "text/plain")
        assert list(all_of_them.board.events) == ["e1"]
        assert list(standin.told) == ["e1", "e1"]
        assert len(standin.take()) == 2
        assert list(islice(standin.take(), 1)) == []
