"""The documents for authors of mappings: one is run from beginning to end, one is made."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.installing import ROOT

DOCUMENT = (ROOT / "docs" / "write-a-mapping.md").read_text()
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHIMS = {
    "wfm-gateway": f'exec "{sys.executable}" -m gateway "$@"\n',
    "python": f'exec "{sys.executable}" "$@"\n',
    # The document installs editable; here it goes beside the environment, not into it.
    "pip": f"""for folder; do :; done
cp -r "$folder" "$STEMS/$folder"
exec "{sys.executable}" -m pip install -q --target "$TARGET" --no-index --no-deps \\
  --no-build-isolation "$STEMS/$folder"
""",
}


@pytest.fixture
def desk(tmp_path):
    """Return where the author works, and the environment of their shell."""
    folders = {name: tmp_path / name for name in ("bin", "target", "stems", "desk")}
    for each in folders.values():
        each.mkdir()
    for name, text in SHIMS.items():
        shim = folders["bin"] / name
        shim.write_text(f"#!/bin/sh\n{text}")
        shim.chmod(0o755)
    sample = ROOT / "mappings/sources/flex_rta/samples/accepted_voice.in.json"
    (folders["desk"] / sample.name).write_bytes(sample.read_bytes())
    sources = [folders["desk"] / f"wfm-gateway-{name}" for name in ("tideline", "tidedesk")]
    path = os.pathsep.join(map(str, (ROOT, *sources, folders["target"])))
    environ = {
        "PATH": f"{folders['bin']}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": path,
        "TARGET": str(folders["target"]),
        "STEMS": str(folders["stems"]),
    }
    return folders["desk"], os.environ | environ


def test_a_newcomer_gets_from_nothing_to_a_tested_mapping(desk):
    folder, environ = desk
    said = ""
    ran = 0
    for kind, name, text in BLOCK.findall(DOCUMENT):
        if kind == "sh":
            answer = subprocess.run(
                ["bash", "-euc", text],
                cwd=folder,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            said = answer.stdout + answer.stderr
            assert (answer.returncode == 0) == (name != "fails"), f"{text}\n{said}"
            ran += 1
        elif kind == "text":
            missing = [line for line in text.splitlines() if line.strip() not in said]
            assert missing == [], said
        else:
            assert name, f"a block of {kind} that is written nowhere"
            (folder / name).write_text(text)
    assert ran >= 7
    mapping = folder / "wfm-gateway-tideline"
    for words in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        command = [sys.executable, "-m", "ruff", *words, "--config", ROOT / "pyproject.toml", "."]
        subprocess.run(command, cwd=mapping, check=True)
    broken = mapping / "wfm_gateway_tideline" / "__init__.py"
    broken.write_text(broken.read_text().replace('told.data.get("since")', 'told.data["since"]'))
    check = [Path(environ["PATH"].partition(os.pathsep)[0]) / "wfm-gateway", "mappings", "check"]
    answer = subprocess.run(
        [*check, "tideline"], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert "BROKEN  total" in answer.stdout
    assert "without data.since: raises KeyError: 'since'" in answer.stdout


def test_the_checks_of_the_document_are_those_that_there_are():
    from gateway.conformance import of_all, of_destinations  # noqa: PLC0415 - for this test alone

    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", DOCUMENT, re.MULTILINE)))
    assert set(told) == {each.name for each in (*of_all.CHECKS, *of_destinations.CHECKS)}


def test_the_page_of_the_mappings_is_current():
    command = [sys.executable, "-m", "gateway", "mappings", "list", "--markdown"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    page = (ROOT / "docs" / "mappings.md").read_text()
    assert page == answer.stdout, "make golden writes it anew"
