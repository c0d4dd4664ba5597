"""An SFTP server in the test: one user, one folder, a host key of its own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncssh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

USER, PASSWORD = "wfm", "made-up"


@dataclass(frozen=True)
class Host:
    """*folder* is what the user sees as `/`; *known_hosts* names the host, *key* lets in."""

    port: int
    folder: Path
    known_hosts: Path
    key: Path


class _Door(asyncssh.SSHServer):
    def __init__(self, public: Any) -> None:
        self._public = public

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        return username == USER and key == self._public


@asynccontextmanager
async def sftp_host(place: Path, served: Any = None) -> AsyncIterator[Host]:
    """Serve a folder below *place*; *served* makes the server's side of a session."""
    folder = place / "incoming"
    folder.mkdir()
    host_key, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key_file = place / "id_ed25519"
    key.write_private_key(key_file)
    kind = served or asyncssh.SFTPServer
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        server_factory=lambda: _Door(key.convert_to_public()),
        sftp_factory=lambda channel: kind(channel, chroot=str(folder)),
    )
    port = server.get_port()
    known = place / "known_hosts"
    public = host_key.export_public_key().decode()
    known.write_text(f"[127.0.0.1]:{port} {public}")
    try:
        yield Host(port, folder, known, key_file)
    finally:
        server.close()
        await server.wait_closed()
