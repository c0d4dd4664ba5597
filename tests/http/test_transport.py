"""One attempt over a real wire, whatever the vendor does with it."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import trustme
from aiohttp import web

from gateway.http.transport import MAX_ANSWER_BYTES, HttpTransport, trouble
from gateway.model.errors import ConfigurationError
from gateway.model.event import EventType
from gateway.model.outgoing import OutgoingRequest
from gateway.settings import ClientTls, DestinationAuth, DestinationSettings


def destination(**given):
    return DestinationSettings(
        name="wfm",
        mapping=None,
        url="http://wfm",
        auth=DestinationAuth(),
        options=None,
        events=frozenset(EventType),
        sources=None,
        include=frozenset(),
        identify_by=("id",),
        superseded="send",
        stale_after=None,
        **given,
    )


def outgoing(url, *, method="POST", headers=(), body=b"{}", seconds=5.0):
    return OutgoingRequest(method, url, tuple(headers), body, timedelta(seconds=seconds))


@asynccontextmanager
async def vendor(handler, tls=None):
    """Serve *handler* on every path; give the address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_vendor(answer):
    """Answer every connection's first request with *answer* as it is, and hang up."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def transport():
    made = HttpTransport.to(destination())
    yield made
    await made.close()


async def test_sends_just_what_it_is_given(transport):
    seen = []

    async def handler(request):
        seen.append(
            (request.method, request.raw_path, request.headers.copy(), await request.read())
        )
        return web.Response(text="ok", headers={"Retry-After": "7", "Set-Cookie": "a=b"})

    headers = [("User-Agent", "wfm-gateway/1"), ("X-Two", "a"), ("X-Two", "b")]
    async with vendor(handler) as url:
        answer = await transport.send(outgoing(f"{url}/a%2Fb?c=%20d", headers=headers))
        await transport.send(outgoing(url, method="GET", body=b""))

    method, path, sent, body = seen[0]
    assert (method, path, body) == ("POST", "/a%2Fb?c=%20d", b"{}")
    assert sent["User-Agent"] == "wfm-gateway/1"
    assert sent.getall("X-Two") == ["a", "b"]
    assert sent["Accept-Encoding"] == "identity"
    assert "Content-Type" not in sent
    assert "Cookie" not in seen[1][2]
    assert (answer.status, answer.body, answer.retry_after) == (200, b"ok", "7")
    assert answer.content_type == "text/plain; charset=utf-8"


async def test_never_follows_a_redirect(transport):
    seen = []

    async def handler(request):
        seen.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with vendor(handler) as url:
        answer = await transport.send(outgoing(f"{url}/here"))

    assert answer.status == 302
    assert seen == ["/here"]


async def test_keeps_the_start_of_a_long_answer(transport):
    async def handler(_request):
        return web.Response(body=b"x" * (MAX_ANSWER_BYTES * 4))

    async with vendor(handler) as url:
        answer = await transport.send(outgoing(url))

    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER_BYTES)


async def test_unpacks_nothing(transport):
    packed = gzip.compress(b"x" * 10_000_000)

    async def handler(_request):
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async with vendor(handler) as url:
        answer = await transport.send(outgoing(url))

    assert answer.body == packed


async def test_no_answer_in_time(transport):
    hung = asyncio.Event()

    async def handler(_request):
        await hung.wait()
        return web.Response()

    async with vendor(handler) as url:
        started = asyncio.get_running_loop().time()
        answer = await transport.send(outgoing(url, seconds=0.2))
        hung.set()

    assert (answer.status, answer.error) == (0, "no answer in time")
    assert asyncio.get_running_loop().time() - started < 3


BROKEN = {
    "hangs up": (b"", "connection closed without an answer"),
    "incomplete": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "incomplete answer"),
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", "not an HTTP answer"),
    "endless header": (
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        "not an HTTP answer",
    ),
}


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_answer(transport, row):
    raw, error = row
    async with raw_vendor(raw) as url:
        answer = await transport.send(outgoing(f"{url}/?key=s3cret"))

    assert (answer.status, answer.error) == (0, error)


@pytest.mark.parametrize(
    "request_",
    [
        outgoing("http://127.0.0.1:1/?key=s3cret"),
        outgoing("http://no-such-host.invalid/?key=s3cret"),
        outgoing("nothing at all s3cret"),
        outgoing("http://127.0.0.1:1/", headers=[("X-Key", "s3cret\r\nX: y")]),
        outgoing("ftp://127.0.0.1/s3cret"),
    ],
)
async def test_what_cannot_be_sent(transport, request_):
    answer = await transport.send(request_)

    assert answer.status == 0
    assert answer.error
    assert "s3cret" not in answer.error


async def test_at_most_its_concurrency(transport):
    under_way, most, all_in = set(), [0], asyncio.Event()

    async def handler(request):
        under_way.add(id(request))
        most[0] = max(most[0], len(under_way))
        if len(under_way) == 2:
            all_in.set()
        await all_in.wait()
        under_way.discard(id(request))
        return web.Response()

    narrow = HttpTransport.to(destination(concurrency=2))
    async with vendor(handler) as url:
        answers = await asyncio.gather(*(narrow.send(outgoing(url)) for _ in range(4)))
        await narrow.close()

    assert [each.status for each in answers] == [200] * 4
    assert most == [2]


async def test_cancelled_is_cancelled(transport):
    entered, hung = asyncio.Event(), asyncio.Event()

    async def handler(_request):
        entered.set()
        await hung.wait()
        return web.Response()

    async with vendor(handler) as url:
        attempt = asyncio.ensure_future(transport.send(outgoing(url)))
        await entered.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        hung.set()


@pytest.fixture
def authority():
    return trustme.CA()


async def test_tls(authority, tmp_path):
    async def handler(request):
        shown = request.transport.get_extra_info("peercert")
        return web.Response(text="known" if shown else "unknown")

    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_OPTIONAL
    ours = authority.issue_cert("gateway")
    ca, key = tmp_path / "ca.pem", tmp_path / "gateway.pem"
    authority.cert_pem.write_to_path(ca)
    ours.private_key_and_cert_chain_pem.write_to_path(key)
    async with vendor(handler, server) as url:
        answers = []
        for tls in (None, ClientTls(ca=ca), ClientTls(ca=ca, certificate=key, private_key=key)):
            made = HttpTransport.to(destination(tls=tls))
            answers.append(await made.send(outgoing(url)))
            await made.close()

    assert answers[0].status == 0
    assert answers[0].error.startswith("bad certificate")
    assert [each.body for each in answers[1:]] == [b"unknown", b"known"]


async def test_tls_files_that_are_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match="wfm"):
        HttpTransport.to(destination(tls=ClientTls(ca=tmp_path / "none.pem")))


def test_an_unforeseen_error_is_named_not_quoted():
    assert trouble(RuntimeError("s3cret")) == "RuntimeError"
