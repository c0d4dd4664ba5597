"""What is accepted, what is handed on, and what is answered."""

from __future__ import annotations

import asyncio
import ssl
import sys
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from hmac import digest

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.one_task import STARTS_AT_ONCE
from gateway.http.problem import MAX_ANSWER, Problem, problem_body, problem_response
from gateway.http.server import server_context
from gateway.model.errors import ConfigurationError, ContentError, Flaw
from gateway.ports import Accepted
from gateway.settings import ServerTls
from gateway.telemetry.lines import OUTLET
from tests.http.conftest import NOW


async def test_counts_what_was_accepted(server):
    server.intake.answer = Accepted("abc", accepted=2, duplicates=1, quarantined=3, ignored=4)

    answer = await server.post("/v1/ingest/open", b'{"a":1}')

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == (
        b'{"receipt":"abc","accepted":2,"duplicates":1,"quarantined":3,"ignored":4}'
    )
    assert answer.headers["server"] == "wfm-gateway"
    assert answer.size < 1024


async def test_hands_on_what_came(server):
    await server.post(
        "/v1/ingest/either?a=%2B&b=+&a=2",
        b'{"a": 1}\n',
        "Content-Type: Application/JSON; charset=utf-8",
        "X-Platform-Id: 17",
        "X-Other: 18",
        "Authorization: Basic xyz",
    )

    receipt = server.intake.seen[0].receipt
    assert receipt.received_at == NOW + timedelta(milliseconds=1)  # as the store keeps it
    assert receipt.method == "POST"
    assert receipt.query == "a=%2B&b=+&a=2"
    assert receipt.body == b'{"a": 1}\n'
    assert receipt.headers == (
        ("content-type", "Application/JSON; charset=utf-8"),
        ("x-platform-id", "17"),
    )


async def test_fields_in_the_query_string(server):
    answer = await server.post("/v1/ingest/either?agent=1", b"", method="GET")

    assert answer.status == 200
    assert server.intake.seen[0].receipt.method == "GET"
    assert server.intake.seen[0].receipt.query == "agent=1"


async def test_an_absolute_target(server):
    answer = await server.post("http://elsewhere:1/v1/ingest/open?a=1")

    assert answer.status == 200
    assert server.intake.seen[0].receipt.query == "a=1"


async def test_a_chunked_body(server, compose):
    head = b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = await server.send(head + b"2\r\n{}\r\n0\r\n\r\n")

    assert answer.status == 200
    assert server.intake.seen[0].receipt.body == b"{}"


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_body_longer_than_a_connection_buffers(listening, compose, answer_of, is_chunked):
    body = bytes(range(256)) * 2048
    request = compose("/v1/ingest/open", body)
    if is_chunked:
        head = b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        request = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(request * 3)
        statuses = [(await answer_of(reader)).status for _ in range(3)]
        writer.close()

    assert statuses == [200] * 3
    assert [each.receipt.body == body for each in server.intake.seen] == [True] * 3


@pytest.mark.parametrize(
    ("start", "connection"),
    [
        (b"POST /v1/ingest/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", "close"),
        (b"POST /v1/ingest/open HTTP/1.0\r\n", None),
        (b"POST /v1/ingest/open HTTP/1.0\r\nConnection: keep-alive\r\n", "keep-alive"),
    ],
)
async def test_the_usual_answer_is_that_of_unusual_connections(server, start, connection):
    usual = await server.post("/v1/ingest/open")

    answer = await server.send(start + b"Content-Length: 2\r\n\r\n{}")

    assert answer.headers.pop("connection", None) == connection
    assert abs(_moment(answer) - _moment(usual)) < timedelta(minutes=1)
    assert (answer.status, answer.headers, answer.body) == (200, usual.headers, usual.body)


def _moment(answer):
    return parsedate_to_datetime(answer.headers.pop("date"))


async def test_keeps_connections(server, compose, answer_of):
    reader, writer = await server.connect()
    writer.write(compose("/v1/ingest/open") + compose("/v1/ingest/nobody"))
    statuses = [(await answer_of(reader)).status for _ in range(2)]
    writer.write(compose("/v1/ingest/open"))
    statuses.append((await answer_of(reader)).status)
    writer.close()

    assert statuses == [200, 404, 200]


@pytest.mark.skipif(
    sys.version_info >= STARTS_AT_ONCE,
    reason="from Python 3.12 on aiohttp has each request begin at once in a task of its own",
)
async def test_a_request_waits_for_no_task_of_its_own(server, compose, answer_of):
    reader, writer = await server.connect()
    for _ in range(2):
        writer.write(compose("/v1/ingest/open"))
        assert (await answer_of(reader)).status == 200
    writer.close()

    first, second = server.intake.tasks
    assert first is second


