"""Verbs beside a running gateway: they ask it, and never open its store."""

import json

import pytest

from tests.acceptance.flex import envelope, record
from tests.acceptance.process import Gateway

CONFIG = """
server: {port: 0, shutdown_grace: 1s}
admin: {port: 0}
store: {path: gateway.db}
sources:
  flex: {type: flex_rta, auth: {type: none}}
destinations:
  bus: {mapping: cloudevents, url: "http://127.0.0.1:9/events"}
"""


@pytest.fixture
async def gateway(tmp_path):
    async with Gateway(tmp_path, CONFIG) as running:
        yield running


async def asked(gateway, *words):
    code, out, err = await gateway.run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


async def test_what_was_set_aside_is_looked_at_and_decided(gateway):
    assert (await gateway.post("flex", b"not JSON"))[0] == 400
    assert (await gateway.post("flex", b"{}"))[0] == 422
    newest, oldest = await asked(gateway, "quarantine", "list")
    shown = await asked(gateway, "quarantine", "show", oldest["id"])
    assert shown["body"] == {"bytes": 8, "text": "not JSON"}
    assert await asked(gateway, "quarantine", "discard", newest["id"]) == {"discarded": 1}
    assert await asked(gateway, "quarantine", "retry", "--source", "flex") == {"retried": 1}
    code, _out, err = await gateway.run("quarantine", "show", newest["id"])
    assert code == 1
    assert newest["id"] in err


async def test_agents_states_and_destinations_are_told(gateway):
    await gateway.post("flex", envelope(record(1, 0), record(2, 1, name="Yoga")))
    await asked(gateway, "destinations", "pause", "bus")
    (bus,) = await asked(gateway, "destinations", "list")
    assert bus["paused"] is True
    assert bus["circuit"] in {"open", "closed"}
    await asked(gateway, "destinations", "resume", "bus")
    (source,) = await asked(gateway, "sources", "list")
    assert source["last_receipt_at"]
    while len(await asked(gateway, "agents", "--unmapped")) < 2:
        pass  # each asking takes a while: the translator is not far behind
    lines = [state["line"] for state in await asked(gateway, "states", "--unmapped")]
    assert [line for line in lines if line.endswith(": not_ready}")]


async def test_a_simulated_contact_centre_is_taken_in(gateway):
    target = f"{gateway.url}/v1/ingest/flex"
    words = ("--agents", "5", "--rate", "200", "--duration", "500ms", "--target", target)
    told = await asked(gateway, "simulate", "--platform", "flex", *words)
    assert told["sent"] == 100
    assert told["answered"] == {"200": 100}
    assert told["records"]["accepted"] == 100
    assert told["p99_ms"] >= told["p50_ms"] > 0
    again = await asked(gateway, "simulate", *words, "--seed", "2")
    assert again["duplicates"] == 0


async def test_a_simulation_that_nobody_answers_is_a_problem(gateway):
    code, out, _err = await gateway.run(
        "simulate", "--target", "http://127.0.0.1:9/", "--duration", "100ms"
    )
    assert code == 1
    assert "no answer" in out


async def test_a_gateway_that_has_lost_its_socket_says_how_to_get_out(gateway, tmp_path):
    (tmp_path / "gateway.db.sock").unlink()
    code, _out, err = await gateway.run("quarantine", "list")
    assert code == 1
    assert "gateway.db is in use by another process, which has lost its socket" in err
    assert "restart the gateway; nothing is lost by that" in err
    assert await gateway.stop() == 0
    assert (await gateway.run("quarantine", "list"))[0] == 0


async def test_a_second_gateway_on_the_same_store_says_so_plainly(gateway):
    code, _out, err = await gateway.run("serve")
    assert code == 1
    assert "Traceback" not in err
    assert "gateway.db" in err
