"""`ping` over a real wire: every step told, nothing sent but one HEAD."""

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from aiohttp import web

from gateway.http.ping import ping, said_by
from gateway.model.secret import Secret
from gateway.settings import ClientTls, DestinationAuth
from tests.http.test_transport import destination, raw_vendor, vendor

NOW = datetime.now(UTC)
AUTH = DestinationAuth("header", (("X-Key", Secret("hidden-word")),))


def at(url, **given):
    return replace(destination(**given), url=url)


def answering(status, seen):
    async def handler(request):
        seen.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        return web.Response(status=status)

    return handler


async def test_each_step_is_told_and_one_head_is_all_that_is_sent():
    seen = []
    async with vendor(answering(204, seen)) as url:
        found = await ping(replace(at(f"{url}/in?tenant=7"), auth=AUTH), NOW)
    assert found.problem is None
    assert found.dns["host"] == "localhost"
    assert found.tcp["address"] in found.dns["addresses"]
    assert found.tls is None
    assert (found.http["method"], found.http["status"]) == ("HEAD", 204)
    assert min(found.dns["ms"], found.tcp["ms"], found.http["ms"]) >= 0
    ((method, path, headers, body),) = seen
    assert (method, path, body) == ("HEAD", "/in?tenant=7", b"")
    assert headers["X-Key"] == "hidden-word"
    assert "Idempotency-Key" not in headers


async def test_the_certificate_is_told_with_the_days_that_are_left(tmp_path):
    authority = trustme.CA()
    until = NOW + timedelta(days=9, hours=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=until).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with vendor(answering(200, []), tls=context) as url:
        found = await ping(at(url, tls=ClientTls(ca=tmp_path / "ca.pem")), NOW)
    assert found.problem is None
    assert found.tls["days_left"] == 9
    assert found.tls["expires_at"].startswith(until.strftime("%Y-%m-%dT%H:%M"))
    assert found.tls["version"].startswith("TLSv1")


async def test_a_certificate_that_is_not_believed_is_unreachable():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    async with vendor(answering(200, []), tls=context) as url:
        found = await ping(at(url), NOW)
    assert found.problem.startswith("TLS failed: bad certificate: ")
    assert found.http is None


async def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = await ping(at(f"http://127.0.0.1:{taken.getsockname()[1]}"), NOW)
    assert found.problem.startswith("no connection: ")
    assert (found.tcp, found.http) == (None, None)


async def test_a_name_that_is_not_known():
    found = await ping(at("http://nowhere.invalid"), NOW)
    assert found.problem.startswith("its name is not found: ")


async def test_a_vendor_that_hangs_up():
    async with raw_vendor(b"") as url:
        found = await ping(at(url), NOW)
    assert found.problem == "no answer to HEAD: connection closed without an answer"
    assert found.tcp is not None


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_told_as_such_and_are_no_outage(status):
    async with vendor(answering(status, [])) as url:
        found = await ping(at(url), NOW)
    assert found.problem is None
    assert "refuses the credentials" in found.http["says"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(200, "answers"), (308, "redirects"), (405, "usual"), (503, "in trouble"), (418, "not to")],
)
def test_every_answer_has_words(status, words):
    assert words in said_by(status)
