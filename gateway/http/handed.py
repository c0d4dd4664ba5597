"""Sockets that a service manager opened for us and holds over a restart (`LISTEN_FDS`).

The protocol is that of systemd's socket activation (sd_listen_fds(3)): descriptors from 3 on,
`LISTEN_FDS` of them, ours where `LISTEN_PID` is our process, with names in `LISTEN_FDNAMES`.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

FIRST = 3
LISTENERS = ("server", "admin")

Handed = dict[str, list[socket.socket]]
"""The sockets for each listener; an empty list: it opens its own."""


def handed_sockets(environ: MutableMapping[str, str], pid: int) -> Handed:
    """Take the sockets over, and their variables out of *environ*: no child must see them.

    Named `server` and `admin` they are for that listener. Without such names the first is for
    `server`, the second for `admin`.

    Raises:
        ConfigurationError: a descriptor is no listening TCP socket, or there are too many.
    """
    wanted = environ.pop("LISTEN_PID", "")
    count = environ.pop("LISTEN_FDS", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    handed: Handed = {name: [] for name in LISTENERS}
    if wanted != str(pid) or not count.isdecimal():
        return handed
    is_named = any(name in LISTENERS for name in names)
    for place in range(int(count)):
        name = names[place] if is_named and place < len(names) else _by_place(place, is_named)
        if name not in handed:
            raise ConfigurationError(
                [f"LISTEN_FDS: socket {place + 1} is named {name!r}; valid: {', '.join(LISTENERS)}"]
            )
        handed[name].append(_listening(FIRST + place))
    return handed


def _by_place(place: int, is_named: bool) -> str:  # noqa: FBT001 - one private caller
    return "" if is_named or place >= len(LISTENERS) else LISTENERS[place]


def _listening(descriptor: int) -> socket.socket:
    try:
        found = socket.socket(fileno=descriptor)
        is_listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as problem:
        raise ConfigurationError(
            [f"LISTEN_FDS: descriptor {descriptor} is no socket: {problem.strerror}"]
        ) from problem
    if not is_listening or found.family not in {socket.AF_INET, socket.AF_INET6}:
        raise ConfigurationError([f"LISTEN_FDS: {descriptor} is no listening TCP socket"])
    found.settimeout(0)
    return found