@pytest.mark.skipif(
    sys.version_info >= STARTS_AT_ONCE,
    reason="from Python 3.12 on aiohttp has each request begin at once in a task of its own",
)
async def test_who_sends_much_ahead_leaves_others_their_turns(server, compose, answer_of):
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    reader, writer = await server.connect()
    writer.write(compose("/v1/ingest/nobody") * 200)
    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        assert (await answer_of(reader)).status == 404
        before = turns
        assert {(await answer_of(reader)).status for _ in range(199)} == {404}
        counting.cancel()
    writer.close()

    assert turns - before > 199


async def test_answers_in_order_however_many_were_sent_ahead(server, compose, answer_of):
    reader, writer = await server.connect()
    writer.write(b"".join(compose("/v1/ingest/open", b"%d" % each * 90) for each in range(200)))
    statuses = {(await answer_of(reader)).status for _ in range(200)}
    writer.close()

    assert statuses == {200}
    assert [each.receipt.body for each in server.intake.seen] == [
        b"%d" % each * 90 for each in range(200)
    ]


async def test_answers_a_sender_who_sends_no_more(server, compose, answer_of):
    reader, writer = await server.connect()
    writer.write(compose("/v1/ingest/open"))
    writer.write_eof()

    assert (await answer_of(reader)).status == 200
    assert await reader.read() == b""
    writer.close()


async def test_says_continue(server, compose, answer_of):
    reader, writer = await server.connect()
    writer.write(compose("/v1/ingest/open", b"{}", "Expect: 100-continue").removesuffix(b"{}"))
    interim = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"{}")

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (await answer_of(reader)).status == 200
    writer.close()


async def test_refuses_instead_of_saying_continue(server, compose, answer_of):
    reader, writer = await server.connect()
    head = compose("/v1/ingest/open", b"x" * 1001, "Expect: 100-continue")
    writer.write(head[: head.index(b"\r\n\r\n") + 4])

    assert (await answer_of(reader)).status == 413
    writer.close()


async def test_lives(server):
    answers = [await server.post("/healthz", b"", method=each) for each in ("GET", "HEAD", "POST")]

    assert [each.status for each in answers] == [200, 200, 405]
    assert answers[0].json == {"status": "ok"}
    assert answers[2].headers["allow"] == "get, head"


async def test_which_credential_matched_last_is_told(server):
    health = server.health["changing"]
    told = [health.shown()["credential"]]
    for word in ("new", "old", "wrong"):
        await server.post("/v1/ingest/changing", b"{}", f"X-Key: {word}")
        value = server.metrics.registry.get_sample_value(
            "gateway_credential", {"source": "changing"}
        )
        told.append((health.shown()["credential"], value))
    await server.post("/v1/ingest/open")

    assert told == [None, (2, 2.0), (1, 1.0), (1, 1.0)]
    assert server.health["open"].shown()["credential"] is None


class TestValidationToken:
    """A subscription's probe wants its token back."""

    async def test_with_no_record(self, server):
        answer = await server.post("/v1/ingest/either", b"", "Validation-Token: t-1")

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["validation-token"] == "t-1"
        assert server.intake.seen == []

    async def test_with_a_body_of_no_records(self, server):
        server.intake.answer = Accepted("abc")

        answer = await server.post("/v1/ingest/either", b"[]", "Validation-Token: t-1")

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["validation-token"] == "t-1"

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("target", ["either?hook=17&x", "either?", "either?%00"])
    async def test_with_a_query_string_that_is_no_record(self, server, target, method):
        token = "Validation-Token: t-1"
        answer = await server.post(f"/v1/ingest/{target}", b"", token, method=method)

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["validation-token"] == "t-1"
        assert server.intake.seen == []

    async def test_with_a_query_string_that_no_signature_covers(self, server):
        signed = f"X-Signature: {digest(b's3cret', b'', sha256).hex()}"
        answer = await server.post("/v1/ingest/hmac?agent=1", b"", "Validation-Token: t", signed)

        assert (answer.status, server.intake.seen) == (200, [])

    async def test_with_a_record_in_the_query_string(self, server):
        answer = await server.post("/v1/ingest/either?x=1&%61gent=1", b"", "Validation-Token: t-1")

        assert answer.json["accepted"] == 1
        assert answer.headers["validation-token"] == "t-1"

    async def test_with_records(self, server):
        answer = await server.post("/v1/ingest/either", b"{}", "Validation-Token: " + "~" * 256)

        assert answer.json["accepted"] == 1
        assert answer.headers["validation-token"] == "~" * 256
        assert answer.size < 1024

    @pytest.mark.parametrize("value", ["", "~" * 257, "two words", "\u00e9", "a\tb"])
    async def test_that_is_none(self, server, value):
        answer = await server.post("/v1/ingest/either", b"", f"Validation-Token: {value}")

        assert answer.status == 400
        assert "validation-token" not in answer.headers

    async def test_twice(self, server):
        header = "Validation-Token: a"
        assert (await server.post("/v1/ingest/either", b"", header, header)).status == 400

    async def test_after_the_credentials(self, server):
        signed = f"X-Signature: {digest(b's3cret', b'', sha256).hex()}"
        echo = "Validation-Token: t-1"

        without = await server.post("/v1/ingest/basic", b"", echo)
        wrong = await server.post("/v1/ingest/hmac", b"", echo, "X-Signature: 00")
        right = await server.post("/v1/ingest/hmac", b"", echo, signed)

        assert [each.status for each in (without, wrong, right)] == [401, 403, 200]
        assert "validation-token" not in without.headers | wrong.headers
        assert right.headers["validation-token"] == "t-1"

    async def test_at_a_source_without_one(self, server):
        answer = await server.post("/v1/ingest/open", b"{}", "Validation-Token: t-1")

        assert answer.status == 200
        assert "validation-token" not in answer.headers


