"""Published keys: a file that changes, an address that is slow, wrong, or gone."""

import asyncio
import gzip
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import jwt as pyjwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from gateway.http import jwks
from gateway.http.jwks import jwt_checker, open_keys
from gateway.mapping import CredentialsError
from gateway.mapping.authenticity import KeysAt
from gateway.mapping.checks.jwt import CHECK
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRIVATE = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in "abc"}


def key_set(*kids):
    keys = [
        json.loads(ECAlgorithm.to_jwk(PRIVATE[kid].public_key())) | {"kid": kid} for kid in kids
    ]
    return json.dumps({"keys": keys}).encode()


def options(**where):
    return CHECK.options().load({"algorithms": ["ES256"], **where})


def sent(kid, *, signed_by=None):
    claims = {"exp": int(NOW.timestamp()) + 86400, "role": "viewer"}
    token = pyjwt.encode(claims, PRIVATE[signed_by or kid], "ES256", headers={"kid": kid})
    return presented("/", ("Authorization", f"Bearer {token}"))


async def status(checker, sent, now=NOW):
    await checker.prepare(sent, now)
    try:
        assert checker.claims(sent, now)["role"] == "viewer"
    except CredentialsError as error:
        return error.status
    return None


def after(**time):
    return NOW + timedelta(**time)


class Publisher:
    """An identity provider's key set, on a real server."""

    def __init__(self):
        self.body = key_set("a")
        self.status = 200
        self.headers = {}
        self.asked = 0
        self.was_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.url = ""

    async def __call__(self, request):
        assert request.method == "GET"
        self.asked += 1
        self.was_asked.set()
        await self.may_answer.wait()
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@pytest.fixture
async def publisher():
    async with serving(Publisher()) as publisher:
        yield publisher


@asynccontextmanager
async def serving(publisher):
    runner = web.ServerRunner(web.Server(publisher))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    publisher.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys?tenant=s3cret"
    yield publisher
    await runner.cleanup()


class TestFile:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "keys.json"

    def replace(self, file, content, *, seconds):
        file.write_bytes(content)
        os.utime(file, (seconds, seconds))

    async def test_is_read_again_when_it_changes(self, file):
        self.replace(file, key_set("a"), seconds=1)
        checker = jwt_checker(options(jwks_file=str(file)))
        assert await status(checker, sent("a")) is None
        assert await status(checker, sent("b")) == 403
        self.replace(file, key_set("b"), seconds=2)
        assert await status(checker, sent("b")) is None
        assert await status(checker, sent("a")) == 403

    async def test_keys_stay_what_they_were_while_it_is_broken_or_gone(self, file):
        self.replace(file, key_set("a"), seconds=1)
        checker = jwt_checker(options(jwks_file=str(file)))
        for broken in (b"", b"{", b"[]", key_set("b")[:-9], b" " * (jwks.MAX_BYTES + 1)):
            self.replace(file, broken, seconds=2 + len(broken))
            assert await status(checker, sent("a")) is None
        file.unlink()
        assert await status(checker, sent("a")) is None
        self.replace(file, key_set("b"), seconds=3)
        assert await status(checker, sent("b")) is None

    async def test_where_there_is_none_yet(self, file):
        checker = jwt_checker(options(jwks_file=str(file)))
        assert await status(checker, sent("a")) == 503
        assert await status(checker, sent("a")) == 503
        self.replace(file, key_set("a"), seconds=1)
        assert await status(checker, sent("a")) is None

    async def test_is_not_read_where_it_has_not_changed(self, file):
        self.replace(file, key_set("a"), seconds=1)
        read = []
        keys = open_keys(KeysAt(read=lambda data: read.append(data) or (data,), file=file))
        for _ in range(3):
            await keys.refresh(is_known=False, now=NOW)
        assert len(read) == 1


