"""The admin listener: what it says, whom it lets in, and the same over the Unix socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import jwt
import pytest
from aiohttp import ClientSession
from marshmallow import Schema, fields, validate

from gateway.http.access import Access
from gateway.http.admin import Admin, AdminListener
from gateway.http.client import call, is_alive
from gateway.http.jwks import jwt_checker
from gateway.http.openapi import document, names_in_path
from gateway.mapping.checks.jwt import CHECK
from gateway.model.errors import OperationError, StoreUnavailableError
from gateway.model.secret import Secret
from gateway.operations import OPERATIONS as OPERATIONS_OF_THE_GATEWAY
from gateway.settings import AdminAuth
from gateway.telemetry.metrics import Metrics

NOW = datetime(2026, 11, 20, tzinfo=UTC)
JWT_KEY = "k" * 32


class ListParams(Schema):
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 100))
    ids = fields.List(fields.String(), load_default=None)
    personal = fields.Boolean(load_default=False)
    since = fields.AwareDateTime(data_key="from", default_timezone=UTC, load_default=None)


class ChangeParams(Schema):
    name = fields.String(required=True)
    ids = fields.List(fields.String(), required=True, validate=validate.Length(1))


async def _list(bench, params):
    bench.append(params)
    return {"limit": params["limit"], "ids": params["ids"]}


async def _change(bench, params):
    bench.append(params)
    match params["name"]:
        case "nobody":
            raise OperationError("no destination nobody is configured", missing=True)
        case "busy":
            raise OperationError("busy")
        case "down":
            raise StoreUnavailableError("disk full")
        case "broken":
            raise RuntimeError("s3cret")
    return {"changed": len(params["ids"])}


@dataclass
class Doing:
    """An operation that says for whom it was done."""

    name: str
    method: str
    path: str
    params: type[Schema]
    run: Callable
    changes: bool = False
    summary: str = "does something"
    done_for: list[str] = field(default_factory=list)

    def load(self, given):
        return self.params().load(given)

    def tells_of_customers(self, asked):
        return asked.get("personal", False)

    async def perform(self, bench, asked, *, who):
        self.done_for.append(who)
        return await self.run(bench, asked)


OPERATIONS = (
    Doing("list", "GET", "/things", ListParams, _list),
    Doing("change", "POST", "/things/{name}/change", ChangeParams, _change, changes=True),
)


@dataclass
class Health:
    accepting: bool = True
    alive: bool = True
    error: Exception | None = None
    measured: list = field(default_factory=list)

    async def store(self):
        if self.error:
            raise self.error
        return {"accepting": self.accepting, "untranslated": 3}

    def workers(self):
        return {"translator": self.alive}

    async def destinations(self):
        return {"wfm": {"backlog": 7, "circuit": "open"}}

    def alarms(self):
        return [{"alarm": "source_silent", "subject": "flex"}]

    async def measure(self):
        self.measured.append(1)


@dataclass
class Server:
    url: str
    session: ClientSession
    health: Health
    bench: list

    async def ask(self, method, path, **given):
        async with self.session.request(method, self.url + path, **given) as answer:
            body = await answer.json(content_type=None) if method != "HEAD" else None
            return SimpleNamespace(status=answer.status, json=body, headers=answer.headers)


def admin_of(health, bench):
    return Admin(
        operations=OPERATIONS,
        bench=lambda _is_awaited: bench,
        health=health,
        metrics=Metrics(),
        version="1.2.3",
    )


def _claims_of(auth):
    if auth.type != "jwt":
        return None
    checker = jwt_checker(auth.jwt_options)

    async def claims_of(presented, now):
        await checker.prepare(presented, now)
        return checker.claims(presented, now)

    return claims_of


@asynccontextmanager
async def serving(auth=None, host="127.0.0.1"):
    auth = auth or AdminAuth()
    health, bench = Health(), []
    access = Access(host, auth, lambda: NOW, _claims_of(auth))
    listener = AdminListener(admin_of(health, bench).application(access))
    port = await listener.start_tcp("127.0.0.1", 0)
    async with ClientSession() as session:
        yield Server(f"http://127.0.0.1:{port}", session, health, bench)
    await listener.stop()


@pytest.fixture
async def server():
    async with serving() as started:
        yield started


@pytest.fixture
async def guarded():
    tokens = AdminAuth("token", (Secret("old"), Secret("new")))
    async with serving(tokens) as started:
        yield started


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


CHANGE = "/api/v1/things/wfm/change"


async def test_lives_and_is_ready(server):
    alive = await server.ask("GET", "/healthz")
    ready = await server.ask("GET", "/readyz")

    assert alive.status == 200
    assert ready.status == 200
    assert ready.json == {
        "ready": True,
        "store": {"accepting": True, "untranslated": 3},
        "workers": {"translator": True},
        "destinations": {"wfm": {"backlog": 7, "circuit": "open"}},
        "alarms": [{"alarm": "source_silent", "subject": "flex"}],
    }


@pytest.mark.parametrize(
    "fault",
    [{"accepting": False}, {"alive": False}, {"error": StoreUnavailableError("disk full")}],
)
async def test_is_not_ready(server, fault):
    for name, value in fault.items():
        setattr(server.health, name, value)

    answer = await server.ask("GET", "/readyz")

    assert answer.status == 503
    assert answer.json["ready"] is False
    assert answer.json["destinations"]["wfm"]["backlog"] == 7


async def test_metrics(server):
    async with server.session.get(server.url + "/metrics") as answer:
        text = await answer.text()

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "gateway_untranslated" in text
    assert server.health.measured == [1]


async def test_reads_parameters(server):
    answer = await server.ask("GET", "/api/v1/things?limit=5&ids=a&ids=b&from=2026-01-01T00:00:00Z")

    assert answer.json == {"limit": 5, "ids": ["a", "b"]}
    assert server.bench[0]["since"] == datetime(2026, 1, 1, tzinfo=UTC)


async def test_wrong_parameters(server):
    answer = await server.ask("GET", "/api/v1/things?limit=0&other=1")
    twice = await server.ask("GET", "/api/v1/things?limit=1&limit=2")

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {each["path"] for each in answer.json["errors"]} == {"limit", "other"}
    assert answer.json["error_count"] == 2
    assert twice.status == 422


async def test_wrong_body(guarded):
    ask = partial(guarded.ask, "POST", CHANGE, headers=bearer("new"))

    statuses = [
        (await ask(json={"ids": []})).status,
        (await ask(json=["ids"])).status,
        (await ask(data=b"{", headers=bearer("new") | {"Content-Type": "application/json"})).status,
        (await ask(data={"ids": "a"})).status,
    ]

    assert statuses == [422, 400, 400, 415]
    assert guarded.bench == []


@pytest.mark.parametrize(
    ("name", "status"), [("nobody", 404), ("busy", 409), ("down", 503), ("broken", 500)]
)
async def test_what_cannot_be_done(guarded, name, status, capsys):
    answer = await guarded.ask(
        "POST", f"/api/v1/things/{name}/change", json={"ids": ["a"]}, headers=bearer("new")
    )

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "s3cret" not in str(answer.json)
    if name == "nobody":
        assert answer.json["detail"] == "no destination nobody is configured"


async def test_unknown_paths_and_methods(server):
    unknown = await server.ask("GET", "/api/v1/nothing")
    wrong = await server.ask("DELETE", "/api/v1/things")

    assert (unknown.status, wrong.status) == (404, 405)
    assert wrong.headers["Allow"] == "GET,HEAD" or "GET" in wrong.headers["Allow"]
    assert unknown.json["status"] == 404


async def test_without_credentials_nothing_is_changed(server):
    answer = await server.ask("POST", CHANGE, json={"ids": ["a"]})

    assert answer.status == 403
    assert server.bench == []


async def test_tokens(guarded):
    body = {"json": {"ids": ["a"]}}
    statuses = [
        (await guarded.ask("POST", CHANGE, **body)).status,
        (await guarded.ask("POST", CHANGE, headers=bearer("no"), **body)).status,
        (await guarded.ask("POST", CHANGE, headers=bearer("old"), **body)).status,
        (await guarded.ask("POST", CHANGE, headers=bearer("new"), **body)).status,
        (await guarded.ask("GET", "/api/v1/things")).status,
        (await guarded.ask("GET", "/api/v1/openapi.json")).status,
        (await guarded.ask("GET", "/readyz")).status,
    ]

    assert statuses == [401, 403, 200, 200, 401, 401, 200]


@pytest.mark.parametrize(
    ("claims", "reads", "changes"),
    [
        ({"role": "operator"}, 200, 200),
        ({"role": "viewer"}, 200, 403),
        ({"role": "king"}, 403, 403),
        ({"role": ["operator"]}, 403, 403),
        ({}, 403, 403),
    ],
)
async def test_jwt(claims, reads, changes):
    options = CHECK.options().load({"algorithms": ["HS256"], "key": JWT_KEY})
    token = jwt.encode(claims | {"exp": NOW + timedelta(minutes=1)}, JWT_KEY, "HS256")
    async with serving(AdminAuth("jwt", jwt_options=options)) as server:
        read = await server.ask("GET", "/api/v1/things", headers=bearer(token))
        change = await server.ask("POST", CHANGE, headers=bearer(token), json={"ids": ["a"]})
        people = await server.ask("GET", "/api/v1/things?personal=true", headers=bearer(token))
        without = await server.ask("GET", "/api/v1/things")
        wrong = await server.ask("GET", "/api/v1/things", headers=bearer(token + "x"))

    assert (read.status, change.status, people.status) == (reads, changes, changes)
    assert (without.status, wrong.status) == (401, 403)
    assert reads != 200 or OPERATIONS[0].done_for[-1] == "jwt without sub"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8081", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8081", 200),
        ("127.0.0.2", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.0.2.1", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/things", "/readyz", "/metrics"])
async def test_host(server, host, status, path):
    async with server.session.get(server.url + path, headers={"Host": host}) as answer:
        assert answer.status == status


async def test_host_of_a_listener_on_every_address():
    async with serving(AdminAuth("token", (Secret("t"),)), host="0.0.0.0") as server:
        ask = partial(server.ask, "GET")
        api = [
            (await ask("/api/v1/things", headers=bearer("t") | {"Host": host})).status
            for host in ("192.0.2.1:8081", "evil.example")
        ]
        scraped = await ask("/readyz", headers={"Host": "gateway:8081"})

    assert api == [200, 403]
    assert scraped.status == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8081", 200),
        ("http://localhost", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
async def test_origin(server, origin, status):
    headers = {"Host": "localhost:8081", "Origin": origin}

    assert (await server.ask("GET", "/api/v1/things", headers=headers)).status == status


async def test_openapi(server):
    answer = await server.ask("GET", "/api/v1/openapi.json")

    document = answer.json
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == "1.2.3"
    listing = document["paths"]["/api/v1/things"]["get"]
    assert {each["name"]: each["schema"] for each in listing["parameters"]} == {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
        "ids": {"type": ["array", "null"], "items": {"type": "string"}, "default": None},
        "personal": {"type": "boolean", "default": False},
        "from": {"type": ["string", "null"], "format": "date-time", "default": None},
    }
    change = document["paths"]["/api/v1/things/{name}/change"]["post"]
    assert [(each["name"], each["in"]) for each in change["parameters"]] == [("name", "path")]
    assert change["requestBody"]["content"]["application/json"]["schema"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "ids": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "why": {
                "type": ["string", "null"],
                "description": "kept in the audit",
                "maxLength": 500,
            },
        },
        "required": ["ids"],
    }
    assert change["security"] == [{"bearer": []}]


async def test_openapi_of_the_real_operations():
    document_ = json.loads(json.dumps(document(OPERATIONS_OF_THE_GATEWAY, "1"), default=str))
    described = [each for path in document_["paths"].values() for each in path.values()]

    assert len(described) == len(OPERATIONS_OF_THE_GATEWAY)
    assert len({each["operationId"] for each in described}) == len(described)
    for path, methods in document_["paths"].items():
        for each in methods.values():
            named = [one["name"] for one in each["parameters"] if one["in"] == "path"]
            assert named == names_in_path(path)
            assert all(one["schema"] for one in each["parameters"])


class TestSocket:
    """Whoever may open the socket may do everything."""

    @pytest.fixture
    async def path(self, tmp_path_factory):
        found = tmp_path_factory.mktemp("s") / "g.sock"
        listener = AdminListener(admin_of(Health(), []).application(None))
        await listener.start_unix(found)
        yield found
        await listener.stop()
        assert not found.exists()

    async def test_calls(self, path):
        ask = partial(asyncio.to_thread, call, path)

        alive = await asyncio.to_thread(is_alive, path)
        listed = await ask("GET", "/api/v1/things", params={"ids": ["a", "b"], "from": None})
        changed = await ask("POST", CHANGE, json={"ids": ["a"]})

        assert alive
        assert listed == {"limit": 10, "ids": ["a", "b"]}
        assert changed == {"changed": 1}

    async def test_tells_what_is_wrong(self, path):
        ask = partial(asyncio.to_thread, call, path)

        with pytest.raises(OperationError, match="nobody is configured") as missing:
            await ask("POST", "/api/v1/things/nobody/change", json={"ids": ["a"]})
        with pytest.raises(OperationError, match="limit: Not a valid integer") as wrong:
            await ask("GET", "/api/v1/things", params={"limit": "many"})

        assert missing.value.missing
        assert not wrong.value.missing