async def test_logs_one_line_without_secrets(server, capsys):
    await server.post("/v1/ingest/query?key=s3cret&name=alice", b'{"name": "bob"}')
    await server.post("/v1/ingest/query?key=s3cre&name=alice", b'{"name": "bob"}')
    OUTLET.flush()

    logged = capsys.readouterr().err
    journaled, refused = logged.splitlines()
    assert '"event":"receipt.journaled"' in journaled
    assert '"ack_ms":' in journaled
    assert '"event":"request.refused"' in refused
    for secret in ("s3cre", "alice", "bob"):
        assert secret not in logged


async def test_times_the_answer(server):
    await server.post("/v1/ingest/open")

    labels = {"source": "open"}
    assert server.metrics.registry.get_sample_value("gateway_ack_seconds_count", labels) == 1


TEXT = st.text(st.characters(), max_size=3000)
FLAWS = st.lists(st.builds(Flaw, TEXT, TEXT), max_size=30)


@given(
    status=st.sampled_from([400, 401, 403, 404, 405, 413, 415, 422, 431, 500, 503]),
    detail=TEXT,
    flaws=FLAWS,
)
@settings(max_examples=60)
def test_a_refusal_fits(status, detail, flaws):
    headers = {"Retry-After": "60", "WWW-Authenticate": "x" * 60}
    response = problem_response(Problem(status, "content", detail, flaws, headers))

    lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    extra = (
        "Date: Fri, 20 Nov 2026 22:46:12 GMT\r\nConnection: close\r\nContent-Length: 999\r\n\r\n"
    )
    status_line = f"HTTP/1.1 {status} {response.reason}\r\n"
    assert len(status_line) + len(lines) + len(extra) + len(response.body) <= MAX_ANSWER


@given(detail=TEXT, flaws=FLAWS)
@settings(max_examples=40)
async def test_a_refusal_fits_on_the_wire(detail, flaws):
    from tests.http.conftest import running  # noqa: PLC0415 - hypothesis cannot take fixtures

    async with running() as server:
        server.intake.error = ContentError(detail, status=422, flaws=flaws)
        answer = await server.post("/v1/ingest/open")

    assert answer.size < 1024
    assert answer.json["status"] == 422
    if flaws:
        assert answer.json["error_count"] == len(flaws)
        assert len(answer.json["errors"]) >= 1


def test_errors_are_the_first_that_fit():
    flaws = [Flaw(f"records[{each}].worker.sid", "Must be text.") for each in range(100)]

    body = problem_body(Problem(422, "content", "Nothing in it.", flaws), 700)

    assert len(body) <= 700
    assert b"records[0]" in body
    assert b'"error_count":100' in body
    assert b"records[99]" not in body


@pytest.fixture
def authority():
    return trustme.CA()


async def test_tls(listening, compose, answer_of, authority, tmp_path):
    context = server_context(_files(authority, tmp_path))
    client = ssl.create_default_context()
    authority.configure_trust(client)
    async with listening(tls=context) as server:
        reader, writer = await server.connect(ssl=client, server_hostname="localhost")
        writer.write(compose("/v1/ingest/open"))
        answer = await answer_of(reader)
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
        await writer.wait_closed()

    assert answer.status == 200
    assert version in {"TLSv1.2", "TLSv1.3"}
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_tls_files_that_are_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"server\.tls"):
        server_context(ServerTls(tmp_path / "none.pem", tmp_path / "none.key"))


def _files(authority, folder):
    issued = authority.issue_cert("localhost")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return ServerTls(certificate, key)
