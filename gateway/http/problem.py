"""Refusals as RFC 9457 problem details, bounded: a sender's contract may allow only 1024 bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp.web import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.model.errors import Flaw

MAX_ANSWER = 1023
"""Bytes of a whole answer, status line and headers included."""

SERVER = "wfm-gateway"
"""What the `Server` header says: no versions of what is inside."""

_FIXED_HEADERS = len(
    "HTTP/1.1 \r\n"
    "Content-Type: application/problem+json\r\n"
    "Content-Length: 1023\r\n"
    "Date: Fri, 20 Nov 2026 22:46:12 GMT\r\n"
    f"Server: {SERVER}\r\n"
    "Connection: keep-alive\r\n"
    "\r\n"
)
_LONGEST_DETAIL = 240
_LONGEST_PATH = 100
_LONGEST_MESSAGE = 160
_LONGEST_ESCAPE = 12
"""Bytes of JSON that one character takes at most."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request is refused. *kind* is one word or a few with hyphens, stable for programs."""

    status: int
    kind: str
    detail: str
    flaws: Sequence[Flaw] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words."""
        return phrase(self.status)


class RefusedError(Exception):
    """A request is refused with *problem*; *check* names what it did not pass."""

    def __init__(self, problem: Problem, *, check: str, close: bool = False) -> None:
        super().__init__(check)
        self.problem = problem
        self.check = check
        self.close = close


def phrase(status: int) -> str:
    """Return the status in words."""
    return HTTPStatus(status).phrase


def problem_response(problem: Problem, *, limit: int | None = MAX_ANSWER) -> Response:
    """Return the answer, at most *limit* bytes with its headers (`None`: as long as it is)."""
    room = None if limit is None else limit - headers_size(problem)
    return Response(
        status=problem.status,
        body=problem_body(problem, room),
        headers={**problem.headers, "Server": SERVER, "Content-Type": "application/problem+json"},
    )


def headers_size(problem: Problem) -> int:
    """Return how many bytes the status line and the headers take at most."""
    own = sum(len(name) + len(value) + 4 for name, value in problem.headers.items())
    return _FIXED_HEADERS + len(f"{problem.status} {problem.title}") + own


def problem_body(problem: Problem, room: int | None) -> bytes:
    """Return the JSON in at most *room* bytes: `errors` are the first that fit, `error_count`
    is how many there are.
    """
    members = _members(problem, _LONGEST_DETAIL if room is not None else None)
    if problem.flaws:
        members["error_count"] = len(problem.flaws)
        members["errors"] = _fitting(problem.flaws, members, room)
    body = _dumps(members)
    if room is not None and len(body) > room:
        members.pop("errors", None)
        members["detail"] = problem.title
        body = _dumps(members)
    return body


def _members(problem: Problem, longest: int | None) -> dict[str, Any]:
    return {
        "type": f"urn:wfm-gateway:problem:{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": _clip(problem.detail, longest or len(problem.detail) * _LONGEST_ESCAPE),
    }


def _fitting(
    flaws: Sequence[Flaw], members: Mapping[str, Any], room: int | None
) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = []
    left = None if room is None else room - len(_dumps({**members, "errors": []}))
    for flaw in flaws:
        item = {
            "path": _clip(flaw.path, _LONGEST_PATH),
            "message": _clip(flaw.message, _LONGEST_MESSAGE),
        }
        if left is not None:
            left -= len(_dumps(item)) + 1
            if left < 0:
                break
        shown.append(item)
    return shown


def _clip(text: str, longest: int) -> str:
    """Cut *text* so that it takes at most *longest* bytes of JSON; mend lone surrogates, which
    strict readers refuse even when escaped.
    """
    kept = text[:longest].encode("utf-8", "replace").decode()
    if len(text) <= longest and _json_length(kept) <= longest:
        return kept
    while _json_length(kept) > longest - len("..."):
        kept = kept[: len(kept) * 7 // 8]
    return kept + "..."


def _json_length(text: str) -> int:
    return len(json.dumps(text)) - len('""')


def _dumps(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()
