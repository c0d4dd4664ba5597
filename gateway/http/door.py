"""One source's door: what is asked of a request before its body is read, and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gateway.http.problem import Problem, RefusedError
from gateway.mapping.authenticity import Presented
from gateway.mapping.parameters import names_of, without_parameter
from gateway.model.clock import in_millis
from gateway.model.errors import CredentialsError
from gateway.model.receipt import Receipt
from gateway.pipeline.verify import (
    believer,
    is_allowed,
    prepare,
    query_secret,
    remote_address,
    verify_body,
    verify_headers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from aiohttp.web import BaseRequest
    from multidict import CIMultiDictProxy

    from gateway.mapping.authenticity import Checker
    from gateway.model.receipt import VerifiedReceipt
    from gateway.pipeline.verify import Address
    from gateway.settings import Network, SourceSettings
    from gateway.telemetry.counting import Spread

INGEST = "/v1/ingest/"
UNKNOWN_SOURCE = "-"
"""What stands for the source where there is none: a stranger's word is never a label."""

LONGEST_ECHO = 256
_VISIBLE = range(0x21, 0x7F)


@dataclass(slots=True)
class Visit:
    """What is known so far of a request that is being answered, for the log line."""

    source: str = UNKNOWN_SOURCE
    remote: str = ""


class HeaderView(Mapping[str, "Sequence[str]"]):
    """A request's headers by lower-case name, each with all its values, without a copy."""

    __slots__ = ("_headers",)

    def __init__(self, headers: CIMultiDictProxy[str]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> list[str]:
        return self._headers.getall(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return all values, without an exception where there are none."""
        return self._headers.getall(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name in self._headers))

    def __len__(self) -> int:
        return len(set(self))


def split_target(target: str) -> tuple[str, str | None]:
    """Return path and query as sent; the query is `None` where there is no question mark."""
    if not target.startswith("/"):
        _, _, rest = target.partition("://")
        target = "/" + rest.partition("/")[2]
    path, mark, query = target.partition("#")[0].partition("?")
    return path, query if mark else None


class Door:
    """One source's settings, made ready for every request. *ack* times its answers."""

    def __init__(self, source: SourceSettings, checker: Checker | None, ack: Spread) -> None:
        self.name = source.name
        self.ack = ack
        self._source = source
        self._auth = source.auth
        self._checker = checker
        self.prepares = hasattr(checker, "prepare")
        self._kept = ("content-type", *source.mapping.kept_headers)
        self._query_secret = query_secret(source.auth)
        self._believed = believer(source.auth)

    def check_method(self, method: str) -> None:
        """Refuse a method that the platform does not use."""
        methods = self._source.mapping.methods
        if method not in methods:
            raise method_refused(methods)

    def check_network(self, address: Address | None) -> None:
        """Refuse whoever does not come from one of `allow_from`."""
        if self._auth.allow_from and not is_allowed(address, self._auth.allow_from):
            problem = Problem(403, "network", "This source may not be told from this network.")
            raise RefusedError(problem, check="network")

    async def prepare(self, presented: Presented, now: datetime) -> None:
        """See to keys that are published elsewhere, where the check `prepares`."""
        await prepare(presented, self._checker, now)

    def check_headers(self, presented: Presented, now: datetime) -> int | None:
        """Refuse whoever shows no credential, or a wrong one, ahead of the body."""
        try:
            return verify_headers(presented, self._checker, now)
        except CredentialsError as error:
            raise self._not_believed(error) from None

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> int | None:
        """Refuse a body that the credentials do not cover."""
        try:
            return verify_body(presented, body, self._checker, now)
        except CredentialsError as error:
            raise self._not_believed(error) from None

    def believe(self, presented: Presented, body: bytes, received_at: datetime) -> VerifiedReceipt:
        """Return what is kept of a request whose checks have all passed."""
        headers, query = presented.headers, presented.query
        kept = [(name, value) for name in self._kept for value in headers.get(name, ())]
        if self._query_secret is not None:
            query = without_parameter(query, self._query_secret)
        at = in_millis(received_at)
        return self._believed(Receipt(self.name, at, presented.method, tuple(kept), query, body))

    def echo(self, presented: Presented) -> dict[str, str] | None:
        """Return the header that a subscription probe wants back, or `None`.

        Raises:
            RefusedError: 400 where it is not one value of 1 to 256 visible ASCII characters.
        """
        name = self._source.mapping.echo_header
        if name is None:
            return None
        values = presented.values(name)
        if not values:
            return None
        value = values[0]
        is_short = len(values) == 1 and 1 <= len(value) <= LONGEST_ECHO
        if not is_short or any(ord(char) not in _VISIBLE for char in value):
            problem = Problem(400, "echo", f"{name} is not 1 to 256 visible ASCII characters.")
            raise RefusedError(problem, check="echo")
        return {_title_case(name): value}

    def holds_nothing(self, verified: VerifiedReceipt) -> bool:
        """Whether there is no record in a request: neither a body nor fields in the query."""
        if verified.receipt.body.strip():
            return False
        told = names_of(verified.receipt.query if verified.query_trusted else "")
        known = self._source.mapping.query_names
        return not (told & known if known else told)

    def _not_believed(self, error: CredentialsError) -> RefusedError:
        headers, detail = {}, "The credentials are wrong."
        if error.status == HTTPStatus.UNAUTHORIZED:
            # RFC 9110, 15.5.2: a 401 has a challenge, though no scheme is registered for this.
            challenge = self._auth.check.challenge if self._auth.check else ""
            headers = {"WWW-Authenticate": challenge or 'Custom realm="wfm-gateway"'}
            detail = "Credentials are missing."
        elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers = {"Retry-After": "60"}
            detail = "The source has no usable credential now."
        problem = Problem(error.status, "credentials", detail, headers=headers)
        return RefusedError(problem, check=error.check)


def find_door(doors: Mapping[str, Door], path: str) -> Door:
    """Return the door that *path* names, or refuse with 404."""
    if path.startswith(INGEST):
        name = path[len(INGEST) :]
        door = doors.get(unquote(name) if "%" in name else name)
        if door is not None:
            return door
    raise RefusedError(Problem(404, "not_found", "There is no such source."), check="source")


def sender_of(request: BaseRequest, proxies: Sequence[Network]) -> tuple[Address | None, str]:
    """Return the address of the sender, as far as it is believed, and how it is written."""
    peer = request.remote or ""
    if not proxies:
        return _direct(peer)
    address = remote_address(peer, request.headers.getall("X-Forwarded-For", []), proxies)
    return address, str(address)


@lru_cache(maxsize=1024)
def _direct(peer: str) -> tuple[Address | None, str]:
    address = remote_address(peer, (), ())
    return address, str(address)


def method_refused(methods: frozenset[str]) -> RefusedError:
    """Return the refusal of a method, with those that are allowed."""
    allowed = ", ".join(sorted(methods))
    problem = Problem(405, "method", f"Allowed here: {allowed}.", headers={"Allow": allowed})
    return RefusedError(problem, check="method")


def _title_case(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
