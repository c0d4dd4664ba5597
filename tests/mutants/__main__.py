"""Break the gateway on purpose, one promise after the other, and see that a test turns red.

    python -m tests.mutants [NAME…]

Each patch of this folder is applied to a copy of the tree, and the test that it names runs there.
Exit code 1 where a mutant survives, or a patch does not apply any more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", "*.egg-info", "build", "dist", "var", ".*_cache", ".hypothesis"
)
ONE_RED = 1
"""What pytest ends with where a test has failed; anything else means that it could not run."""

AT_ONCE = 2
LONGEST = 160
COMPLAINT = re.compile(r"^(?:E  |    \|) +((?:\w+Error|assert)\b.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """A patch with what it breaks, and the test that must turn red."""

    patch: Path
    promise: str
    test: str

    @property
    def name(self) -> str:
        return self.patch.stem


def mutants() -> list[Mutant]:
    return [_read(each) for each in sorted(FOLDER.glob("*.patch"))]


def _read(patch: Path) -> Mutant:
    lines = patch.read_text(encoding="utf-8").splitlines()
    head = dict(line.split(": ", 1) for line in lines[:2])
    return Mutant(patch, head["Promise"], head["Red"])


def applies(mutant: Mutant, tree: Path, *, check: bool = False) -> str:
    """Apply a patch to *tree* (or just *check*); return what git has against it."""
    command = ["git", "apply", "-C1", *(["--check"] if check else []), str(mutant.patch)]
    # A folder inside a repository would have git look for the files from that one's root.
    environ = os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, check=False)
    return done.stderr.decode().strip()


def try_out(mutant: Mutant) -> tuple[bool, str]:
    """Return whether the mutant is caught, and what became of it in words."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        tree = Path(place) / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        if problem := applies(mutant, tree):
            return False, f"does not apply: {problem}"
        begun = time.monotonic()
        done = _run(mutant.test, tree)
        took = f"{time.monotonic() - begun:.0f} s"
    code = done.returncode
    words = {0: "SURVIVED", ONE_RED: "red"}.get(code, f"could not run (pytest ended with {code})")
    return code == ONE_RED, f"{words} after {took}{_why(done.stdout.decode())}"


def _why(said: str) -> str:
    """Return the first complaint of a test, shortened."""
    found = COMPLAINT.search(said)
    return f": {found[1][:LONGEST]}" if found else ""


def _run(test: str, tree: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    environ = os.environ | {"PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environ, capture_output=True, check=False)


def main(names: list[str]) -> int:
    chosen = [each for each in mutants() if not names or each.name in names]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(zip(chosen, pool.map(try_out, chosen), strict=True))
    for mutant, (_, words) in found:
        sys.stdout.write(f"{mutant.name}: {mutant.promise}\n    {mutant.test}\n    {words}\n")
    caught = sum(is_caught for _, (is_caught, _) in found)
    sys.stdout.write(f"{caught} of {len(found)} mutants are caught\n")
    return 0 if found and caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
