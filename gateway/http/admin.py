"""The admin listener, and the same on the Unix socket: health, metrics, operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from marshmallow import ValidationError, fields
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gateway.http.openapi import PREFIX, document
from gateway.http.problem import SERVER, Problem, RefusedError, problem_response
from gateway.http.server import not_http
from gateway.http.unix import bind_socket, peer_name, remove_socket
from gateway.mapping.json_schema import by_key
from gateway.model.errors import Flaw, OperationError, StoreError
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from aiohttp.web import Request, StreamResponse
    from marshmallow import Schema

    from gateway.http.access import Access
    from gateway.http.operation import Health, Operation
    from gateway.telemetry.metrics import Metrics

    Handler = Callable[[Request], Awaitable[StreamResponse]]

OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
"""What needs no credential."""

JSON_TYPE = "application/json"
WHO = web.RequestKey("who", str)
SHUTDOWN_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 75.0
_SEEN_ONCE = 1
# A dataclass is written by its `str`: orjson would write a secret's fields.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_HEADERS = {
    "Server": SERVER,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

log = logger()


class Admin:
    """Everything that operators are answered. *bench* returns what the operations work on, told
    what says whether whoever asked still waits for the answer.
    """

    def __init__(
        self,
        *,
        operations: Sequence[Operation],
        bench: Callable[[Callable[[], bool]], Any],
        health: Health,
        metrics: Metrics,
        version: str,
    ) -> None:
        self._operations = operations
        self._bench = bench
        self._health = health
        self._metrics = metrics
        self._document = orjson.dumps(document(operations, version), default=str)

    def application(self, access: Access | None) -> web.Application:
        """Return the application by the rules of *access*; `None` trusts everybody (the socket)."""
        app = web.Application(middlewares=[_guard(access)])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._exposition)
        app.router.add_get(f"{PREFIX}/openapi.json", _allowed(access, self._openapi))
        for operation in self._operations:
            handler = _allowed(access, self._route(operation, access), changes=operation.changes)
            app.router.add_route(operation.method, PREFIX + operation.path, handler)
        return app

    async def _healthz(self, _request: Request) -> web.Response:
        return _json({"status": "ok"})

    async def _readyz(self, _request: Request) -> web.Response:
        store = await _or_why(self._health.store)
        workers = dict(self._health.workers())
        ready = bool(store.get("accepting")) and all(workers.values())
        report = {
            "ready": ready,
            "store": store,
            "workers": workers,
            "destinations": await _or_why(self._health.destinations),
            "alarms": self._health.alarms(),
        }
        return _json(report, status=200 if ready else 503)

    async def _exposition(self, _request: Request) -> web.Response:
        await _or_why(self._health.measure)
        headers = _HEADERS | {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        return web.Response(body=self._metrics.exposition(), headers=headers)

    async def _openapi(self, _request: Request) -> web.Response:
        return web.Response(body=self._document, headers=_HEADERS | {"Content-Type": JSON_TYPE})

    def _route(self, operation: Operation, access: Access | None) -> Handler:
        async def run(request: Request) -> web.Response:
            asked = operation.load(await _given(request, operation.params()))
            if access is not None and operation.tells_of_customers(asked):
                await access.check_role(request, changes=operation.changes, personal=True)
            bench = self._bench(lambda: _is_there(request))
            return _json(await operation.perform(bench, asked, who=request[WHO]))

        return run


def _is_there(request: Request) -> bool:
    """Whether whoever asked has not gone away."""
    return request.transport is not None and not request.transport.is_closing()


async def _or_why(ask: Callable[[], Awaitable[Mapping[str, Any] | None]]) -> dict[str, Any]:
    """Return the answer, or why the store cannot give it: a report is never an error."""
    try:
        return dict(await ask() or {})
    except StoreError as error:
        return {"problem": str(error)}


async def _given(request: Request, schema: Schema) -> dict[str, Any]:
    """Return what stands in path and query (GET) or path and body.

    Raises:
        ValidationError: something is given more than once.
        RefusedError: the body is not JSON.
    """
    given = _query(request, schema) if request.method == "GET" else await _body(request)
    return {**given, **request.match_info}


def _query(request: Request, schema: Schema) -> dict[str, Any]:
    known = by_key(schema)
    given: dict[str, Any] = {}
    for key in request.query:
        values = request.query.getall(key)
        if isinstance(known.get(key), fields.List):
            given[key] = values
        elif len(values) > _SEEN_ONCE:
            raise ValidationError({key: ["Given more than once."]})
        else:
            given[key] = values[0]
    return given


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return {}
    # A form that a web page posts is never this type without asking first.
    if request.content_type != JSON_TYPE:
        raise RefusedError(Problem(415, "content", f"The body must be {JSON_TYPE}."), check="body")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise RefusedError(Problem(400, "content", "The body is not JSON."), check="body") from None
    if not isinstance(body, dict):
        raise RefusedError(Problem(400, "content", "The body is not an object."), check="body")
    return body


def _allowed(access: Access | None, handler: Handler, *, changes: bool = False) -> Handler:
    async def allowed(request: Request) -> StreamResponse:
        if access is None:
            request[WHO] = peer_name(request.transport)
        else:
            request[WHO] = await access.check_role(request, changes=changes)
        return await handler(request)

    return allowed


def _guard(access: Access | None) -> Any:
    @web.middleware
    async def guard(request: Request, handler: Handler) -> StreamResponse:
        try:
            if access is not None:
                access.check_name(request, is_open=request.path in OPEN)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - every fault is an answer
            problem = _problem(error, request)
            return problem_response(problem, limit=None)

    return guard


def _problem(error: Exception, request: Request) -> Problem:
    match error:
        case RefusedError():
            log.info("admin.refused", status=error.problem.status, check=error.check)
            return error.problem
        case ValidationError():
            flaws = tuple(flaws_of(error.messages))
            return Problem(422, "parameters", "The parameters are wrong.", flaws)
        case OperationError():
            return Problem(404 if error.missing else 409, "operation", str(error))
        case StoreError():
            detail = "The store cannot be used now."
            return Problem(503, "unavailable", detail, headers={"Retry-After": "5"})
        case web.HTTPException():
            kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
            return Problem(error.status, "request", f"{error.reason}.", headers=kept)
    route = request.match_info.route.resource
    log.error("admin.failed", route=route.canonical if route else None, exc_info=error)
    return Problem(500, "internal", "The gateway failed.")


def flaws_of(messages: Any, path: str = "") -> Iterator[Flaw]:
    """Return what marshmallow complains of, one flaw for each message, with its path."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from flaws_of(inner, _below(path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from flaws_of(inner, path)
    else:
        yield Flaw(path, str(messages))


