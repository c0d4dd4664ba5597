"""Sockets handed over by a service manager."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.http.handed import handed_sockets

IN_CHILD = """
import os, sys
from gateway.http.handed import handed_sockets
for place, inherited in enumerate(map(int, sys.argv[2:])):
    os.dup2(inherited, 3 + place)
environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sys.argv) - 2)}
if sys.argv[1]:
    environ["LISTEN_FDNAMES"] = sys.argv[1]
try:
    handed = handed_sockets(environ, os.getpid())
except Exception as error:
    print(type(error).__name__, "; ".join(error.problems))
else:
    print({name: [each.getsockname()[1] for each in found] for name, found in handed.items()})
    assert not environ
"""
FAR_ABOVE = 100
"""No handed number is overwritten before it was copied."""


@pytest.fixture
def listening():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    yield sockets
    for each in sockets:
        each.close()


def taken(names, handed):
    """Hand descriptors to a process of its own; return what it says of them."""
    high = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD, FAR_ABOVE) for each in handed]
    try:
        done = subprocess.run(
            [sys.executable, "-c", IN_CHILD, names, *map(str, high)],
            pass_fds=high,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        for each in high:
            os.close(each)
    return done.stdout.strip()


def ports(sockets):
    return [each.getsockname()[1] for each in sockets]


def test_without_names_the_first_is_the_server_and_the_second_the_admin(listening):
    first, second, _ = ports(listening)
    assert taken("", listening[:1]) == str({"server": [first], "admin": []})
    assert taken("", listening[:2]) == str({"server": [first], "admin": [second]})


def test_names_say_which_is_which(listening):
    first, second, third = ports(listening)
    expected = {"server": [second, third], "admin": [first]}
    assert taken("admin:server:server", listening) == str(expected)


def test_a_socket_of_another_name_is_a_problem(listening):
    assert "named 'metrics'" in taken("server:metrics", listening[:2])
    assert "ConfigurationError" in taken("", listening)


def test_what_does_not_listen_is_a_problem(tmp_path):
    with socket.socket() as idle, (tmp_path / "file").open("w") as file:
        assert "no listening TCP socket" in taken("", [idle])
        assert "is no socket" in taken("", [file])


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1"},
        {"LISTEN_PID": "77"},
        {"LISTEN_PID": "77", "LISTEN_FDS": "-1"},
    ],
)
def test_what_is_not_meant_for_us_is_left_alone(environ):
    assert handed_sockets(environ, 77) == {"server": [], "admin": []}
    assert environ == {}
