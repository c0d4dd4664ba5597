"""The Unix socket beside the store: whoever may open it may do everything."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from asyncio import BaseTransport

LONGEST_PATH = 100
"""Bytes of a socket's path: the kernel takes 108 on Linux, 104 elsewhere."""

BACKLOG = 16
_PRIVATE = 0o700
_CREDENTIALS = struct.Struct("3i")
_SHORT = "/tmp"  # noqa: S108 - what is made in it is ours alone, or refused


def socket_path(store_path: Path) -> Path:
    """Return where the socket of the store is: ``{path}.sock``, or, where that is too long for a
    socket, a name made from its hash in a private temporary folder.

    Raises:
        ConfigurationError: that folder is there and is not ours alone.
    """
    beside = Path(f"{store_path.absolute()}.sock")
    if _fits(beside):
        return beside
    name = blake2b(os.fsencode(os.path.realpath(beside)), digest_size=16).hexdigest() + ".sock"
    folders = [
        Path(each) / f"wfm-gateway-{os.getuid()}" for each in (tempfile.gettempdir(), _SHORT)
    ]
    folder = next((each for each in folders if _fits(each / name)), folders[-1])
    _make_private(folder)
    return folder / name


def bind_socket(path: Path) -> socket.socket:
    """Return a listening socket at *path* that only we may open, from its first moment on.

    Call it while holding the store's lock: a socket that is there already is then a dead one.

    Raises:
        ConfigurationError: something else is in its place, or it cannot be made.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        _remove_stale(path)
        sock.bind(str(path))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigurationError(
            [f"store.path: no socket at {path}: {error.strerror or error}"]
        ) from error
    finally:
        os.umask(before)
    sock.settimeout(0)
    return sock


def remove_socket(path: Path) -> None:
    """Remove the socket, if it is one."""
    _remove_stale(path)


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISSOCK(mode):
        path.unlink(missing_ok=True)


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST_PATH


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=_PRIVATE, exist_ok=True)
    found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == _PRIVATE
    if not is_private or found.st_uid != os.getuid():
        raise ConfigurationError([f"{folder} is not a folder that only we may open"])


def peer_name(transport: BaseTransport | None) -> str:
    """Return who is at the other end of our socket: a user of this machine."""
    peer = transport.get_extra_info("socket") if transport is not None else None
    if peer is None or not hasattr(socket, "SO_PEERCRED"):
        return "socket"
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return user_name(uid)


def user_name(uid: int) -> str:
    """Return the name of a user of this machine, or the number of one without."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
