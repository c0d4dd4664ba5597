"""The admin API over the Unix socket, for verbs that ask the running gateway.

Plain `http.client`: a verb that prints three lines should not wait for a web framework to load.
"""

from __future__ import annotations

import json as json_text
import socket
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gateway.model.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 60.0
ALIVE_SECONDS = 5.0
NOT_FOUND = 404
FIRST_FAILURE = 400


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of the host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(
    path: Path,
    method: str,
    target: str,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Any:
    """Ask the gateway at socket *path*; return its JSON answer.

    *target* is the whole path (``/api/v1/agents``), *params* the query (`None` values are left
    out, lists are repeated), *json* the body.

    Raises:
        OperationError: the gateway refused, with its own words; or none answers there.
    """
    try:
        status, body = _exchange(path, method, _with_query(target, params), json, timeout_seconds)
        answer = json_text.loads(body) if body else None
    except (OSError, HTTPException, ValueError) as error:
        raise OperationError(f"no gateway answers at {path}: {error}") from error
    if status >= FIRST_FAILURE:
        raise OperationError(_told(answer, status), missing=status == NOT_FOUND)
    return answer


def is_alive(path: Path) -> bool:
    """Whether a gateway answers at socket *path*."""
    try:
        status, _ = _exchange(path, "GET", "/healthz", None, ALIVE_SECONDS)
    except (OSError, HTTPException):
        return False
    return status < FIRST_FAILURE


def _exchange(path: Path, method: str, target: str, json: Any, seconds: float) -> tuple[int, bytes]:
    connection = _UnixConnection(path, seconds)
    body = None if json is None else json_text.dumps(json).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _with_query(target: str, params: Mapping[str, Any] | None) -> str:
    given = {key: _as_text(value) for key, value in (params or {}).items() if value is not None}
    return f"{target}?{urlencode(given, doseq=True)}" if given else target


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _told(answer: Any, status: int) -> str:
    """Return the problem in plain words: its detail, and each place that is wrong."""
    if not isinstance(answer, dict):
        return f"the gateway answered {status}"
    lines = [str(answer.get("detail") or answer.get("title") or status)]
    for flaw in answer.get("errors") or ():
        where = f"{flaw['path']}: " if flaw.get("path") else ""
        lines.append(f"{where}{flaw.get('message', '')}")
    return "\n".join(lines)
