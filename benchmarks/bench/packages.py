"""What the other contenders need, fetched once into `var/bench`; what cannot be had is said.

FastAPI, taskiq and Celery go, hash-locked, into an environment of their own; Redis is the
machine's, or its package manager's; Node-RED comes from npm, hash-locked too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TOLD = ("fastapi", "uvicorn", "taskiq", "taskiq-redis", "celery", "aiohttp")
HOME = Path("var/bench")
LOCK = Path("requirements/bench.txt")
NODE_LOCK = Path("requirements/node-red")


@dataclass(frozen=True)
class Packages:
    """Where things are; *missing* says why one is not."""

    venv: Path | None = None
    redis: Path | None = None
    node_red: Path | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def tool(self, name: str) -> Path:
        """Return a command of the environment."""
        assert self.venv is not None
        return self.venv / "bin" / name


def fetched(wanted: set[str]) -> Packages:
    """Fetch what is wanted and not there yet."""
    found: dict[str, Path] = {}
    missing: dict[str, str] = {}
    HOME.mkdir(parents=True, exist_ok=True)
    for name in sorted(wanted):
        try:
            found[name] = FETCH[name]().absolute()
        except (OSError, subprocess.CalledProcessError) as problem:
            output = getattr(problem, "stderr", None) or b""
            missing[name] = f"{problem} {output.decode(errors='replace').strip()[-300:]}"
    return Packages(**found, missing=missing)


def venv() -> Path:
    home, stamp = HOME / "venv", HOME / "venv.txt"
    lock = LOCK.read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        run([sys.executable, "-m", "venv", "--clear", str(home)])
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        run([*pip, "--require-hashes", "-r", str(LOCK)])
        stamp.write_text(lock)
    return home


def redis() -> Path:
    """Return the machine's Redis; install it where we may."""
    if not shutil.which("redis-server"):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise FileNotFoundError("no redis-server; install it, or run as root with apt-get")
        quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        run(["apt-get", "update", "-qq"], quiet)
        run(["apt-get", "install", "-y", "-qq", "redis-server"], quiet)
    found = shutil.which("redis-server")
    if found is None:
        raise FileNotFoundError("no redis-server")
    return Path(found)


def node_red() -> Path:
    home, stamp = HOME / "node-red", HOME / "node-red.json"
    lock = (NODE_LOCK / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(NODE_LOCK, home)
        npm = ["npm", "ci", "--prefix", str(home), "--no-audit", "--no-fund", "--ignore-scripts"]
        run(npm)
        stamp.write_text(lock)
    return home / "node_modules" / ".bin" / "node-red"


def versions(packages: Packages) -> str:
    """Say which versions of the others were measured."""
    locked = dict(re.findall(r"^([a-z-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))
    found = [f"{name} {locked[name]}" for name in TOLD] if packages.venv else []
    if packages.redis:
        found.append("Redis " + said([str(packages.redis), "--version"]).split("v=")[1].split()[0])
    if packages.node_red:
        lock = json.loads((NODE_LOCK / "package.json").read_text())
        found.append(f"Node-RED {lock['dependencies']['node-red']}")
        found.append("Node.js " + said(["node", "--version"]).strip())
    return ", ".join(found)


def said(words: Sequence[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def run(words: Sequence[str], environ: dict[str, str] | None = None) -> None:
    subprocess.run(words, check=True, capture_output=True, env=os.environ | (environ or {}))


FETCH = {"venv": venv, "redis": redis, "node_red": node_red}