class TestAddress:
    async def test_is_asked_once_for_many(self, publisher):
        checker = jwt_checker(options(jwks_url=publisher.url))
        publisher.may_answer.clear()
        async with asyncio.TaskGroup() as group:
            many = [group.create_task(status(checker, sent("a"))) for _ in range(20)]
            publisher.may_answer.set()
        assert [each.result() for each in many] == [None] * 20
        assert publisher.asked == 1

    async def test_is_asked_again_when_the_keys_are_old(self, publisher):
        checker = jwt_checker(options(jwks_url=publisher.url))
        assert await status(checker, sent("a")) is None
        publisher.body = key_set("b")
        assert await status(checker, sent("a"), after(minutes=9)) is None
        assert publisher.asked == 1
        assert await status(checker, sent("a"), after(minutes=10)) == 403
        assert publisher.asked == 2

    async def test_an_unknown_key_hurries_it_at_most_every_thirty_seconds(self, publisher):
        checker = jwt_checker(options(jwks_url=publisher.url))
        assert await status(checker, sent("a")) is None
        publisher.body = key_set("a", "b")
        assert await status(checker, sent("b"), after(seconds=29)) == 403
        assert publisher.asked == 1
        assert await status(checker, sent("b"), after(seconds=30)) is None
        assert await status(checker, sent("c"), after(seconds=31)) == 403
        assert await status(checker, sent("c"), after(seconds=59)) == 403
        assert publisher.asked == 2

    @pytest.mark.parametrize(
        ("body", "answer", "headers"),
        [
            (key_set("b"), 500, {}),
            (key_set("b"), 201, {}),
            (b"", 302, {"Location": "/elsewhere"}),
            (b"<html>", 200, {}),
            (b'{"keys": []}', 200, {}),
            (b" " * jwks.MAX_BYTES + key_set("b"), 200, {}),
            (gzip.compress(key_set("b")), 200, {"Content-Encoding": "gzip"}),
        ],
        ids=["500", "201", "redirect", "html", "empty", "long", "compressed"],
    )
    async def test_keys_stay_what_they_were(self, publisher, body, answer, headers):
        checker = jwt_checker(options(jwks_url=publisher.url))
        assert await status(checker, sent("a")) is None
        publisher.body, publisher.status, publisher.headers = body, answer, headers
        assert await status(checker, sent("a"), after(minutes=10)) is None
        assert publisher.asked == 2
        publisher.body, publisher.status, publisher.headers = key_set("a", "c"), 200, {}
        assert await status(checker, sent("c"), after(minutes=10, seconds=29)) == 403
        assert await status(checker, sent("c"), after(minutes=10, seconds=30)) is None
        assert publisher.asked == 3

    async def test_nobody_there(self):
        async with serving(Publisher()) as publisher:
            checker = jwt_checker(options(jwks_url=publisher.url))
            assert await status(checker, sent("a")) is None
        assert await status(checker, sent("a"), after(hours=5)) is None
        assert await status(checker, sent("b"), after(hours=5)) == 403

    async def test_before_the_first_answer_it_is_503(self, publisher):
        checker = jwt_checker(options(jwks_url=publisher.url))
        publisher.status = 503
        assert await status(checker, sent("a")) == 503
        publisher.status = 200
        assert await status(checker, sent("a"), after(seconds=4)) == 503
        assert await status(checker, sent("a"), after(seconds=5)) is None

    async def test_who_has_a_key_does_not_wait_for_another(self, publisher):
        checker = jwt_checker(options(jwks_url=publisher.url))
        assert await status(checker, sent("a")) is None
        publisher.may_answer.clear()
        publisher.was_asked.clear()
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(status(checker, sent("b"), after(hours=1)))
            await publisher.was_asked.wait()
            assert await status(checker, sent("a"), after(hours=1)) is None
            publisher.may_answer.set()
        assert waiting.result() == 403

    async def test_is_not_waited_for_long(self, publisher, monkeypatch):
        monkeypatch.setattr(jwks, "PATIENCE", timedelta(milliseconds=50))
        checker = jwt_checker(options(jwks_url=publisher.url))
        publisher.may_answer.clear()
        assert await status(checker, sent("a")) == 503
        publisher.may_answer.set()

    async def test_is_not_logged_whole(self, publisher, capsys):
        publisher.status = 500
        await status(jwt_checker(options(jwks_url=publisher.url)), sent("a"))
        told = capsys.readouterr()
        assert "127.0.0.1" in told.out + told.err
        assert "s3cret" not in told.out + told.err


async def test_a_key_of_the_configuration_needs_no_source():
    checker = jwt_checker(CHECK.options().load({"algorithms": ["HS256"], "key": "12345"}))
    assert await status(checker, presented("/")) == 401


def test_keys_are_somewhere():
    with pytest.raises(ValueError, match="neither"):
        open_keys(KeysAt(read=list))
