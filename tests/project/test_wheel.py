"""The Dockerfile's steps without a container: the wheel alone, in an empty environment."""

import json
import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel as the Dockerfile does and install it where no source tree is."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "src"
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    for name in ("gateway", "mappings"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    environment = folder / "env"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run = [python, "-m", "pip", "--quiet"]
    subprocess.run(
        [*run, "install", "--require-hashes", "-r", ROOT / "requirements" / "runtime.txt"],
        check=True,
    )
    subprocess.run(
        [
            *run,
            "wheel",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            folder / "dist",
            source,
        ],
        check=True,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([*run, "install", "--no-deps", "--no-index", wheel], check=True)
    shutil.rmtree(source)
    return environment


def test_the_dockerfile_does_the_same():
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements/runtime.txt" in text
    assert "pip wheel --no-deps --no-build-isolation" in text
    assert "install --no-cache-dir --no-deps --no-index /dist/*.whl" in text
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", text, re.MULTILINE)
    assert re.search(r"^VOLUME ", text, re.MULTILINE)


def test_the_wheel_brings_its_mappings_and_samples(installed, tmp_path):
    answer = subprocess.run(
        [installed / "bin" / "wfm-gateway", "--json", "mappings", "list"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    names = {each["name"] for each in json.loads(answer.stdout)}
    assert {"flex_rta", "ringcentral", "cloudevents", "calabrio_rta_json", "http_json"} <= names
    samples = list(installed.glob("lib/*/site-packages/mappings/sources/*/samples/*.in.json"))
    assert samples


@pytest.mark.parametrize(
    "words", [["check", "cloudevents"], ["new", "source", "acme"], ["new", "destination", "acme"]]
)
def test_the_wheel_brings_the_plugin_kit(installed, tmp_path, words):
    command = [installed / "bin" / "wfm-gateway", "mappings", *words]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "wfm-gateway-acme" / "wfm_gateway_acme"
    assert words[0] == "check" or list((folder / "samples").glob("*.out.json"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run it as another user")
def test_it_serves_the_containers_configuration_as_another_user(installed, tmp_path):
    home = tmp_path / "home"
    (home / "var").mkdir(parents=True)
    (home / "config").mkdir()
    shutil.copy(ROOT / "config" / "container.yaml", home / "config" / "gateway.yaml")
    os.chown(home / "var", NOBODY, NOBODY)
    for parent in (home, *home.parents):
        if parent == Path("/"):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    for path in installed.parents:
        if path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    answer = subprocess.run(
        [installed / "bin" / "wfm-gateway", "check"],
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        user=NOBODY,
        env={"PATH": os.environ["PATH"], "HOME": str(home)} | container_environ(),
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def container_environ() -> dict[str, str]:
    """Return made-up values for what config/container.yaml asks of its environment."""
    text = (ROOT / "config" / "container.yaml").read_text()
    names = re.findall(r"\$\{([A-Z_]+)\}", text)
    return dict.fromkeys(names, "https://wfm.example.com/made-up")
