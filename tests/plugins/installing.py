"""Strangers' packages, installed as pip does it, beside this environment and not in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def install(package: Path, folder: Path) -> Path:
    """Build and install *package* from a copy; return the folder that it is in."""
    source, target = folder / "source", folder / "target"
    shutil.copytree(package, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--target", target]
    subprocess.run([*command, *options, source], check=True)
    shutil.rmtree(source)
    return target


def beside(*targets: Path) -> dict[str, str]:
    """Return an environment in which what is in *targets* is installed too."""
    return {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, *targets)))}


def installed_once(name: str):
    """Return a fixture: the folder in which one of the packages here is installed."""

    @pytest.fixture(scope="session")
    def target(tmp_path_factory):
        return install(HERE / name, tmp_path_factory.mktemp(name))

    return target
