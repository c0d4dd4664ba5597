"""The public listener's requests: checked in the contract's order, made durable, answered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

import orjson
from aiohttp.web import Response

from gateway.http.body import Inflight, Share, check_size, read_body
from gateway.http.door import (
    UNKNOWN_SOURCE,
    Door,
    HeaderView,
    Visit,
    find_door,
    method_refused,
    sender_of,
    split_target,
)
from gateway.http.problem import SERVER, Problem, RefusedError, problem_response
from gateway.http.reply import JSON, json_reply
from gateway.http.server import Listener, Patience
from gateway.mapping.authenticity import Presented
from gateway.model.errors import ContentError, StoreUnavailableError
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiohttp.web import BaseRequest, StreamResponse

    from gateway.mapping.authenticity import Checker
    from gateway.ports import Accepted, Intake
    from gateway.settings import ServerSettings, SourceSettings
    from gateway.telemetry.metrics import Metrics, SourceHealth

_EMPTY = {"Server": SERVER, "Cache-Control": "no-store"}
_RETRY_STORE = {"Retry-After": "5"}

log = logger()


class Ingest:
    """Answers every request of the public listener.

    *checkers* are the sources' configured checks by source name (`None`: no check); *health*
    and *metrics* are told of refusals and of the time to the answer, what is accepted is
    counted where it is made durable.
    """

    def __init__(
        self,
        *,
        sources: Mapping[str, SourceSettings],
        checkers: Mapping[str, Checker | None],
        settings: ServerSettings,
        intake: Intake,
        metrics: Metrics,
        health: Mapping[str, SourceHealth],
        now: Callable[[], datetime],
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._metrics = metrics
        self.become(sources, checkers)
        self._health = health
        self._now = now
        self._patience = patience or Patience()
        self._inflight = Inflight(settings.max_inflight_bytes)
        self._log = log.bind()  # found once, not for each line

    def become(
        self, sources: Mapping[str, SourceSettings], checkers: Mapping[str, Checker | None]
    ) -> None:
        """Let these sources in from the next request on, and no others."""
        self._doors = {
            name: Door(source, checkers[name], self._metrics.ack_seconds.labels(name))
            for name, source in sources.items()
        }

    def listener(self) -> Listener:
        """Return the listener for these requests, not yet started."""
        return Listener(
            self,
            max_connections=self._settings.max_connections,
            on_refused=self._refused_connection,
            patience=self._patience,
        )

    async def __call__(self, request: BaseRequest) -> StreamResponse:
        """Answer one request."""
        visit = Visit()
        try:
            return await self._answer(request, visit)
        except RefusedError as refused:
            return await self._refuse(request, visit, refused)
        except (ContentError, StoreUnavailableError) as error:
            return await self._refuse(request, visit, _not_accepted(error))
        except ConnectionError:
            gone = RefusedError(Problem(400, "http", "The sender went away."), check="gone")
            return await self._refuse(request, visit, gone)
        except Exception:
            log.exception("request.failed", source=visit.source)
            failed = RefusedError(Problem(500, "internal", "The gateway failed."), check="internal")
            return await self._refuse(request, visit, failed)

    async def _answer(self, request: BaseRequest, visit: Visit) -> StreamResponse:
        started = perf_counter()
        path, query = split_target(request.raw_path)
        if path == "/healthz":
            return _alive(request)
        address, visit.remote = sender_of(request, self._settings.proxies)
        door = find_door(self._doors, path)
        visit.source = door.name
        door.check_method(request.method)
        door.check_network(address)
        target = path if query is None else f"{path}?{query}"
        presented = Presented(request.method, target, query or "", HeaderView(request.headers))
        now = self._now()
        if door.prepares:
            await door.prepare(presented, now)
        shown = door.check_headers(presented, now)
        length = check_size(request, self._settings.max_body_bytes)
        with Share(self._inflight) as share:
            share.grow_to(length)
            body = await read_body(request, self._settings.max_body_bytes, share, self._patience)
            signed = door.check_body(presented, body, now)
            self._note_credential(door.name, signed if shown is None else shown)
            echo = door.echo(presented)
            verified = door.believe(presented, body, now)
            if echo is not None and door.holds_nothing(verified):
                return Response(headers=_EMPTY | echo)
            accepted = await self._intake.accept(verified)
        self._told(door, visit, accepted, len(body), perf_counter() - started)
        return _answer(request, accepted, echo)

    def _note_credential(self, source: str, number: int | None) -> None:
        """Remember which credential matched: whether the old one of a rotation is still used."""
        health = self._health[source]
        if number is not None and health.credential != number + 1:
            health.credential = number + 1
            self._metrics.credential.labels(source).set(number + 1)

    def _told(
        self, door: Door, visit: Visit, accepted: Accepted, size: int, seconds: float
    ) -> None:
        door.ack.observe(seconds)
        self._log.info(
            "receipt.journaled",
            source=door.name,
            receipt=accepted.receipt,
            accepted=accepted.accepted,
            duplicates=accepted.duplicates,
            quarantined=accepted.quarantined,
            ignored=accepted.ignored,
            bytes=size,
            remote=visit.remote,
            ack_ms=round(seconds * 1000, 2),
        )

    async def _refuse(
        self, request: BaseRequest, visit: Visit, refused: RefusedError
    ) -> StreamResponse:
        self._count(visit, refused.problem.status, refused.check)
        response = problem_response(refused.problem)
        if not request.content.is_eof():
            response.force_close()
        if refused.close:
            # Sent from here, because aiohttp would read on for a while, as it should for others.
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            request.protocol.force_close()
        return response

    def _refused_connection(self, status: int, check: str) -> None:
        self._count(Visit(), status, check)

    def _count(self, visit: Visit, status: int, check: str) -> None:
        self._metrics.refusals.labels(visit.source, str(status), check).inc()
        log.info(
            "request.refused", source=visit.source, status=status, check=check, remote=visit.remote
        )
        if visit.source != UNKNOWN_SOURCE:
            refusals = self._health[visit.source].refusals
            refusals[check] = refusals.get(check, 0) + 1


def _not_accepted(error: ContentError | StoreUnavailableError) -> RefusedError:
    if isinstance(error, ContentError):
        return RefusedError(
            Problem(error.status, "content", error.detail, error.flaws), check="content"
        )
    detail = "It cannot be made durable now; send it again."
    return RefusedError(Problem(503, "unavailable", detail, headers=_RETRY_STORE), check="store")


def _alive(request: BaseRequest) -> Response:
    if request.method not in {"GET", "HEAD"}:
        raise method_refused(frozenset({"GET", "HEAD"}))
    return Response(body=b'{"status":"ok"}', headers=JSON)


def _answer(
    request: BaseRequest, accepted: Accepted, echo: dict[str, str] | None
) -> StreamResponse:
    if echo is None:
        return json_reply(request, orjson.dumps(accepted))
    if accepted.accepted or accepted.duplicates or accepted.quarantined or accepted.ignored:
        return Response(body=orjson.dumps(accepted), headers=JSON | echo)
    return Response(headers=_EMPTY | echo)
