"""Render: a delivery becomes what may be told of it, and a mapping's request becomes HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import orjson

from gateway.mapping.destination import Told
from gateway.model.badge import EVERYWHERE
from gateway.model.errors import MappingError
from gateway.model.event import stable_id
from gateway.model.outgoing import IN_PATH, OutgoingRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from gateway.mapping.destination import Request
    from gateway.model.badge import Badges
    from gateway.model.delivery import Delivery
    from gateway.ports import Roster
    from gateway.settings import DestinationSettings

USER_AGENT = f"wfm-gateway/{version('wfm-gateway')}"
OURS = frozenset({"idempotency-key", "user-agent", "content-type", "content-length", "host"})
"""Headers that a mapping does not set."""

IDENTIFIERS = ("external_id", "id", "email", "username")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def told(
    delivery: Delivery,
    include: frozenset[str],
    roster: Roster | None = None,
    badges: Badges | None = None,
) -> Told:
    """Read a delivery's event, leaving out the personal data that *include* does not name.

    An agent who had to wait for an identity that the event does not have is completed from
    *roster* and *badges*. Any other event is told as it is: under its id it may have been told
    before.
    """
    event = orjson.loads(delivery.event)
    data = event.get("data")
    if isinstance(data, dict):
        if roster is not None:
            agent = data.get("agent")
            if isinstance(agent, dict):
                _complete(agent, roster, badges, delivery.identity)
        _withhold(data, include)
    return Told(event, delivery.identity)


def _complete(
    agent: dict[str, Any], roster: Roster, badges: Badges | None, identity: str | None
) -> None:
    if identity is None or agent.get("wfm_id") is not None:
        return
    for name in IDENTIFIERS:
        if agent.get(name) == identity:
            return
    entry = roster.entry(agent["key"].partition(":")[0], agent["id"])
    if entry is None or not entry.wfm_id:
        agent["wfm_id"] = badges.of(agent["key"], EVERYWHERE) if badges else None
        return
    agent["wfm_id"] = entry.wfm_id
    agent["name"] = agent.get("name") or entry.name
    agent["email"] = agent.get("email") or entry.email
    if agent.get("team") is None and entry.team:
        agent["team"] = {"id": None, "name": entry.team}


def redacted(event: dict[str, Any], include: frozenset[str]) -> dict[str, Any]:
    """Return a copy of a neutral event with only the personal data that *include* names."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(event))
    _withhold(copy["data"], include)
    return copy


def _withhold(data: dict[str, Any], include: frozenset[str]) -> None:
    """Blank the personal data that *include* does not name. Most of it is not known mostly."""
    agent, contact = data.get("agent"), data.get("contact")
    _blank(data, _OF_EVENT, include)
    if isinstance(agent, dict):
        _blank(agent, _OF_AGENT, include)
    if isinstance(contact, dict):
        _blank(contact, _OF_CONTACT, include)
        # What was dialled outbound is the customer's number, and may be where no direction is
        # known.
        if contact.get("direction") != "inbound":
            _blank(contact, _OF_CUSTOMER, include)


def _blank(
    holder: dict[str, Any], personal: tuple[tuple[str, str], ...], include: frozenset[str]
) -> None:
    for field, kind in personal:
        if holder.get(field) is not None and kind not in include:
            holder[field] = None


_OF_EVENT = (("customer", "customer"), ("attributes", "attributes"))
_OF_AGENT = (
    ("name", "agent_contact"),
    ("email", "agent_contact"),
    ("phone", "agent_contact"),
    ("attributes", "attributes"),
)
_OF_CONTACT = (
    ("customer_address", "customer"),
    ("recording_url", "recording"),
    ("disposition", "notes"),
)
_OF_CUSTOMER = (("dialed_number", "customer"),)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every request to one destination has, worked out once."""

    url: str
    headers: tuple[tuple[str, str], ...]
    secret_headers: frozenset[str]
    timeout: timedelta

    def address(self, request: Request) -> str:
        """Join the configured URL with a request's path and query; the host stays as it is."""
        if not request.path and not request.query:
            return self.url
        split = urlsplit(self.url)
        path = split.path
        if request.path:
            path = f"{path.rstrip('/')}/{quote(request.path.lstrip('/'), safe=IN_PATH)}"
        query = "&".join(filter(None, (split.query, urlencode(request.query))))
        return urlunsplit((split.scheme, split.netloc, path, query, ""))


def envelope(settings: DestinationSettings) -> Envelope:
    """Work out what is the same for every request to a destination."""
    secrets = tuple((name, secret.reveal()) for name, secret in settings.auth.headers)
    return Envelope(
        url=settings.url,
        headers=(("User-Agent", USER_AGENT), *secrets),
        secret_headers=frozenset(name.lower() for name, _secret in secrets),
        timeout=settings.timeout,
    )


def outgoing(request: Request, around: Envelope, key: str) -> OutgoingRequest:
    """Make a mapping's request, once checked, ready to send under the idempotency key *key*."""
    return OutgoingRequest(
        method=request.method,
        url=around.address(request),
        headers=(
            *((("Content-Type", request.content_type),) if request.content_type else ()),
            ("Idempotency-Key", key),
            *around.headers,
            *request.headers,
        ),
        body=request.body,
        timeout=around.timeout,
        secret_headers=around.secret_headers,
    )


def check(request: Request, around: Envelope) -> None:
    """Raise `MappingError` where a header is not one, or is not the mapping's to set."""
    for name, value in request.headers:
        _check_header(name, value, around)
    if _CONTROL.search(request.content_type):
        raise MappingError("the content type would hold a control character")


def _check_header(name: str, value: str, around: Envelope) -> None:
    if not _TOKEN.fullmatch(name):
        raise MappingError(f"{name!r} is not the name of a header")
    if name.lower() in OURS or name.lower() in around.secret_headers:
        raise MappingError(f"the header {name} is not the mapping's to set")
    if _CONTROL.search(value):
        raise MappingError(f"the header {name} would hold a control character")


def idempotency_key(deliveries: Sequence[Delivery], step: int = 0) -> str:
    """Return a key that is stable for the events and the destination.

    *step* counts the requests already made for the same events, each of which is another one.
    """
    if len(deliveries) == 1:
        key = deliveries[0].idempotency_key
    else:
        key = stable_id(*(each.idempotency_key for each in deliveries))
    return f"{key}:{step}" if step else key


def digest(part: bytes | None) -> bytes | None:
    """Return what stands for a part when the next is compared with it."""
    return None if part is None else blake2b(part, digest_size=16).digest()
