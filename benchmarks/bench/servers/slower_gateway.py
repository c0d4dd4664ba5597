"""The gateway with a wasteful intake, to see that the check notices.

python -m benchmarks.bench.servers.slower_gateway MICROSECONDS --config FILE serve
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.__main__ import main
from gateway.engine.intake import JournalIntake


def wasting(
    accept: Callable[..., Awaitable[Any]], nanoseconds: int
) -> Callable[..., Awaitable[Any]]:
    """Return an intake that computes for a while before it begins."""

    def slow(*words: Any, **named: Any) -> Awaitable[Any]:
        until = time.thread_time_ns() + nanoseconds
        while time.thread_time_ns() < until:
            pass
        return accept(*words, **named)

    return slow


if __name__ == "__main__":
    wasted = int(float(sys.argv.pop(1)) * 1000)
    JournalIntake.accept = wasting(JournalIntake.accept, wasted)  # type: ignore[method-assign]
    sys.argv[0] = "wfm-gateway"
    main()
