"""The exceptions of the gateway, named for what it does about them.

GatewayError
├── ConfigurationError      stops the start; carries every problem found
├── ContentError            an authentic request that cannot be read at all: 400 or 422, quarantined
├── MappingError            one item that a mapping cannot translate or render: it is set aside
├── FaultyMappingError      a mapping broke its word on one item: that is set aside, with a log line
├── CredentialsError        401 or 403: only counted and logged
├── StoreError
│   ├── StoreUnavailableError   cannot make it durable now: 503, try again
│   └── StoreLockedError        another process has the store: stops the start
├── FolderError             files cannot be written there now: tried again, and told
└── OperationError          what an operator asked for cannot be done; said in plain words
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with one place of an input.

    *path* is in the sender's own words (``records[0].worker.sid``), *message* a whole sentence.
    """

    path: str
    message: str

    def __str__(self) -> str:
        """Return ``path: message``, or the message alone where the whole input is meant."""
        return f"{self.path}: {self.message}" if self.path else self.message


class GatewayError(Exception):
    """Whatever the gateway raises on purpose."""


class ConfigurationError(GatewayError):
    """The configuration is wrong; *problems* has a printable line for each fault."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ContentError(GatewayError):
    """The content of an authentic request is unusable as a whole.

    *status* is 400 (not what it claims to be: broken JSON, UTF-8, …) or 422 (readable, but
    nothing in it can be translated).
    """

    def __init__(self, detail: str, *, status: int = 400, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.flaws = tuple(flaws)


class MappingError(GatewayError):
    """A mapping cannot read a record or express an event; *flaws* say where."""

    def __init__(self, detail: str, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__("; ".join([detail, *map(str, flaws)]) if flaws else detail)
        self.detail = detail
        self.flaws = tuple(flaws)


class FaultyMappingError(GatewayError):
    """A mapping returned what the plugin API does not allow, or did not come to an end.

    The message is ours and holds nothing of what it returned.
    """


def failure_of(mapping: str, problem: Exception) -> str:
    """Say that *mapping* (its name and version) failed, without what *problem* may quote."""
    why = str(problem) if isinstance(problem, FaultyMappingError) else type(problem).__name__
    return f"mapping {mapping} failed: {why}"


class CredentialsError(GatewayError):
    """The sender did not show that it may come in.

    *status* is 401 (nothing shown) or 403 (something wrong shown), 503 where the source has no
    usable credential configured. *check* names the check that failed, never what was sent.
    """

    def __init__(self, check: str, *, status: int = 403) -> None:
        super().__init__(check)
        self.check = check
        self.status = status


class StoreError(GatewayError):
    """The store could not do what was asked."""


class StoreUnavailableError(StoreError):
    """Nothing can be made durable now (full disk, I/O error, closing); it may mend itself."""


class StoreLockedError(StoreError):
    """Another process has this store open."""


class FolderError(GatewayError):
    """Files cannot be written there now; the message says why, without secrets."""


class OperationError(GatewayError):
    """An operator's command cannot be carried out; the message says why.

    *missing*: what it names is not there (404 rather than 409).
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing
