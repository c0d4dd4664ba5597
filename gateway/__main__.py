"""`python -m gateway` is the command `wfm-gateway`."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def main() -> None:
    """Run the command. Asked to stop while it still loads, `serve` has nothing to end."""
    if "serve" in sys.argv[1:]:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, _leave)
        signal.signal(signal.SIGTERM, _leave)  # the last: who sees it caught may send any of them
    from gateway.cli.main import main as command  # noqa: PLC0415 - half a second, after the above

    command()


def _leave(_signal: int, _frame: object) -> NoReturn:
    os._exit(0)


if __name__ == "__main__":
    main()
