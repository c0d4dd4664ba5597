"""Folders: whole or not at all, on this machine and over SFTP; what is wrong is said."""

import asyncio
import os
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from gateway.folders import open_folder
from gateway.mapping import File, Secret
from gateway.model.errors import FolderError
from gateway.settings import FolderSettings
from tests.standins.sftp import PASSWORD, USER, sftp_host

NOBODY = 65534
FILES = (File("a.csv", b"1;2\r\n"), File("b.csv", b"3;4\r\n"))


def names(folder):
    return sorted(each.name for each in folder.iterdir())


async def test_files_are_there_whole_and_nothing_else(tmp_path):
    folder = open_folder(FolderSettings(str(tmp_path)))
    await folder.put(FILES)
    assert names(tmp_path) == ["a.csv", "b.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"1;2\r\n"
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o640 & ~os.umask(os.umask(0)) & 0o777
    await folder.put((File("a.csv", b"5;6\r\n"),))
    assert (tmp_path / "a.csv").read_bytes() == b"5;6\r\n"
    assert await folder.probe() == f"{tmp_path} can be written"
    assert names(tmp_path) == ["a.csv", "b.csv"]
    await folder.close()


async def test_a_folder_is_never_made(tmp_path):
    folder = open_folder(FolderSettings(str(tmp_path / "not_mounted")))
    with pytest.raises(FolderError, match="there is no folder"):
        await folder.put(FILES)
    with pytest.raises(FolderError, match="there is no folder"):
        await folder.probe()
    assert names(tmp_path) == []


async def test_a_full_disk_leaves_neither_of_two_files(tmp_path):
    """/dev/full takes nothing: the second file fails after the first was written."""
    (tmp_path / ".b.csv.part").symlink_to("/dev/full")
    with pytest.raises(FolderError, match="No space left on device"):
        await open_folder(FolderSettings(str(tmp_path))).put(FILES)
    assert names(tmp_path) == []


async def test_a_name_that_cannot_be_given_leaves_no_part(tmp_path):
    (tmp_path / "b.csv").mkdir()
    (tmp_path / "b.csv" / "x").touch()
    with pytest.raises(FolderError, match="Is a directory"):
        await open_folder(FolderSettings(str(tmp_path))).put(FILES)
    assert not [each for each in names(tmp_path) if each.endswith(".part")]


@contextmanager
def somebody_else():
    """Where root runs it, be nobody for a while: root may write everywhere."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def kept_shut():
    """A folder that can be seen and not written; those of pytest are root's alone, to the top."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        yield folder
        assert names(folder) == []


async def test_a_folder_that_may_not_be_written(kept_shut):
    with somebody_else(), pytest.raises(FolderError, match="Permission denied"):
        await open_folder(FolderSettings(str(kept_shut))).put(FILES)


async def test_a_read_only_disk_is_told():
    with pytest.raises(FolderError, match="/proc"):
        await open_folder(FolderSettings("/proc")).put(FILES)


def hanging(folder, name):
    """Make writing hang there, as a mount does whose server is away: until somebody reads."""
    os.mkfifo(folder / f".{name}.part")
    return folder / f".{name}.part"


async def test_a_folder_that_hangs_is_let_go_of_and_goes_on_with_the_newest(tmp_path):
    folder = open_folder(FolderSettings(str(tmp_path), timeout=timedelta(seconds=0.3)))
    pipe = hanging(tmp_path, "b.csv")
    for _ in range(3):
        with pytest.raises(FolderError, match=r"it took longer than 0\.3 s"):
            await folder.put(FILES)
    assert len([each for each in threading.enumerate() if each.name == "folder"]) == 1
    assert names(tmp_path) == [".a.csv.part", ".b.csv.part"]
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    await folder.put((File("a.csv", b"5;6\r\n"),))
    os.close(reading)
    assert names(tmp_path) == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"5;6\r\n"


async def test_what_was_let_go_of_gives_no_file_its_name(tmp_path, monkeypatch):
    """A changed destination writes there: what the one before it had under way must not come
    after it.
    """
    goes_on, sync = threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: goes_on.wait(10) and sync(handle))
    folder = open_folder(FolderSettings(str(tmp_path)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await folder.put(FILES)
    assert names(tmp_path) == [".a.csv.part"]
    goes_on.set()
    await folder.close()
    assert names(tmp_path) == []


def at(host, **more):
    told = {
        "path": "/",
        "host": "127.0.0.1",
        "port": host.port,
        "username": USER,
        "password": Secret(PASSWORD),
        "known_hosts": host.known_hosts,
        "timeout": timedelta(seconds=20),
    }
    return FolderSettings(**(told | more))


async def test_over_sftp_files_are_there_whole_and_nothing_else(tmp_path):
    async with sftp_host(tmp_path) as host:
        folder = open_folder(at(host))
        await folder.put(FILES)
        await folder.put((File("a.csv", b"5;6\r\n"),))
        assert "can be written" in await folder.probe()
        assert names(host.folder) == ["a.csv", "b.csv"]
        assert (host.folder / "a.csv").read_bytes() == b"5;6\r\n"
        await folder.close()


async def test_a_key_lets_in_and_a_folder_below_is_found(tmp_path):
    async with sftp_host(tmp_path) as host:
        (host.folder / "wfm").mkdir()
        settings = at(host, password=None, private_key=host.key, path="/wfm")
        await open_folder(settings).put(FILES)
        assert names(host.folder / "wfm") == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"password": Secret("wrong")}, "it refuses our credentials"),
        ({"path": "/nowhere"}, "there is no such folder"),
        ({"port": 1}, "Connect"),
    ],
)
async def test_what_is_wrong_over_sftp_is_said_without_a_secret(tmp_path, more, said):
    async with sftp_host(tmp_path) as host:
        with pytest.raises(FolderError, match=said) as refused:
            await open_folder(at(host, **more)).put(FILES)
        assert "wrong" not in str(refused.value)
        assert names(host.folder) == []


