"""`schema config` takes every configuration that the gateway takes, and few that it refuses."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gateway.config.load import load
from gateway.config.schema_json import config_schema
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from tests.operations.shape import flaws

ROOT = Path(__file__).parents[2]
REGISTRY = installed()
SCHEMA = config_schema(REGISTRY)
SOURCE = "sources: {flex: {type: flex_rta, auth: {type: none}}}\n"
FILLED = {"PORT": "9000", "ORDER": "none", "FLAG": "true", "TYPE": "flex_rta", "SIZE": "1MiB"}


def wrong(text):
    return flaws(SCHEMA, YAML(typ="safe").load(text))


def destination(more="", mapping="cloudevents"):
    return SOURCE + f"destinations: {{w: {{mapping: {mapping}, url: 'https://x.example'{more}}}}}\n"


@pytest.mark.parametrize("name", ["gateway", "reference", "container", "demo"])
def test_the_files_that_come_with_the_project_fit(name):
    assert wrong((ROOT / "config" / f"{name}.yaml").read_text()) == []


JWT = "{type: jwt, algorithms: [RS256], jwks_url: 'https://idp.example/keys', leeway: 5s}"
KEYS = "{authentication_key: '${PORT}', source_id: '${PORT}'}"


@pytest.mark.parametrize(
    "text",
    [
        SOURCE + "server: {port: '${PORT}', max_body_bytes: '${SIZE}'}\n",
        SOURCE + "server:\nadmin:\nstore:\nagents:\ndestinations:\n",
        SOURCE + f"admin: {{host: 0.0.0.0, auth: {JWT}}}\n",
        SOURCE + "admin: {auth: {type: '${NONE:-token}', token: [a, '${PORT}']}}\n",
        SOURCE + "admin: {auth: {type: none}}\n",
        SOURCE + "admin: {auth: {}}\n",
        "sources: {f: {type: '${TYPE}', auth: {type: '${ORDER}'}, live_channels: ['${ORDER}']}}\n",
        f"sources: {{f: {{type: ringcentral, auth: {JWT}, accounts: [15300002]}}}}\n",
        destination(", order: '${ORDER}', concurrency: '${PORT}', events: ['${E:-agent.state}']"),
        destination(", auth: {type: bearer, token: t, plaintext: '${FLAG}'}"),
        destination(", sources: ['${F:-flex}']"),
        destination(", options: {unchanged: '${FLAG}', method: '${M:-PUT}'}", "http_json"),
        destination(f", options: {KEYS}", "calabrio_rta_json"),
        destination(", rate_limit: '${R:-5/s}', batch: {max_events: '${N:-5}'}, stale_after: off"),
    ],
)  # fmt: skip
def test_what_the_gateway_takes_fits(text, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert load(path, REGISTRY, FILLED).sources
    assert wrong(text) == []


@pytest.mark.parametrize(
    "text",
    [
        SOURCE + "server: {port: '80'}\n",
        SOURCE + "server: {port: 70000}\n",
        SOURCE + "sever: {}\n",
        SOURCE + "admin: {auth: {type: none, token: t}}\n",
        SOURCE + "admin: {auth: {type: jwt, token: t}}\n",
        "sources: {F: {type: flex_rta, auth: {type: none}}}\n",
        "sources: {f: {type: flax, auth: {type: none}}}\n",
        "sources: {f: {type: flex_rta, auth: {type: basic, username: u}}}\n",
        "sources:\n",
        destination(", order: by_agent"),
        destination(", events: []"),
        destination(", timout: 1s"),
        destination(", options: {a: b}"),
    ],
)
def test_what_is_plainly_wrong_does_not_fit(text, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        load(path, REGISTRY, FILLED)
    assert wrong(text)
