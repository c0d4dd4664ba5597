"""Who may use the admin listener, and through which name: credentials, `Host`, `Origin`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.http.door import HeaderView, split_target
from gateway.http.problem import Problem, RefusedError
from gateway.mapping.authenticity import Presented
from gateway.mapping.checks.options import matches_any
from gateway.model.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from aiohttp.web import BaseRequest

    from gateway.settings import AdminAuth

LONGEST_WHO = 100
CHALLENGE = 'Bearer realm="wfm-gateway"'


class Role(StrEnum):
    """What a user of the admin API may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one admin listener.

    *host* is what it listens on; *claims_of* returns the claims of a good JWT and raises
    `CredentialsError` for any other.
    """

    host: str
    auth: AdminAuth
    now: Callable[[], datetime]
    claims_of: Callable[[Presented, datetime], Awaitable[Mapping[str, Any]]] | None = None

    def check_name(self, request: BaseRequest, *, is_open: bool) -> None:
        """Refuse a request that a web page made: by a name that is not ours, or from elsewhere.

        Where the listener is on every address, what needs no credential (*is_open*) answers to
        any name, since it is scraped by the name of the container.
        """
        host = request.headers.get("Host", "")
        if not (self._is_ours(host) or (is_open and self._is_anywhere())):
            raise _refused("host", "This listener does not answer to that Host.")
        for origin in request.headers.getall("Origin", ()):
            if urlsplit(origin).netloc.lower() != host.lower():
                raise _refused("origin", "Requests of other origins are refused.")

    async def check_role(
        self, request: BaseRequest, *, changes: bool, personal: bool = False
    ) -> str:
        """Refuse whoever may not do this (*changes*), or be told this (*personal*: of customers);
        return who it is.

        Raises:
            RefusedError: 401 or 403.
        """
        role, who = await self._role(request)
        if changes and role is not Role.OPERATOR:
            detail = "Changing something needs the role operator."
            if self.auth.type == "none":
                detail = "Without admin.auth this listener is for reading; use the command line."
            raise _refused("role", detail)
        if personal and role is not Role.OPERATOR:
            detail = "What is of customers needs the role operator, or the command line."
            raise _refused("role", detail)
        return who

    async def _role(self, request: BaseRequest) -> tuple[Role, str]:
        if self.auth.type == "none":
            address = _address(request.remote or "")
            if address is None or not address.is_loopback:
                raise _refused("network", "Without admin.auth only loopback may read.")
            return Role.VIEWER, "loopback"
        if self.auth.type == "token":
            self._check_token(request)
            return Role.OPERATOR, "token"
        return await self._role_of_jwt(request)

    def _check_token(self, request: BaseRequest) -> None:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise _missing()
        if not matches_any(shown.strip(), self.auth.token):
            raise _refused("token", "The token is wrong.")

    async def _role_of_jwt(self, request: BaseRequest) -> tuple[Role, str]:
        if self.claims_of is None:
            raise _refused("jwt", "Tokens cannot be checked here.")
        path, query = split_target(request.raw_path)
        presented = Presented(request.method, path, query or "", HeaderView(request.headers))
        try:
            claims = await self.claims_of(presented, self.now())
        except CredentialsError as error:
            raise (_missing() if error.status == _MISSING else _unchecked(error)) from None
        found = next((each for each in Role if each == claims.get("role")), None)
        if found is None:
            raise _refused("role", "The token's role is neither viewer nor operator.")
        return found, f"jwt {str(claims.get('sub') or 'without sub')[:LONGEST_WHO]}"

    def _is_ours(self, host: str) -> bool:
        name = _name_of(host)
        address = _address(name)
        if address is not None and (address.is_loopback or self._is_anywhere()):
            return True
        return name in {"localhost", self.host.lower()} and bool(name)

    def _is_anywhere(self) -> bool:
        address = _address(self.host)
        return self.host == "" or (address is not None and address.is_unspecified)


_MISSING = 401


def _name_of(host: str) -> str:
    """Return the name in a `Host` header: lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _refused(check: str, detail: str) -> RefusedError:
    return RefusedError(Problem(403, check, detail), check=check)


def _missing() -> RefusedError:
    headers = {"WWW-Authenticate": CHALLENGE}
    problem = Problem(401, "credentials", "Credentials are missing.", headers=headers)
    return RefusedError(problem, check="credentials")


def _unchecked(error: CredentialsError) -> RefusedError:
    problem = Problem(error.status, "credentials", "The credentials are wrong.")
    return RefusedError(problem, check=error.check)
