"""Who comes in: the network, the credentials, and what is believed of a request after them.

In the contract's order the public listener calls `remote_address` and `is_allowed` (403), then
`prepare` and `verify_headers` (401, 403, 503) before it reads any of the body, and `verify_body`
(403) once it has all of it; what `believer` returns is what goes on from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from gateway.model.errors import CredentialsError
from gateway.model.receipt import VerifiedReceipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gateway.mapping.authenticity import Checker, KeysAt, KeySource, Presented
    from gateway.model.receipt import Receipt
    from gateway.settings import Network, SourceAuth

__all__ = [
    "Unusable",
    "believer",
    "checker_for",
    "is_allowed",
    "prepare",
    "query_secret",
    "remote_address",
    "verify_body",
    "verify_headers",
]

Address = IPv4Address | IPv6Address
UNAVAILABLE = 503

# Some proxies add the port, and then brackets: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands in where every credential of a source is empty: nobody comes in, all shall retry."""

    check: str

    def check_headers(self, presented: Presented, now: datetime) -> None:
        """Refuse."""
        del presented, now
        raise CredentialsError(self.check, status=UNAVAILABLE)

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> None:
        """Refuse."""
        del presented, body, now
        raise CredentialsError(self.check, status=UNAVAILABLE)


def checker_for(auth: SourceAuth, open_keys: Callable[[KeysAt], KeySource]) -> Checker | None:
    """Make a source's checker, `None` for `none`. *open_keys* opens keys published elsewhere."""
    if auth.check is None:
        return None
    if not auth.usable:
        return Unusable(auth.type)
    published = auth.check.keys_at(auth.options)
    if published is None or auth.check.build_with_keys is None:
        return auth.check.build(auth.options)
    return auth.check.build_with_keys(auth.options, open_keys(published))


async def prepare(presented: Presented, checker: Checker | None, now: datetime) -> None:
    """Let a checker whose keys are published elsewhere see to them; others have no `prepare`."""
    see_to_keys = getattr(checker, "prepare", None)
    if see_to_keys is not None:
        await see_to_keys(presented, now)


def verify_headers(presented: Presented, checker: Checker | None, now: datetime) -> int | None:
    """Check the credentials in the headers and the query string; say which of several it was.

    Raises:
        CredentialsError: 401 missing, 403 wrong, 503 nothing configured to compare with.
    """
    return None if checker is None else checker.check_headers(presented, now)


def verify_body(
    presented: Presented, body: bytes, checker: Checker | None, now: datetime
) -> int | None:
    """Check the signature of the body, where there is one; say which of several keys it was.

    Raises:
        CredentialsError: 403 wrong.
    """
    return None if checker is None else checker.check_body(presented, body, now)


def believer(auth: SourceAuth) -> Callable[[Receipt], VerifiedReceipt]:
    """Return what says of a request what of it may be read, once `verify_body` has passed."""
    if auth.check is None or not auth.check.signs_body:
        return VerifiedReceipt
    return partial(VerifiedReceipt, signed=True, query_trusted=auth.check.signs_query)


def query_secret(auth: SourceAuth) -> str | None:
    """Return the name of the credential that comes in the query string, which is not kept."""
    return None if auth.check is None else auth.check.query_secret(auth.options)


def is_allowed(address: Address | None, networks: Sequence[Network]) -> bool:
    """Whether *address* is in one of *networks*; anybody is where there are none."""
    return not networks or _is_in(address, networks)


def remote_address(
    peer: str, x_forwarded_for: Sequence[str], proxies: Sequence[Network]
) -> Address | None:
    """Return who sent a request: the right-most address that is not one of *proxies*.

    *x_forwarded_for* are the header's values in order, believed only from a peer among
    *proxies*. What is not an address ends the walk at the last proxy before it. `None` where
    *peer* itself is not an address.
    """
    address = _address(peer)
    hops = (hop for value in reversed(x_forwarded_for) for hop in reversed(value.split(",")))
    for hop in hops:
        if not _is_in(address, proxies):
            break
        told = _address(hop)
        if told is None:
            break
        address = told
    return address


def _is_in(address: Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


@lru_cache(1024)
def _address(text: str) -> Address | None:
    shown = text.strip()
    matched = _WITH_PORT.fullmatch(shown)
    try:
        address = ip_address((matched[1] or matched[2]) if matched else shown)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
