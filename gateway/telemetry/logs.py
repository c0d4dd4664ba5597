"""Logs: one JSON line on stderr for each thing that happened, cheap enough for the hot path."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import orjson
import structlog

from gateway.telemetry.lines import OUTLET

if TYPE_CHECKING:
    from typing import Any

    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

HIDDEN = "***"
_SECRET_WORDS = (
    "authorization",
    "cookie",
    "credential",
    "password",
    "private_key",
    "secret",
    "signature",
    "token",
)
_SECRET_KEYS = frozenset({"key", "api_key", "apikey", "query", "body", "auth"})
_CHAIN_LIMIT = 5

# A dataclass is written by its `str`: orjson would write a secret's fields.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS

_PLAIN = frozenset({str, int, float, bool, type(None)})


def configure(*, json: bool | None = None, level: str = "info", keep: bool = True) -> None:
    """Log to stderr from *level* up; *json* `None`: JSON unless stderr is a terminal.

    *keep*: loggers that are used from now on stay as they are, whatever is configured later.
    """
    is_json = not sys.stderr.isatty() if json is None else json
    threshold = logging.getLevelNamesMapping()[level.upper()]
    leveled = structlog.make_filtering_bound_logger(threshold)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_error,
            redact,
            _as_json if is_json else _as_text(),
        ],
        wrapper_class=_quick(leveled) if is_json and threshold <= logging.INFO else leveled,
        logger_factory=Lines,
        cache_logger_on_first_use=keep,
    )
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)


def logger() -> FilteringBoundLogger:
    """Return a logger; what `configure` says counts from its first line on."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values of keys that are named like secrets, however deep."""
    for key, value in event.items():
        if value is not None and is_secret_name(key):
            event[key] = HIDDEN
        elif isinstance(value, dict):
            event[key] = redact(_logger, _method, dict(value))
    return event


@lru_cache(maxsize=1024)
def is_secret_name(key: object) -> bool:
    """Whether what stands under *key* must not be seen."""
    name = str(key).lower().replace("-", "_")
    return name in _SECRET_KEYS or any(word in name for word in _SECRET_WORDS)


def describe(error: BaseException) -> str:
    """Return where *error* came from: types and frames, with the message of our own errors only.

    The message of any other may quote what a sender sent.
    """
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None and len(parts) < _CHAIN_LIMIT:
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{frames}{_named(current)}")
        current = current.__cause__ or current.__context__
    return "\ncaused by\n".join(parts)


def _named(error: BaseException) -> str:
    name = type(error).__qualname__
    told = isinstance(error, OSError) or type(error).__module__.startswith("gateway.")
    return f"{name}: {error}" if told else name


def _describe_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["traceback"] = describe(error)
    return event


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=str, option=_OPTIONS)
    except orjson.JSONEncodeError:
        # A lone surrogate, or an integer beyond 64 bits: told, not lost.
        plain = {str(key): ascii(value) for key, value in event.items()}
        return orjson.dumps(plain)


def _as_text() -> structlog.typing.Processor:
    render = structlog.dev.ConsoleRenderer()

    def as_text(wrapped: WrappedLogger, method: str, event: EventDict) -> bytes:
        return render(wrapped, method, event).encode(errors="backslashreplace")

    return as_text


class Lines:
    """What structlog hands the rendered lines to, by their level."""

    def __init__(self, *_: object) -> None:
        """Take what structlog hands every logger, which is nothing here."""

    debug = info = staticmethod(OUTLET.tell)
    warning = error = critical = staticmethod(OUTLET.tell_now)


def _quick(leveled: type[FilteringBoundLogger]) -> type[FilteringBoundLogger]:
    """Return such loggers, but the ordinary line, of which there are two for an event, goes past
    the processors: where no name is that of a secret and every value is plain, they change nothing.
    """

    class Quick(leveled):  # type: ignore[valid-type,misc]
        def info(self, event: str, *given: Any, **values: Any) -> None:
            is_ordinary = (
                _PLAIN.issuperset(map(type, values.values()))
                and _are_told(tuple(values))
                and not given
                and not self._context
            )
            if not is_ordinary:
                super().info(event, *given, **values)
                return
            values["event"] = event
            values["level"] = "info"
            values["timestamp"] = datetime.now(UTC)
            try:
                self._logger.info(orjson.dumps(values, option=orjson.OPT_UTC_Z))
            except orjson.JSONEncodeError:
                del values["event"]
                super().info(event, **values)

    return Quick


@lru_cache(maxsize=1024)
def _are_told(names: tuple[str, ...]) -> bool:
    """Whether values under these names are told as they are."""
    return "exc_info" not in names and not any(map(is_secret_name, names))


class _Foreign(logging.Handler):
    """What the libraries log, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one of our lines."""
        logger().log(
            record.levelno,
            "library.logged",
            library=record.name,
            text=record.getMessage(),
            exc_info=record.exc_info,
        )
