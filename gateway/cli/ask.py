"""One way to carry out any operation: ask the gateway that runs, or open the store ourselves."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
from marshmallow import ValidationError

from gateway.config.roster import RosterFiles
from gateway.http.client import TIMEOUT_SECONDS, call, is_alive
from gateway.http.unix import socket_path, user_name
from gateway.model.errors import StoreLockedError
from gateway.operations import Asked, Bench, Operation
from gateway.store.sqlite import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.cli.session import Session
    from gateway.settings import Settings
    from gateway.store.sqlite import SqliteStore

PREFIX = "/api/v1"
_IN_BRACES = re.compile(r"\{(\w+)\}")


def carry_out(
    session: Session,
    operation: Operation,
    /,
    timeout_seconds: float = TIMEOUT_SECONDS,
    **asked: Any,
) -> Any:
    """Return the JSON-able answer of *operation*, asked with what was given on the command line.

    Raises:
        click.UsageError: what was asked makes no sense.
        GatewayError: it cannot be done.
    """
    given = {key: value for key, value in asked.items() if value not in (None, (), False)}
    loaded = _loaded(operation, given)
    settings = session.settings()
    socket = socket_path(settings.store.path)
    if is_alive(socket):
        return _ask(socket, operation, given, timeout_seconds)
    return asyncio.run(_open_and_run(settings, operation, loaded))


def _loaded(operation: Operation, given: dict[str, Any]) -> Asked:
    try:
        loaded = operation.load(given)
    except ValidationError as problem:
        raise click.UsageError("; ".join(_lines(problem.messages_dict))) from problem
    return loaded


def _lines(messages: dict[str, Any]) -> list[str]:
    return [
        text if name == "_schema" else f"--{name}: {text}"
        for name, texts in messages.items()
        for text in (texts if isinstance(texts, list) else [str(texts)])
    ]


def _ask(socket: Path, operation: Operation, given: dict[str, Any], seconds: float) -> Any:
    named = set(_IN_BRACES.findall(operation.path))
    target = PREFIX + _IN_BRACES.sub(lambda name: _quoted(given[name[1]]), operation.path)
    rest = {key: value for key, value in given.items() if key not in named}
    if operation.method == "GET":
        return call(socket, operation.method, target, params=rest, timeout_seconds=seconds)
    return call(socket, operation.method, target, json=rest, timeout_seconds=seconds)


def _quoted(value: Any) -> str:
    return quote(str(value), safe="")


async def _open_and_run(settings: Settings, operation: Operation, loaded: Asked) -> Any:
    store = _open(settings)
    try:
        bench = Bench(
            store=store,
            settings=settings,
            live=None,
            now=_utc_now,
            roster=RosterFiles(settings.agents.files),
        )
        return await operation.perform(bench, loaded, who=user_name(os.getuid()))
    finally:
        await store.close()


def _open(settings: Settings) -> SqliteStore:
    try:
        return open_store(
            settings.store.path, now=_utc_now, max_untranslated=settings.store.max_untranslated
        )
    except StoreLockedError as problem:
        socket = socket_path(settings.store.path)
        state = "does not answer at" if socket.exists() else "has lost its socket"
        raise StoreLockedError(
            f"{problem}, which {state} {socket}: try again, and where that does not help restart "
            "the gateway; nothing is lost by that"
        ) from problem


def _utc_now() -> datetime:
    return datetime.now(UTC)