def _below(path: str, key: object) -> str:
    if key == "_schema":
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def _json(answer: Any, status: int = 200) -> web.Response:
    body = orjson.dumps(answer, default=str, option=_OPTIONS)
    return web.Response(body=body, status=status, headers=_HEADERS | {"Content-Type": JSON_TYPE})


class _Connection(web.RequestHandler):
    """One connection. aiohttp's own answer and log line would quote the sender."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP."""
        del message
        response = not_http(request, status, exc)
        log.info("admin.refused", status=response.status, check="http")
        return response


class _Server(web.Server):
    """Makes our connections instead of aiohttp's."""

    def __call__(self) -> _Connection:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Runner(web.AppRunner):
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        handler = made.request_handler

        async def handle(request: Any) -> StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:  # what aiohttp refuses ahead of every middleware
                return problem_response(_problem(error, request))

        return _Server(handle, request_factory=made.request_factory, **self._kwargs)


class AdminListener:
    """An application that listens. Made inside a running loop."""

    def __init__(self, application: web.Application) -> None:
        self._runner = _Runner(
            application,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        self._socket: Path | None = None

    async def start_tcp(self, host: str, port: int, *, handed: Sequence[socket.socket] = ()) -> int:
        """Listen on an address, or on the sockets *handed* to us; return the port."""
        await self._runner.setup()
        sites: list[web.BaseSite] = [web.SockSite(self._runner, each) for each in handed]
        for site in sites or [web.TCPSite(self._runner, host, port)]:
            await site.start()
        return int(self._runner.addresses[0][1])

    async def start_unix(self, path: Path) -> None:
        """Listen on a Unix socket that only we may open."""
        await self._runner.setup()
        bound = bind_socket(path)
        self._socket = path
        await web.SockSite(self._runner, bound).start()

    async def stop(self) -> None:
        """Listen no more; remove the socket."""
        await self._runner.cleanup()
        if self._socket is not None:
            remove_socket(self._socket)