async def test_another_host_than_the_known_one_is_not_told_the_password(tmp_path):
    asked = []

    class Asked(asyncssh.SFTPServer):
        def __init__(self, channel, **more):
            asked.append(channel)
            super().__init__(channel, **more)

    async with sftp_host(tmp_path, Asked) as host:
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        host.known_hosts.write_text(f"[127.0.0.1]:{host.port} {other}")
        with pytest.raises(FolderError, match="the host is not one of known_hosts"):
            await open_folder(at(host)).put(FILES)
        assert asked == []
        await open_folder(at(host, known_hosts=None)).put(FILES)
        assert names(host.folder) == ["a.csv", "b.csv"]


async def test_a_key_that_needs_a_passphrase(tmp_path):
    async with sftp_host(tmp_path) as host:
        key = asyncssh.read_private_key(host.key)
        key.write_private_key(host.key, "pkcs8-pem", passphrase="open sesame")
        settings = at(host, password=None, private_key=host.key)
        with pytest.raises(FolderError, match="the private key cannot be read"):
            await open_folder(settings).put(FILES)
        await open_folder(replace(settings, passphrase=Secret("open sesame"))).put(FILES)
        assert names(host.folder) == ["a.csv", "b.csv"]


class Full(asyncssh.SFTPServer):
    """A server whose disk is full for the second file."""

    def write(self, file_obj, offset, data):
        if data == FILES[1].content:
            raise OSError(28, "No space left on device")
        return super().write(file_obj, offset, data)


class Plain(asyncssh.SFTPServer):
    """A server without the extensions of OpenSSH."""

    def posix_rename(self, *_):
        raise asyncssh.SFTPOpUnsupported("no")

    def fsync(self, *_):
        raise asyncssh.SFTPOpUnsupported("no")


class Stuck(asyncssh.SFTPServer):
    """A server that never opens a file."""

    async def open(self, *_):
        await asyncio.Event().wait()


async def test_a_full_disk_over_sftp_leaves_neither_of_two_files(tmp_path):
    async with sftp_host(tmp_path, Full) as host:
        with pytest.raises(FolderError):
            await open_folder(at(host)).put(FILES)
        assert names(host.folder) == []


async def test_a_server_without_extensions_has_the_newest_content(tmp_path):
    async with sftp_host(tmp_path, Plain) as host:
        folder = open_folder(at(host))
        await folder.put(FILES)
        await folder.put((File("a.csv", b"5;6\r\n"),))
        assert names(host.folder) == ["a.csv", "b.csv"]
        assert (host.folder / "a.csv").read_bytes() == b"5;6\r\n"


async def test_a_server_that_hangs_is_let_go_of(tmp_path):
    async with sftp_host(tmp_path, Stuck) as host:
        settings = at(host, timeout=timedelta(seconds=1))
        with pytest.raises(FolderError, match="it took longer than 1 s"):
            await open_folder(settings).put(FILES)
