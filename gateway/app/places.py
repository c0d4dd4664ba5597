"""Where we listen: why a place cannot be had, in the words of the configuration."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELSEWHERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_ADVICE = {
    errno.EADDRINUSE: "; another process listens there: end it, or name another port",
    errno.EACCES: "; valid without privileges: 1024 and up",
}


@contextmanager
def named(section: str, host: str, port: int) -> Iterator[None]:
    """Name the key to blame where *host* and *port* of a *section* cannot be listened on.

    Raises:
        ConfigurationError: it cannot.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        is_name = number <= 0 or number in _ELSEWHERE  # a name that is not found has a negative one
        key = "host" if is_name else "port"
        why = os.strerror(number) if number > 0 else str(error.strerror or error)
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        problem = f"{section}.{key}: cannot listen on {place}: {why}{_ADVICE.get(number, '')}"
        raise ConfigurationError([problem]) from error
