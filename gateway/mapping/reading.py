"""What a source mapping may add: how the platform is asked for how everybody stands.

Pure like the rest: the mapping says what to ask and what the answers hold, the engine asks. What
was found is received like any request of the platform, with the method `READ`, and goes through
`SourceMapping.split` and `translate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gateway.model.delivery import Answer
    from gateway.model.secret import Secret

READ = "READ"
"""`Content.method` of what we have read ourselves; no sender can have it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a platform is asked: *url* without a path's end, *headers* that let us in."""

    url: str
    headers: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """One GET. *path* is appended to the endpoint's URL, *query* are pairs not yet encoded.

    *about* is the mapping's own note of what it is for. Those of the lowest *rank* go first.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer came to: the bodies to receive, and what to ask next."""

    told: tuple[bytes, ...] = ()
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadMapping:
    """How a platform is asked.

    - *endpoint*: where, by the source's options; `None`: the operator gave nothing to ask with.
    - *everybody*: the first questions after how everybody stands; also of those (platform's ids)
      who hold a contact as far as is known, whatever else is asked of whom.
    - *agent*: those after one agent, by the platform's id.
    - *found*: what an answer holds. It gets answers of status 2xx and 404, and the time at which
      was asked, by our clock. Raises `MappingError` where the answer is not what it should be.
    """

    endpoint: Callable[[Any], Endpoint | None]
    everybody: Callable[[frozenset[str], Any], Sequence[Ask]]
    agent: Callable[[str, Any], Sequence[Ask]]
    found: Callable[[Ask, Answer, datetime, Any], Found]
