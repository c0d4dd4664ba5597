"""Every row of the contract's table of refusals, and the order in which it is checked."""

from __future__ import annotations

import hmac
from base64 import b64encode

import pytest

from gateway.model.errors import ContentError, Flaw, StoreUnavailableError

KEY = "X-Key: s3cret"
WRONG = "X-Key: wrong"
BIG = b"x" * 1001

ROWS = {
    "unknown source": ("/v1/ingest/nobody", {}, 404, "source", "-"),
    "unknown path": ("/nothing", {}, 404, "source", "-"),
    "a path below the source": ("/v1/ingest/open/", {}, 404, "source", "-"),
    "wrong method": ("/v1/ingest/open", {"method": "PUT"}, 405, "method", "open"),
    "GET where only POST is used": ("/v1/ingest/open", {"method": "GET"}, 405, "method", "open"),
    "HEAD": ("/v1/ingest/either", {"method": "HEAD"}, 405, "method", "either"),
    "another network": ("/v1/ingest/far", {"headers": [KEY]}, 403, "network", "far"),
    "no credential": ("/v1/ingest/token", {}, 401, "token", "token"),
    "wrong credential": ("/v1/ingest/token", {"headers": [WRONG]}, 403, "token", "token"),
    "no credential configured": ("/v1/ingest/empty", {"headers": [KEY]}, 503, "token", "empty"),
    "too long": ("/v1/ingest/open", {"body": BIG}, 413, "size", "open"),
    "compressed": (
        "/v1/ingest/open",
        {"headers": ["Content-Encoding: gzip"]},
        415,
        "encoding",
        "open",
    ),
    "wrong signature": (
        "/v1/ingest/hmac",
        {"headers": ["X-Signature: 00"]},
        403,
        "hmac",
        "hmac",
    ),
    # The order: what comes first is what is told.
    "network before credentials": ("/v1/ingest/far", {"headers": [WRONG]}, 403, "network", "far"),
    "method before network": ("/v1/ingest/far", {"method": "PUT"}, 405, "method", "far"),
    "credentials before size": (
        "/v1/ingest/token",
        {"headers": [WRONG], "body": BIG},
        403,
        "token",
        "token",
    ),
    "missing credentials before encoding": (
        "/v1/ingest/token",
        {"headers": ["Content-Encoding: gzip"]},
        401,
        "token",
        "token",
    ),
    "size before signature": (
        "/v1/ingest/hmac",
        {"headers": ["X-Signature: 00"], "body": BIG},
        413,
        "size",
        "hmac",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_refuses(server, row):
    path, sent, status, check, label = row
    answer = await server.post(
        path, sent.get("body", b"{}"), *sent.get("headers", []), method=sent.get("method", "POST")
    )

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert server.refusals(label, status, check) == 1
    assert server.intake.seen == []
    if sent.get("method") != "HEAD":
        assert answer.json["status"] == status
        assert answer.json.keys() == {"type", "title", "status", "detail"}
    if label != "-":
        assert server.health[label].refusals == {check: 1}


async def test_says_which_methods_are_allowed(server):
    one = await server.post("/v1/ingest/open", method="DELETE")
    both = await server.post("/v1/ingest/either", method="DELETE")

    assert (one.headers["allow"], both.headers["allow"]) == ("post", "get, post")


async def test_says_how_to_show_credentials(server):
    answer = await server.post("/v1/ingest/basic")

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("basic realm=")


async def test_says_when_to_send_again(server):
    unusable = await server.post("/v1/ingest/empty")
    server.intake.error = StoreUnavailableError("disk full")
    unavailable = await server.post("/v1/ingest/open")

    assert (unusable.status, unavailable.status) == (503, 503)
    assert int(unusable.headers["retry-after"]) > 0
    assert int(unavailable.headers["retry-after"]) > 0
    assert "disk" not in unavailable.json["detail"]


@pytest.mark.parametrize("status", [400, 422])
async def test_content_that_cannot_be_read(server, status):
    flaws = [Flaw("records[0].worker.sid", "Must be text."), Flaw("records[1]", "Must be a map.")]
    server.intake.error = ContentError("Nothing can be read.", status=status, flaws=flaws)

    answer = await server.post("/v1/ingest/open")

    assert answer.status == status
    assert answer.json["detail"] == "Nothing can be read."
    assert answer.json["error_count"] == 2
    assert answer.json["errors"] == [
        {"path": "records[0].worker.sid", "message": "Must be text."},
        {"path": "records[1]", "message": "Must be a map."},
    ]
    assert server.refusals("open", status, "content") == 1


async def test_a_fault_of_ours_tells_nothing(server, capsys):
    server.intake.error = RuntimeError("s3cret body")

    answer = await server.post("/v1/ingest/open?key=s3cret")

    assert answer.status == 500
    assert answer.json["detail"] == "The gateway failed."
    assert b"Traceback" not in answer.body
    assert server.refusals("open", 500, "internal") == 1
    logged = capsys.readouterr().err
    assert "intake.accept" in logged
    assert "RuntimeError" in logged
    assert "s3cret" not in logged


async def test_what_is_not_http_is_answered_and_not_quoted(server):
    answer = await server.send(b"POST /v1/ingest/open?key=s3cret HTTP/9.9\r\n\r\n")

    assert answer.status == 400
    assert b"s3cret" not in answer.body
    assert server.refusals("-", 400, "http") == 1


async def test_endless_headers(server):
    answer = await server.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n")

    assert answer.status == 431


async def test_an_encoding_of_identity_is_none(server):
    answer = await server.post("/v1/ingest/open", b"{}", "Content-Encoding: Identity")

    assert answer.status == 200


async def test_right_credentials(server):
    signature = hmac.digest(b"s3cret", b"{}", "sha256").hex()
    password = b64encode(b"rc:s3cret").decode()

    by_token = await server.post("/v1/ingest/token", b"{}", KEY)
    by_query = await server.post("/v1/ingest/query?a=1&key=s3cret&b=%20")
    by_password = await server.post("/v1/ingest/basic", b"{}", f"Authorization: Basic {password}")
    by_signature = await server.post("/v1/ingest/hmac", b"{}", f"X-Signature: {signature}")

    assert [each.status for each in (by_token, by_query, by_password, by_signature)] == [200] * 4
    assert [each.receipt.query for each in server.intake.seen] == ["", "a=1&b=%20", "", ""]
    assert [each.signed for each in server.intake.seen] == [False, False, False, True]
    assert [each.query_trusted for each in server.intake.seen] == [True, True, True, False]


async def test_a_repeated_credential_is_wrong(server):
    answer = await server.post("/v1/ingest/token", b"{}", KEY, KEY)

    assert answer.status == 403


async def test_a_believed_proxy_tells_the_network(listening):
    from ipaddress import ip_network  # noqa: PLC0415 - one test needs it

    async with listening(proxies=(ip_network("127.0.0.0/8"),)) as server:
        near = await server.post("/v1/ingest/far", b"{}", KEY, "X-Forwarded-For: 198.51.100.1")
        far = await server.post("/v1/ingest/far", b"{}", KEY, "X-Forwarded-For: 192.0.2.7")

    assert (near.status, far.status) == (403, 200)


async def test_a_proxy_that_is_not_believed_tells_nothing(server):
    answer = await server.post("/v1/ingest/far", b"{}", KEY, "X-Forwarded-For: 192.0.2.7")

    assert answer.status == 403
