"""A place that cannot be listened on is named by its key and its address."""

import socket

import pytest

from tests.acceptance.process import Gateway

CONFIG = """
server: {{port: 0{server}}}
admin: {{port: 0{admin}}}
store: {{path: gateway.db}}
sources:
  flex: {{type: flex_rta, auth: {{type: token, header: X-Key, token: t}}}}
"""


async def refused(folder, **sections):
    gateway = Gateway(folder, "")
    given = {name: sections.get(name, "") for name in ("server", "admin")}
    gateway.config_path.write_text(CONFIG.format(**given).replace("port: 0, port", "port"))
    code, _out, err = await gateway.run("serve")
    assert code == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("section", ["server", "admin"])
async def test_a_port_in_use_is_named(tmp_path, section):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        err = await refused(tmp_path, **{section: f", port: {port}"})
    assert f"{section}.port: cannot listen on 127.0.0.1:{port}: Address already in use; " in err


async def test_an_address_that_is_not_ours_is_named(tmp_path):
    err = await refused(tmp_path, server=", host: 192.0.2.9")
    assert "server.host: cannot listen on 192.0.2.9:0: Cannot assign requested address" in err


async def test_a_name_without_an_address_is_named(tmp_path):
    err = await refused(tmp_path, server=", host: nowhere.invalid")
    assert "server.host: cannot listen on nowhere.invalid:0: " in err
