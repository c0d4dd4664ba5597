"""A configuration and the command line on it, in this process."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main

CONFIG = """
server: {port: 0}
admin: {port: 0}
store: {path: gateway.db}
sources:
  flex: {type: flex_rta, auth: {type: none}}
  engage: {type: ringcentral, auth: {type: none}}
agents: {files: [agents.csv]}
destinations:
  bus:
    mapping: cloudevents
    url: http://127.0.0.1:9/events
    auth: {type: header, name: X-Key, value: hidden}
"""
AGENTS = f"source,agent_id,wfm_id\nflex,WK{1:032x},2001\n"


@dataclass
class Command:
    folder: Path

    def __call__(self, *words, stdin=b"", env=None):
        return CliRunner().invoke(main, list(words), input=stdin, env=env)

    def ok(self, *words, stdin=b""):
        answer = self(*words, stdin=stdin)
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    def json(self, *words, stdin=b""):
        return json.loads(self.ok(*words, "--json", stdin=stdin))


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Work in an empty folder that holds the usual configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WFM_GATEWAY_CONFIG", raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gateway.yaml").write_text(CONFIG)
    (tmp_path / "agents.csv").write_text(AGENTS)
    return Command(tmp_path)
