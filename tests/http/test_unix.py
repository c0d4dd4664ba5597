"""The socket beside the store: where it is, and who may open it."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from gateway.http.client import call, is_alive
from gateway.http.unix import LONGEST_PATH, bind_socket, remove_socket, socket_path
from gateway.model.errors import ConfigurationError, OperationError


@pytest.fixture
def deep(tmp_path, tmp_path_factory, monkeypatch):
    """A store too deep for a socket beside it, with a temporary folder of its own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("t")))
    return tmp_path / ("x" * LONGEST_PATH) / "gateway.db"


def test_beside_the_store(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert socket_path(Path("g.db")) == Path(f"{tmp_path}/g.db.sock")


def test_elsewhere_where_that_is_too_long(deep):
    path = socket_path(deep)

    assert len(os.fsencode(path)) <= LONGEST_PATH
    assert path == socket_path(deep)
    assert path != socket_path(deep.with_name("other.db"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_may_open(deep):
    socket_path(deep).parent.chmod(0o755)

    with pytest.raises(ConfigurationError):
        socket_path(deep)


def test_a_folder_that_is_a_link(deep, tmp_path):
    folder = socket_path(deep).parent
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigurationError):
        socket_path(deep)


@pytest.fixture
def short(tmp_path_factory):
    """A path that is short enough for a socket."""
    return tmp_path_factory.mktemp("s") / "g.sock"


def test_only_we_may_open_it(short):
    before = os.umask(0o022)
    with bind_socket(short):
        assert stat.S_IMODE(short.stat().st_mode) == 0o600
        assert os.umask(before) == 0o022
    remove_socket(short)
    assert not short.exists()
    remove_socket(short)


def test_a_dead_socket_is_replaced(short):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short))
    with bind_socket(short) as living, socket.socket(socket.AF_UNIX) as ours:
        ours.connect(str(short))
        assert living.getsockname() == str(short)


def test_what_is_no_socket_stays(short):
    short.write_text("precious")

    with pytest.raises(ConfigurationError, match="no socket"):
        bind_socket(short)
    remove_socket(short)
    assert short.read_text() == "precious"


def test_nobody_answers(short):
    assert not is_alive(short)
    with pytest.raises(OperationError, match="no gateway answers"):
        call(short, "GET", "/api/v1/agents")
