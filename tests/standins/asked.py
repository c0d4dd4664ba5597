"""One request of a vendor's client, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus


@dataclass(frozen=True)
class Asked:
    """One request as it came. *target*: path and query, still encoded. *headers* are looked up
    in any case.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - it is an answer, and no fault of the stand-in
    """The facts do not allow the request: the status to answer, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def check_call(asked: Asked, method: str, *paths: str) -> None:
    """Refuse another path or method."""
    if asked.target not in paths:
        raise Refusal(404, f"nothing at {asked.target}")
    if asked.method != method:
        raise Refusal(405, f"{method} alone")


def check_type(asked: Asked, wanted: str) -> None:
    """Refuse another content type, and another charset than UTF-8."""
    found = Message()
    found["Content-Type"] = asked.headers.get("Content-Type", "-")
    if found.get_content_type() != wanted:
        raise Refusal(415, f"Content-Type is not {wanted}")
    if str(found.get_param("charset", "utf-8")).lower() != "utf-8":
        raise Refusal(415, "charset is not utf-8")
