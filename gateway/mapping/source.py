"""What a source mapping is: a platform's requests, read as records and observations.

Everything here is pure: no I/O, no clock, no randomness. A mapping is a value of
`SourceMapping`, registered with one line under the entry-point group
``gateway.source_mappings``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.model.observation import ChangeKind
from gateway.model.values import quick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from marshmallow import Schema

    from gateway.mapping.reading import ReadMapping
    from gateway.model.agent import Phase, Status
    from gateway.model.errors import Flaw
    from gateway.model.observation import Observation


@quick
@dataclass(frozen=True, slots=True)
class Content:
    """The authentic content of one request.

    *media_type* is lower case without parameters, empty where none was declared; *query* the
    raw query string, empty where it may not be read (the signature does not cover it).
    *signed*: what was signed is what is parsed, so the declared type alone decides how; else a
    mapping may look at the bytes.
    """

    method: str
    media_type: str
    query: str
    body: bytes
    signed: bool
    received_at: datetime


@quick
@dataclass(frozen=True, slots=True)
class Record:
    """One record of a request, readable enough to be accepted.

    *at* is the time by which the records of one request are taken in order (`None`: last),
    *digest* 16 bytes that depend on the record's content alone (`None`: never a duplicate).
    *agent_id* is the platform's, exact; empty for a contact that no agent took.
    *fields* is what `SourceMapping.translate` gets. *account_id* is compared with the
    source's `accounts`. *outcome* and *follows* (the platform's words) order records of one time:
    one that follows another's outcome comes after it. *contact_id* and *joins* are those of a
    `ContactPiece` that is made of it. *read* is what `split` has read already, for `translate`
    alone, which must do without it as well.
    """

    index: int
    agent_id: str
    fields: Mapping[str, Any]
    at: datetime | None = None
    digest: bytes | None = None
    account_id: str | None = None
    outcome: tuple[str, str] | None = None
    follows: tuple[str, str] | None = None
    contact_id: str | None = None
    joins: tuple[str, ...] = ()
    read: object = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that cannot be translated, and why. *fields* is the JSON value as it came."""

    index: int
    flaws: tuple[Flaw, ...]
    fields: object


@dataclass(frozen=True, slots=True)
class Ignored:
    """One record of a kind that the source does not use."""

    index: int
    kind: str


Part = Record | Unreadable | Ignored


@dataclass(frozen=True, slots=True)
class SimulatedContact:
    """A contact in a simulated contact centre."""

    id: str
    number: int
    phase: Phase
    offered_at: datetime
    since: datetime
    channel: str
    queue_number: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One simulated happening: an agent went from *previous* to *status* at *at*.

    *agent_number* counts from 1; *session_number* grows with each login; *reason* is the label
    of a not-ready state. *contact* is what the agent holds after it; *ended* what it has just
    put down (told where a platform has an end-of-contact record).
    """

    agent_number: int
    session_number: int
    sequence: int
    at: datetime
    kind: ChangeKind
    status: Status
    previous: Status
    reason: str | None
    status_since: datetime
    contact: SimulatedContact | None = None
    ended: SimulatedContact | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """The body of a request as the platform would send it."""

    body: bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class SourceMapping:
    """A platform's feed as a table of pure functions.

    - *options*: marshmallow schema of the source's own configuration keys; what it loads is
      handed to the functions as *options*.
    - *split*: one request → its parts, cheap, before the answer. Raises `ContentError` where
      the request as a whole is unusable. Returns `[]` for a request without records.
    - *translate*: one record → observations. Raises `MappingError` where it cannot.
    - *compose*: a simulated happening → the platform's requests for it, or none.
    - *zone*: for a platform that tells wall-clock times: its *options* → the zone in which they
      are read, so that a wrong one is noticed.
    - *keep*: what the journal keeps of a body, decided once its sender is believed and before it
      is durable; `None`: the bytes as they came. What is read of the result is what is read of the
      body. Raises `ContentError` where the body is unusable: then nothing of it is kept.
    - *wanting*: its *options* and what any destination that takes the source `include`s → the
      options to use, so that what nobody wants is neither read nor kept.
    - *methods*: the HTTP methods the platform uses. *echo_header*: a request header that a
      subscription probe wants back (lower case), 1 to 256 visible ASCII characters.
      *query_names*: what a record's fields are called where they come in the query string; a
      probe with none of them there holds no record (empty: any query string may be one).
    - *reading*: how the platform is asked for how everybody stands, where it can be.
    - *package*: where the mapping is; its folder `samples` holds ``*.in.json`` and their like.
    - *waived*: which of the conformance checks the mapping cannot pass, and why.
    - *api*: the version of the plugin API that it was written for.
    """

    name: str
    version: str
    platform: str
    options: type[Schema]
    split: Callable[[Content, Any], Sequence[Part]]
    translate: Callable[[Record, Any, datetime], Sequence[Observation]]
    compose: Callable[[Moment], Sequence[Composed]] | None = None
    zone: Callable[[Any], tzinfo] | None = None
    keep: Callable[[Content, Any], bytes] | None = None
    wanting: Callable[[Any, frozenset[str]], Any] | None = None
    methods: frozenset[str] = frozenset({"POST"})
    echo_header: str | None = None
    query_names: frozenset[str] = frozenset()
    kept_headers: tuple[str, ...] = ()
    reading: ReadMapping | None = None
    package: str = ""
    waived: Mapping[str, str] = field(default_factory=dict)
    api: int = 1
