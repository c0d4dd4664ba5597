"""A folder on another machine, over SFTP."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from posixpath import join
from typing import TYPE_CHECKING, Any

import asyncssh

from gateway.folders.names import PROBE, unfinished
from gateway.model.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from gateway.mapping.files import File
    from gateway.settings import FolderSettings

WRONG = (OSError, asyncssh.Error, ValueError)
"""What a line, a host, a key file or a disk may raise."""

_SAID: tuple[tuple[type[Exception], str], ...] = (
    (asyncssh.HostKeyNotVerifiable, "the host is not one of known_hosts"),
    (asyncssh.PermissionDenied, "it refuses our credentials"),
    (asyncssh.KeyImportError, "the private key cannot be read (is there a passphrase?)"),
    (asyncssh.SFTPNoSuchFile, "there is no such folder"),
    (asyncssh.SFTPPermissionDenied, "writing is not allowed there"),
    (asyncssh.SFTPNoSpaceOnFilesystem, "no space left there"),
    (asyncssh.SFTPQuotaExceeded, "the quota there is used up"),
)


class SftpFolder:
    """`gateway.ports.Folder` over SFTP: a connection for each time something is put.

    Files come only every few minutes: a connection that was kept would mostly be found dead.
    """

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings

    async def put(self, files: Sequence[File]) -> None:
        """Write all of them beside their names, sync them, then give them their names."""
        async with self._open() as sftp:
            parts: list[str] = []
            try:
                for each in files:
                    part = self._place(unfinished(each.name))
                    parts.append(part)
                    await _write(sftp, part, each.content)
                for each, part in zip(files, list(parts), strict=True):
                    await _rename(sftp, part, self._place(each.name))
                    parts.remove(part)
            except WRONG:
                for part in parts:
                    with suppress(*WRONG):
                        await sftp.remove(part)
                raise

    async def probe(self) -> str:
        """Connect, and write and remove a file."""
        async with self._open() as sftp:
            part = self._place(PROBE)
            await _write(sftp, part, b"probe")
            await sftp.remove(part)
        return f"{self._place('')} can be written"

    async def close(self) -> None:
        """Nothing is held."""

    def _place(self, name: str) -> str:
        return join(self._settings.path, name)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """Connect; whatever goes wrong until it is closed is a `FolderError`."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.timeout.total_seconds()):
                line = await asyncssh.connect(settings.host or "", settings.port, **_how(settings))
                try:
                    yield await line.start_sftp_client()
                finally:
                    line.abort()  # all is there, or nothing will be: no reason to wait for it
        except TimeoutError:
            seconds = settings.timeout.total_seconds()
            raise FolderError(f"{self._where()}: it took longer than {seconds:g} s") from None
        except WRONG as problem:
            raise FolderError(f"{self._where()}: {_why(problem)}") from problem

    def _where(self) -> str:
        return f"sftp://{self._settings.host}:{self._settings.port}{self._settings.path}"


def _how(settings: FolderSettings) -> dict[str, Any]:
    """Return how to connect: with what was configured, and nothing that lies on this machine."""
    key = settings.private_key
    passphrase = settings.passphrase.reveal() if settings.passphrase else None
    return {
        "username": settings.username,
        "password": settings.password.reveal() if settings.password else None,
        "client_keys": [asyncssh.read_private_key(key, passphrase)] if key else None,
        "known_hosts": str(settings.known_hosts) if settings.known_hosts else None,
        "agent_path": None,
        "config": None,
        "preferred_auth": "publickey" if key else "password,keyboard-interactive",
    }


async def _write(sftp: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with sftp.open(path, "wb") as file:
        await file.write(content)
        # Not every server can: then the rename alone has to do.
        with suppress(asyncssh.SFTPOpUnsupported):
            await file.fsync()


async def _rename(sftp: asyncssh.SFTPClient, part: str, path: str) -> None:
    """Give a file its name, over what has it; where the server cannot, what has it goes first."""
    try:
        await sftp.posix_rename(part, path)
    except asyncssh.SFTPOpUnsupported:
        with suppress(asyncssh.SFTPNoSuchFile):
            await sftp.remove(path)
        await sftp.rename(part, path)


def _why(problem: Exception) -> str:
    """Say what went wrong in words that hold no secret."""
    known = next((words for kind, words in _SAID if isinstance(problem, kind)), None)
    if known is not None:
        return known
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return f"{type(problem).__name__}: {problem}"[:200]
