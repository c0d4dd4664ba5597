"""The real command on a disk whose weather a test makes.

    FAULTY_DISK=FOLDER python -m tests.acceptance.faulty ARGUMENTS…

The folder's file ``weather`` says what the disk does now: ``write full`` (each write finds it
full), ``sync io`` (each sync fails), ``hold`` (a sync takes until the file says otherwise; while
one waits there is a file ``held``), or nothing.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import apsw

from gateway.cli.main import main
from tests.store.faults.disk import Fault, Weather, disk

ERRORS = {"full": apsw.FullError, "io": apsw.IOError}
LOOK_AGAIN_SECONDS = 0.01


class Forecast(Weather):
    """The weather that the file says."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._file = folder / "weather"
        self._held = folder / "held"

    def _said(self) -> str:
        return self._file.read_text() if self._file.exists() else ""

    def strike(self, kind: str, name: str | None) -> None:
        said = self._said().split()
        self.fault = Fault(said[0], ERRORS[said[1]]) if len(said) > 1 else None
        super().strike(kind, name)

    def wait(self) -> None:
        while self._said() == "hold":
            self._held.touch()
            time.sleep(LOOK_AGAIN_SECONDS)


if __name__ == "__main__":
    with disk(Forecast(Path(os.environ["FAULTY_DISK"]))):
        main(sys.argv[1:])
