"""Keys that somebody else publishes, as a file or at an address, read ahead of their use.

What cannot be read now leaves the keys as they were. A stranger's token can hurry an address
only once in `SOONEST`, and waits no longer than `PATIENCE` for it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from gateway.http.transport import trouble
from gateway.mapping.checks.jwt import CHECK, JwtChecker
from gateway.telemetry.logs import logger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from aiohttp import StreamReader

    from gateway.mapping.authenticity import KeysAt, KeySource
    from gateway.mapping.checks.jwt_options import JwtOptions

MAX_AGE = timedelta(minutes=10)
SOONEST = timedelta(seconds=30)
SOONEST_WITHOUT_KEYS = timedelta(seconds=5)
PATIENCE = timedelta(seconds=2)
MAX_BYTES = 256 * 1024
_OK = 200
_MISSING = ()

log = logger()


def open_keys(at: KeysAt) -> KeySource:
    """Return the source of the keys that are at *at*. A file is read at once."""
    if at.file is not None:
        return FileKeys(at, at.file)
    if at.url is None:
        raise ValueError("neither a file nor an address")
    return UrlKeys(at, at.url)


def jwt_checker(options: JwtOptions) -> JwtChecker:
    """Return the checker of *options*, for whoever wants the claims of a token."""
    at = CHECK.keys_at(options)
    checker = CHECK.build(options) if at is None else JwtChecker(options, open_keys(at))
    assert isinstance(checker, JwtChecker)
    return checker


class FileKeys:
    """The keys in a file, read again when it changes."""

    def __init__(self, at: KeysAt, path: Path) -> None:
        self._read = at.read
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._keys: Sequence[Any] = ()
        self._read_if_changed()

    def keys(self) -> Sequence[Any]:
        """Return what was last read."""
        return self._keys

    async def refresh(self, *, is_known: bool, now: datetime) -> None:
        """Read the file if it is not the one that was read."""
        del is_known, now
        self._read_if_changed()

    def _read_if_changed(self) -> None:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            with self._path.open("rb") as file:
                self._keys = self._read(_at_most(file.read(MAX_BYTES + 1)))
        except OSError as error:
            if self._stamp != _MISSING:
                log.warning("keys.unread", path=str(self._path), problem=error.strerror)
            self._stamp = _MISSING
        except ValueError as error:
            log.warning("keys.unread", path=str(self._path), problem=str(error))
        else:
            log.info("keys.read", path=str(self._path), number=len(self._keys))


class UrlKeys:
    """The keys at an address, kept for `MAX_AGE`; sooner where one asked for is not among them."""

    def __init__(self, at: KeysAt, url: str) -> None:
        self._read = at.read
        self._url = url
        self._host = urlsplit(url).hostname
        self._keys: Sequence[Any] = ()
        self._asked_at: datetime | None = None
        self._is_current = False
        self._asking = asyncio.Lock()

    def keys(self) -> Sequence[Any]:
        """Return what was last read."""
        return self._keys

    async def refresh(self, *, is_known: bool, now: datetime) -> None:
        """Ask again if it is time to. Who has their key waits for nobody's asking, who has not
        waits for the one under way.
        """
        if self._asking.locked():
            if not is_known:
                async with self._asking:
                    return
        elif self._is_due(now, is_known=is_known):
            async with self._asking:
                self._asked_at = now
                await self._ask()

    def _is_due(self, now: datetime, *, is_known: bool) -> bool:
        if self._asked_at is None:
            return True
        # Requests under way have slightly older times than the one that asked.
        return abs(now - self._asked_at) >= self._pause(is_known=is_known)

    def _pause(self, *, is_known: bool) -> timedelta:
        if not self._keys:
            return SOONEST_WITHOUT_KEYS
        return MAX_AGE if is_known and self._is_current else SOONEST

    async def _ask(self) -> None:
        self._is_current = False
        try:
            self._keys = self._read(await _fetched(self._url))
        except Exception as error:  # noqa: BLE001 - whatever the wire does, the old keys stay
            log.warning("keys.unread", host=self._host, problem=_problem(error))
        else:
            self._is_current = True
            log.info("keys.read", host=self._host, number=len(self._keys))


async def _fetched(url: str) -> bytes:
    async with (
        ClientSession(
            timeout=ClientTimeout(total=PATIENCE.total_seconds()),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        if answer.status != _OK:
            raise ValueError(f"answered {answer.status}")
        return await _whole(answer.content)


async def _whole(content: StreamReader) -> bytes:
    data = b""
    while chunk := await content.readany():
        data = _at_most(data + chunk)
    return data


def _problem(error: Exception) -> str:
    is_ours = isinstance(error, ValueError) and not isinstance(error, ClientError)
    return str(error) if is_ours else trouble(error)


def _at_most(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ValueError(f"longer than {MAX_BYTES} bytes")
    return data
