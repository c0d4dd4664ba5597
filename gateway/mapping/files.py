"""What a file mapping is: the figures of intervals, written as a vendor's import reads them.

Everything here is pure: no I/O, no clock, no randomness. A mapping is a value of `FileMapping`,
registered with one line under the entry-point group ``gateway.file_mappings``. What it makes of
the same figures is the same to the byte: that is how the gateway knows what has to be corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gateway.model.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from marshmallow import Schema

    from gateway.model.ledger import AgentInterval, AgentQueueInterval, QueueInterval

LENGTHS = frozenset({15, 30, 60})
"""Minutes that an interval may have."""


class Need(StrEnum):
    """Figures that files are made of."""

    QUEUES = "queues"
    AGENTS = "agents"
    AGENT_QUEUES = "agent_queues"


class Unit(StrEnum):
    """What one set of files covers: one interval, or a whole day of the mapping's zone."""

    INTERVAL = "interval"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Person:
    """An agent as the vendor knows them; *name* only where the destination may be told it."""

    identity: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What files are made of, in the order of time. *people* has every agent, by agent key."""

    queues: Sequence[QueueInterval] = ()
    agents: Sequence[AgentInterval] = ()
    agent_queues: Sequence[AgentQueueInterval] = ()
    people: Mapping[str, Person] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a set of files covers: intervals of *minutes* from *start* until *until* (aware, UTC),
    with times told in *zone*.

    *revision* is 1, and one more with each correction of files that were written before.
    *is_complete* is false where something was not heard throughout.
    """

    start: datetime
    until: datetime
    minutes: int
    zone: tzinfo
    revision: int = 1
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class File:
    """A file: its name, without a folder, and all that is in it."""

    name: str
    content: bytes


class WithheldError(MappingError):
    """The vendor would not take these files as they are; *problems* say what has to be mended, a
    line each. A line that has to be added to the configuration begins with ``options.``.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class FileMapping:
    """A vendor's way of reading files, as pure functions.

    - *options*: marshmallow schema of the destination's `options`; what it loads is handed on.
    - *needs*: the figures that the files are made of, by those options.
    - *files*: the files of a span, each with a name of its own that is another for each span and
      revision; none where there is nothing to tell. Raises `WithheldError`.
    - *unit*: what one set of files covers. *minutes*: how long its intervals may be.
    - *zone*: the time zone that the vendor prescribes; `None`: what the configuration says.
    - *package*: where the mapping is; its folder `samples` holds ``*.in.json`` and their like.
    - *waived*: which of the conformance checks the mapping cannot pass, and why.
    - *api*: the version of the plugin API that it was written for.
    """

    name: str
    version: str
    options: type[Schema]
    needs: Callable[[Any], frozenset[Need]]
    files: Callable[[Figures, Span, Any], tuple[File, ...]]
    unit: Unit = Unit.INTERVAL
    minutes: frozenset[int] = LENGTHS
    zone: tzinfo | None = None
    package: str = ""
    waived: Mapping[str, str] = field(default_factory=dict)
    api: int = 1
