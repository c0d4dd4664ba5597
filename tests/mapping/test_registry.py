"""Plugins as packages bring them: found, or refused in words."""

import sys

import pytest

from gateway.mapping.registry import installed, usable
from gateway.model.errors import ConfigurationError

GOOD = """
from dataclasses import replace
from mappings.destinations.cloudevents import MAPPING as EVENTS
MAPPING = replace(EVENTS, name="acme", **{more})
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that installs a distribution of one module, as pip would lay it out."""

    def install(code, *, name="acme", group="gateway.destination_mappings", module="acme_wfm"):
        folder = tmp_path / module
        folder.mkdir()
        (folder / f"{module}.py").write_text(code)
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}:MAPPING\n")
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


def test_a_strangers_mapping_is_found_like_ours(package):
    package(GOOD.format(more="{}"))
    registry = installed()
    assert registry.destinations["acme"].name == "acme"
    assert registry.named("acme") == [registry.destinations["acme"]]
    assert registry.problems == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit('no licence')", "cannot be loaded: SystemExit('no licence')"),
        ("MAPPINGS = 1", "cannot be loaded: AttributeError"),
        ("MAPPING = 1", "is a int, not a DestinationMapping"),
        (GOOD.format(more="{'api': 2}"), "is written for version 2 of the plugin API"),
        (
            GOOD.format(more="{'name': 'other'}").replace('name="acme", ', ""),
            "calls itself 'other'",
        ),
        (GOOD.format(more="{'step': None}"), "its step is not a function"),
        (GOOD.format(more="{'clock': 'event'}"), "its clock is not a Clock"),
        (GOOD.format(more="{'options': dict}"), "its options is not a marshmallow Schema class"),
        (GOOD.format(more="{'version': 1}"), "its version is not a text"),
        (GOOD.format(more="{'events': frozenset()}"), "its events is not a frozenset"),
        (GOOD.format(more="{'max_batch': 0}"), "its max_batch is not a number from 1 on"),
        (GOOD.format(more="{'waived': {'pure': ''}}"), "its waived is not a table"),
        ("from gateway.mapping import *\nMAPPING = DestinationMapping()", "TypeError"),
    ],
)
def test_an_unusable_one_is_told_and_the_others_are_usable(package, code, words):
    package(code)
    with pytest.raises(ConfigurationError) as refused:
        installed()
    (problem,) = refused.value.problems
    assert problem.startswith("plugin acme (acme_wfm:MAPPING, of acme-wfm 1.0): ")
    assert words in problem
    registry = usable()
    assert registry.problems == (problem,)
    assert "cloudevents" in registry.destinations
    assert "acme" not in registry.destinations


def test_two_of_one_name_are_both_told(package):
    package(GOOD.format(more="{}"))
    package(GOOD.format(more="{}"), module="other_wfm")
    registry = usable()
    assert "acme" not in registry.destinations
    assert [each.partition(": ")[2] for each in registry.problems] == [
        "the name is taken twice; uninstall one of the two"
    ] * 2
    assert "of acme-wfm 1.0" in registry.problems[0]
    assert "of other-wfm 1.0" in registry.problems[1]


FILES = """
from dataclasses import replace
from mappings.files.genesys_history_csv import MAPPING as FILES
MAPPING = replace(FILES, name="{name}", **{more})
"""


def test_a_strangers_file_mapping_is_found_like_ours(package):
    package(FILES.format(name="acme", more="{}"), group="gateway.file_mappings")
    registry = installed()
    assert registry.named("acme") == [registry.files["acme"]]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("{'needs': None}", "its needs is not a function"),
        ("{'files': 1}", "its files is not a function"),
        ("{'unit': 'day'}", "its unit is not a Unit"),
        ("{'minutes': frozenset({20})}", "its minutes is not a frozenset of 15, 30 and 60"),
        ("{'zone': 'UTC'}", "its zone is not a tzinfo or None"),
    ],
)
def test_a_file_mapping_that_is_none(package, more, words):
    package(FILES.format(name="acme", more=more), group="gateway.file_mappings")
    (problem,) = usable().problems
    assert words in problem


def test_a_file_mapping_with_the_name_of_a_destination_mapping(package):
    package(
        FILES.format(name="cloudevents", more="{}"),
        name="cloudevents",
        group="gateway.file_mappings",
    )
    (problem,) = usable().problems
    assert problem.endswith("a destination mapping has that name")
