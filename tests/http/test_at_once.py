"""Requests that are written at once are what aiohttp's own would be, byte for byte."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import aiohttp
import pytest

from gateway.http.at_once import KNOWN, AtOnce
from gateway.http.transport import HttpTransport
from gateway.model.outgoing import OutgoingRequest

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CASES = [
    ("POST", "/a", [("Content-Type", "application/json")], b"{}"),
    ("POST", "/a%2Fb?c=%20d", [("Content-Type", "text/xml"), ("SOAPAction", '"x"')], b"<a/>"),
    ("PUT", "/", [("X-Two", "a"), ("X-Two", "b")], b"x" * 100_000),
    ("PATCH", "/a", [("Content-Type", "a/b"), ("Accept", "a/c"), ("Host", "elsewhere")], b"\x00"),
    ("POST", "/empty", [("Content-Type", "application/json")], b""),
    ("GET", "/question", [], b""),
]


@asynccontextmanager
async def listener(heard):
    """Answer each request when all of it has come; note its bytes."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            names = dict(each.split(": ") for each in head.decode().lower().splitlines()[1:-1])
            length = int(names.get("content-length", 0))
            if "expect" in names:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            heard.append(head + await reader.readexactly(length))
            writer.write(ANSWER)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for each in writers:
            each.close()
            with suppress(ConnectionError):
                await each.wait_closed()


def outgoing(url, method="POST", headers=(), body=b"{}"):
    return OutgoingRequest(method, url, tuple(headers), body, timedelta(seconds=5))


async def sent(kind, cases):
    """Return the bytes of *cases*, of one connection."""
    heard = []
    async with listener(heard) as url:
        headers = {"Accept-Encoding": "identity", "User-Agent": "us"}
        async with aiohttp.ClientSession(request_class=kind, headers=headers) as session:
            for method, path, own, body in cases:
                address = f"{url}{path}"
                async with session.request(
                    method, address, headers=own, data=body or None
                ) as answer:
                    assert await answer.read() == b"ok"
        return [each.replace(url.removeprefix("http://").encode(), b"here") for each in heard]


async def test_they_are_the_same_bytes():
    assert aiohttp.__version__.startswith(KNOWN)
    assert await sent(AtOnce, CASES) == await sent(aiohttp.ClientRequest, CASES)


async def test_a_sender_that_waits_to_be_told_to_go_on():
    expecting = [("POST", "/", [("Expect", "100-continue")], b"later")]
    assert (await sent(AtOnce, expecting))[0].endswith(b"later")


@pytest.fixture
async def transport():
    made = HttpTransport(1)
    yield made
    await made.close()


async def test_a_body_that_the_connection_does_not_take_at_once(transport):
    heard = []
    async with listener(heard) as url:
        first = await transport.send(outgoing(url, body=b"x" * 1_000_000))
        second = await transport.send(outgoing(url, body=b"y"))

    assert (first.body, second.body) == (b"ok", b"ok")
    assert [len(each.partition(b"\r\n\r\n")[2]) for each in heard] == [1_000_000, 1]


async def test_an_answer_that_comes_before_the_body_is_read(transport):
    is_over = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        with suppress(ConnectionError):
            await writer.drain()
            while await reader.read(65536):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        is_over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        answer = await transport.send(outgoing(url, body=b"x" * 1_000_000))
        await transport.close()
        await is_over.wait()

    assert (answer.status, answer.error) == (413, None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a body beyond what the system buffers
@pytest.mark.parametrize("farewell", ["", "Connection: close\r\n"])
async def test_an_early_answer_of_who_reads_no_further(transport, farewell):
    """It is taken as it comes, and the connection, which is full of the body, is used no more."""
    is_over = asyncio.Event()
    connections = 0

    async def serve(reader, writer):
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 413 Too Large\r\n{farewell}Content-Length: 2\r\n\r\nno".encode())
        await is_over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        first = await transport.send(outgoing(url, body=b"x" * 20_000_000))
        second = await transport.send(outgoing(url, body=b"y"))
        await transport.close()
        is_over.set()

    assert [(each.status, each.error) for each in (first, second)] == [(413, None)] * 2
    assert connections == 2
