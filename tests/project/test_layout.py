"""What the project keeps true of its own files."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VENDORS = (
    "twilio",
    "flex_rta",
    "ringcentral",
    "calabrio",
    "teleopti",
    "verint",
    "assembled",
    "argus",
    "playvox",
    "genesys",
)
HOSTS = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js")


def tracked(pattern: str) -> list[Path]:
    return [each for each in ROOT.rglob(pattern) if not set(each.parts) & {".venv", "build", "var"}]


def test_the_core_names_no_vendor():
    named = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted((ROOT / "gateway").rglob("*.py"))
        for word in VENDORS
        if re.search(word, path.read_text(), re.IGNORECASE)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("group", "folder"),
    [
        ("gateway.source_mappings", "sources"),
        ("gateway.destination_mappings", "destinations"),
        ("gateway.file_mappings", "files"),
    ],
)
def test_every_mapping_folder_is_registered(group, folder):
    registered = PYPROJECT["project"]["entry-points"][group]
    folders = {each.parent.name for each in (ROOT / "mappings" / folder).glob("*/__init__.py")}
    assert set(registered) == folders


def test_every_mapping_folder_has_a_readme_and_samples():
    for folder in (ROOT / "mappings").glob("*/*/__init__.py"):
        if folder.parent.parent.name in ("sources", "destinations", "files"):
            assert (folder.parent / "README.md").is_file()
            assert list((folder.parent / "samples").glob("*.in.json"))


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt", "bench.txt"])
def test_locks_are_hash_pinned_and_name_no_index(name):
    text = (ROOT / "requirements" / name).read_text()
    pinned = re.findall(
        r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+ .*\\$", text, re.MULTILINE | re.IGNORECASE
    )
    starts = re.findall(r"^[a-z0-9]", text, re.MULTILINE | re.IGNORECASE)
    assert len(pinned) == len(starts) > 0
    assert not re.search(r"--(extra-)?index|--find-links|://", text)


def test_every_dependency_says_what_it_is_for():
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("]\n")[0]
    for line in lines.strip().splitlines():
        assert "#" in line, line


def test_no_package_registry_is_named():
    for pattern in ("*.py", "*.md", "*.toml", "*.txt", "*.yaml", "Makefile", "Dockerfile"):
        for path in tracked(pattern):
            text = path.read_text(errors="replace")
            assert not [host for host in HOSTS if host in text], path


def test_ci_says_the_words_of_the_makefile():
    words = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = re.findall(r"^make ([a-z]+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert "test" in said
    assert set(said) <= words


def test_readme_links_lead_somewhere():
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
