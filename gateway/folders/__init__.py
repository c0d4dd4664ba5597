"""Folders that files are written to: of this machine, and over SFTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.folders.local import LocalFolder

if TYPE_CHECKING:
    from gateway.ports import Folder
    from gateway.settings import FolderSettings


def open_folder(settings: FolderSettings) -> Folder:
    """Return the folder; nothing is opened before something is put into it."""
    if settings.host is None:
        return LocalFolder(settings.path, settings.timeout)
    from gateway.folders.sftp import SftpFolder  # noqa: PLC0415 - who has no SFTP pays nothing

    return SftpFolder(settings)


__all__ = ["open_folder"]
