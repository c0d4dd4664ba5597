"""What `mappings new` writes is whole: it lints, types, installs, and passes its own checks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.installing import ROOT, beside, install

KINDS = ["source", "destination"]


def tried(*words: object, cwd: Path, environ: dict[str, str] | None = None):
    """Run a command; return what came of it."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)} | (environ or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def run(*words: object, cwd: Path, environ: dict[str, str] | None = None) -> str:
    """Run a command that must do well; return what it says."""
    answer = tried(*words, cwd=cwd, environ=environ)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.fixture(scope="module", params=KINDS)
def made(request, tmp_path_factory):
    """Return the kind, what was said, and the folder of a new mapping `acme_wfm`."""
    cwd = tmp_path_factory.mktemp(request.param)
    said = run("gateway", "mappings", "new", request.param, "acme_wfm", cwd=cwd)
    return request.param, said, cwd / "wfm-gateway-acme-wfm"


def test_it_says_what_it_wrote_and_the_next_three_steps(made):
    _, said, folder = made
    listed = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    files = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    assert files <= {*listed}
    assert "wfm_gateway_acme_wfm/__init__.py" in files
    steps = [line for line in listed if line[0].isdigit()]
    assert [each[:2] for each in steps] == ["1.", "2.", "3."]
    assert "wfm-gateway mappings check acme_wfm" in steps[1]


def test_it_lints_and_is_in_shape(made):
    _, _, folder = made
    config = ROOT / "pyproject.toml"
    run("ruff", "check", "--no-cache", "--config", config, ".", cwd=folder)
    run("ruff", "format", "--check", "--no-cache", "--config", config, ".", cwd=folder)


def test_it_types(made, tmp_path):
    _, _, folder = made
    options = ["--strict", "--config-file=", "--cache-dir", tmp_path]
    run("mypy", *options, "wfm_gateway_acme_wfm", "tests", cwd=folder)


def test_installed_it_is_found_and_passes_every_check(made, tmp_path):
    kind, _, folder = made
    target = install(folder, tmp_path)
    environ = beside(target)
    rows = json.loads(run("gateway", "--json", "mappings", "list", cwd=tmp_path, environ=environ))
    (row,) = [each for each in rows if each["name"] == "acme_wfm"]
    assert (row["kind"], row["package"]) == (kind, "wfm_gateway_acme_wfm")
    said = run("gateway", "mappings", "check", "acme_wfm", cwd=tmp_path, environ=environ)
    assert said.splitlines()[-1] == "acme_wfm: all right"
    assert "3 samples" in said
    (test,) = (folder / "tests").glob("test_*.py")
    run("pytest", "-q", "-p", "no:cacheprovider", test, cwd=tmp_path, environ=environ)


def test_nothing_is_overwritten_and_a_name_is_a_name(made):
    kind, _, folder = made
    for words, why in (
        ([kind, "acme_wfm"], "is there already; nothing was written"),
        ([kind, "Acme-WFM"], "'Acme-WFM' is no name"),
        (["source", "ringcentral"], "is installed already (mappings.sources.ringcentral)"),
    ):
        answer = tried("gateway", "mappings", "new", *words, cwd=folder.parent)
        assert answer.returncode == 1
        assert why in answer.stderr
        assert "Traceback" not in answer.stderr
    assert [each.name for each in folder.parent.iterdir()] == ["wfm-gateway-acme-wfm"]


def test_a_mapping_that_is_changed_is_found_out(made, tmp_path):
    """The samples are tied to the code: another word in it, and the check names the sample."""
    kind, _, folder = made
    target = install(folder, tmp_path)
    module = target / "wfm_gateway_acme_wfm" / "__init__.py"
    before, after = {"source": ("ONCALL", "PHONE"), "destination": ("/agents/", "/staff/")}[kind]
    module.write_text(module.read_text().replace(before, after))
    check = ("gateway", "mappings", "check", "acme_wfm")
    answer = tried(*check, cwd=tmp_path, environ=beside(target))
    assert answer.returncode == 1
    assert "BROKEN  golden" in answer.stdout
    run(*check, "--write", cwd=tmp_path, environ=beside(target))
