"""What is not HTTP is answered on the admin listener as on the public one."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway.http.access import Access
from gateway.http.admin import Admin, AdminListener
from gateway.settings import AdminAuth
from gateway.telemetry.metrics import Metrics

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def port():
    admin = Admin(operations=(), bench=dict, health=None, metrics=Metrics(), version="1")
    access = Access("127.0.0.1", AdminAuth(), lambda: NOW, None)
    listener = AdminListener(admin.application(access))
    yield await listener.start_tcp("127.0.0.1", 0)
    await listener.stop()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a b\r\nX\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00s3cret\r\n\r\n", 400),
        (b"POST /api/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: s3cret\r\n\r\n", 400),
        (b"GET /s3cret" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: s3cret\r\n\r\n", 417),
    ],
)
async def test_what_is_not_http_is_a_plain_problem(answer_of, port, capfd, raw, status):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await answer_of(reader)
    writer.close()

    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["server"] == "wfm-gateway"
    logged = capfd.readouterr().err
    assert "Traceback" not in logged
    assert "s3cret" not in logged
