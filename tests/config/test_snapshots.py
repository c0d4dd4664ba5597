"""`snapshot` of a destination: what it holds, and who may have it."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from gateway.settings import SnapshotSettings

REGISTRY = installed()
SOURCE = "sources: {flex: {type: flex_rta, auth: {type: none}, accounts: [AC1]}}\n"
BOTH = "snapshot: {every: 15m, after_outage: true}"
BOTH_SETTINGS = SnapshotSettings(timedelta(minutes=15), after_outage=True)


def wfm(name, more="", url="https://acme.example.com/Web", source_id="1"):
    options = f"{{authentication_key: made-up, source_id: '{source_id}'}}"
    mapping = "mapping: calabrio_rta_json"
    return f"  {name}: {{{mapping}, url: '{url}', options: {options}{more and ', ' + more}}}\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Load destinations; return the settings, or the problems."""
    monkeypatch.chdir(tmp_path)
    Path("agents.csv").write_text("source,agent_id,wfm_id\nflex,WK1,2001\n")

    def read_destinations(*destinations, roster="agents: {files: [agents.csv]}\n"):
        Path("c.yaml").write_text(SOURCE + roster + "destinations:\n" + "".join(destinations))
        try:
            return load(Path("c.yaml"), REGISTRY, {})
        except ConfigurationError as error:
            return error.problems

    return read_destinations


def test_it_is_read_and_off_unless_given(read):
    settings = read(wfm("a", BOTH), wfm("b", source_id="2"))
    assert settings.destinations["a"].snapshot == BOTH_SETTINGS
    assert settings.destinations["b"].snapshot is None
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("snapshot: {}", "Give every, after_outage: true, or both."),
        ("snapshot: {after_outage: false}", "Give every, after_outage: true, or both."),
        ("snapshot: {every: 0s}", "snapshot.every: Must be longer than nothing"),
        ("snapshot: {evry: 15m}", "snapshot.evry: unknown key; did you mean every?"),
        ("snapshot: 15m", "snapshot: Must hold keys and values."),
        (f"{BOTH}, order: none", "snapshot: Needs order: agent."),
        (f"{BOTH}, events: [agent.login]", "snapshot: Tells states"),
    ],
)
def test_what_is_wrong_with_it(read, more, said):
    (problem,) = read(wfm("a", more))
    assert "destinations.a.snapshot" in problem
    assert said in problem


def test_a_mapping_that_takes_none_is_a_problem(read):
    bus = f"  bus: {{mapping: cloudevents, url: 'https://bus.example.com', {BOTH}}}\n"
    (problem,) = read(bus)
    assert problem.endswith(
        "destinations.bus.snapshot: The mapping cloudevents takes no snapshots."
    )


def test_two_that_are_one_to_the_vendor_may_not_both_have_it(read):
    same = "https://ACME.example.com/Web/"
    problems = read(wfm("a", BOTH), wfm("b", BOTH, url=same))
    assert ["destinations.a.snapshot: b tells" in problems[0], len(problems)] == [True, 2]


def test_two_floors_may_both_have_it(read):
    other = wfm("c", BOTH, url="https://other.example.com/Web")
    assert read(wfm("a", BOTH), wfm("b", BOTH, source_id="2"), other).warnings == ()


def test_one_beside_another_that_tells_the_same_floor_is_warned_of(read):
    (warning,) = read(wfm("a", BOTH), wfm("b")).warnings
    assert warning.startswith("destinations.a.snapshot: b tells the same floor")


def test_without_a_roster_it_is_never_sent_and_that_is_said(read):
    (warning,) = read(wfm("a", BOTH), roster="").warnings
    assert warning == "destinations.a.snapshot: never sent without agents.files or wfm_id_from"
