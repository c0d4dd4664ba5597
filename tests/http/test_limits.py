"""What a stranger can hold on to is bounded: connections, time, bytes."""

from __future__ import annotations

import asyncio
import socket


async def test_slow_headers_are_cut(listening):
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(b"POST /v1/ingest/open HTTP/1.1\r\nHost:")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

        assert answer.startswith(b"HTTP/1.1 408 ")
        assert server.refusals("-", 408, "slow_headers") == 1


async def test_silence_is_cut(listening):
    async with listening() as server:
        reader, writer = await server.connect()

        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_slow_headers_of_a_second_request_are_cut(listening, compose, answer_of):
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(compose("/v1/ingest/open"))
        assert (await answer_of(reader)).status == 200
        writer.write(b"POST ")

        assert (await asyncio.wait_for(reader.read(), 3)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_body_that_stops_is_cut(listening, compose):
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(compose("/v1/ingest/open", b"x" * 100)[:-50])
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

        assert answer.startswith(b"HTTP/1.1 408 ")
        assert server.refusals("open", 408, "slow_body") == 1
        assert server.intake.seen == []


async def test_a_body_that_drips_is_cut(listening, compose):
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(compose("/v1/ingest/open", b"x" * 100)[:-99])
        # Not to the end: whoever still writes when it is cut may be reset.
        answer = asyncio.ensure_future(reader.readline())
        started = asyncio.get_running_loop().time()
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait([answer], timeout=0.1)
        writer.close()

        assert answer.result().startswith(b"HTTP/1.1 408 ")
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_sender_who_goes_away_keeps_nothing(listening, compose):
    async with listening() as server:
        _, writer = await server.connect()
        writer.write(compose("/v1/ingest/open", b"x" * 100)[:-50])
        await writer.drain()
        writer.transport.abort()
        answer = await server.post("/v1/ingest/open")

        assert answer.status == 200
        assert len(server.intake.seen) == 1


async def test_a_chunked_body_over_the_limit(listening):
    async with listening(max_body_bytes=1000) as server:
        head = b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await server.send(head + b"200\r\n" + b"x" * 512 + b"\r\n200\r\n" + b"x" * 512)

        assert answer.status == 413
        assert answer.headers["connection"] == "close"


async def test_a_broken_chunked_body(listening):
    async with listening() as server:
        head = b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await server.send(head + b"zz\r\n")

        assert answer.status == 400


async def test_connections_over_the_limit_are_turned_away(listening, compose, answer_of):
    async with listening(max_connections=2) as server:
        kept = [await server.connect() for _ in range(2)]
        reader, writer = await server.connect()
        turned_away = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        first_reader, first_writer = kept[0]
        first_writer.write(compose("/v1/ingest/open", b"{}", "Connection: close"))
        served = await answer_of(first_reader)
        await first_reader.read()
        again = await server.post("/v1/ingest/open")
        for _, each in kept:
            each.close()

        assert turned_away.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After" in turned_away
        assert server.refusals("-", 503, "connections") == 1
        assert (served.status, again.status) == (200, 200)


async def test_a_connection_turned_away_is_not_reset_under_its_answer(listening, compose):
    async with listening(max_connections=1) as server:
        _, kept = await server.connect()
        with socket.create_connection(("127.0.0.1", server.port)) as asking:
            # All of it is on its way before the server looks at the connection.
            asking.sendall(compose("/v1/ingest/open", b"x" * 60_000))
            asking.settimeout(5)
            answer = await asyncio.to_thread(asking.recv, 65536)
            asking.sendall(b"more")
            end = await asyncio.to_thread(asking.recv, 65536)
        kept.close()

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert end == b""


async def test_a_connection_turned_away_does_not_stay(listening):
    async with listening(max_connections=1) as server:
        _, kept = await server.connect()
        reader, writer = await server.connect()
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        async with asyncio.timeout(5):
            while not writer.is_closing():  # QUICK.linger after its answer
                writer.write(b"x")
                await asyncio.sleep(0.01)
        kept.close()


async def test_bytes_in_flight(listening, compose, answer_of):
    async with listening(max_inflight_bytes=1000) as server:
        server.intake.gate = asyncio.Event()
        first = asyncio.ensure_future(server.post("/v1/ingest/open", b"x" * 600))
        await server.intake.entered.wait()
        refused = await server.post("/v1/ingest/open", b"x" * 600)
        small = asyncio.ensure_future(server.post("/v1/ingest/open", b"x" * 300))
        server.intake.gate.set()
        accepted = await first
        after = await server.post("/v1/ingest/open", b"x" * 600)

        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
        assert server.refusals("open", 503, "inflight") == 1
        assert (accepted.status, (await small).status, after.status) == (200, 200, 200)


async def test_bytes_in_flight_are_refused_before_they_are_read(listening, compose, answer_of):
    async with listening(max_inflight_bytes=1000) as server:
        reader, writer = await server.connect()
        head = compose("/v1/ingest/open", b"x" * 2000)
        writer.write(head[: head.index(b"\r\n\r\n") + 4])
        answer = await answer_of(reader)
        writer.close()

        assert answer.status == 503


async def test_chunked_bytes_in_flight(listening):
    async with listening(max_inflight_bytes=1000) as server:
        head = b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await server.send(head + b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n")

        assert answer.status == 503


async def test_requests_under_way_are_answered_at_the_end(listening):
    async with listening() as server:
        server.intake.gate = asyncio.Event()
        answer = asyncio.ensure_future(server.post("/v1/ingest/open"))
        await server.intake.entered.wait()
        asyncio.get_running_loop().call_later(0.05, server.intake.gate.set)

    assert (await answer).status == 200


async def test_a_request_that_hangs_does_not_hold_up_the_end(listening):
    loop = asyncio.get_running_loop()
    async with listening() as server:
        server.intake.gate = asyncio.Event()
        _, writer = await server.connect()
        writer.write(b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
        await server.intake.entered.wait()
        started = loop.time()

    writer.close()
    assert loop.time() - started < 3
