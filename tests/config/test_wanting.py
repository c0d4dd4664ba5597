"""What destinations include comes to the mappings of the sources they take."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed

REGISTRY = installed()
SOURCES = """
sources:
  flex: {type: flex_rta, auth: {type: none}}
  tasks: {type: taskrouter, auth: {type: none}}
  private: {type: taskrouter, auth: {type: none}, privacy: hipaa}
"""


@pytest.fixture
def wanted(tmp_path, monkeypatch):
    """Load these destinations; return what each TaskRouter source is asked for."""
    monkeypatch.chdir(tmp_path)

    def load_wanted(*destinations):
        lines = [
            f"  d{number}: {{mapping: cloudevents, url: http://127.0.0.1:1, {more}}}"
            for number, more in enumerate(destinations)
        ]
        text = "\n".join([SOURCES, *(["destinations:"] if lines else []), *lines])
        Path("c.yaml").write_text(text)
        sources = load(Path("c.yaml"), REGISTRY, {}).sources
        return {
            name: (sources[name].options.wants_customer, sources[name].options.wants_text)
            for name in ("tasks", "private")
        }

    return load_wanted


@pytest.mark.parametrize(
    ("destinations", "tasks"),
    [
        ([], (False, False)),
        (["include: [agent_contact, recording, notes]"], (False, False)),
        (["include: [customer]"], (True, False)),
        (["include: [attributes]"], (False, True)),
        (["include: [customer]", "include: [attributes]", "include: []"], (True, True)),
        (["include: [customer], sources: [flex]"], (False, False)),
        (["include: [customer], sources: [flex, tasks]"], (True, False)),
    ],
)
def test_a_source_is_asked_for_what_any_of_its_destinations_includes(wanted, destinations, tasks):
    assert wanted(*destinations) == {"tasks": tasks, "private": (False, False)}
