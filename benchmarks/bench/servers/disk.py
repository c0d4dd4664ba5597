"""The disk: the same bytes appended to a file, so many at a time, each time made durable.

    python -m benchmarks.bench.servers.disk FILE SECONDS

It prints JSON: events a second and CPU seconds for 1,000, by how many go with one `fdatasync`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench.work import FLEX

GROUPS = (1, 32)


def appended(path: str, body: bytes, group: int, seconds: float) -> dict[str, float]:
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    began, cpu = time.perf_counter(), time.process_time()
    count = 0
    while (took := time.perf_counter() - began) < seconds:
        os.write(file, body * group)
        os.fdatasync(file)
        count += group
    spent = time.process_time() - cpu
    os.close(file)
    Path(path).unlink()
    return {"events_per_second": count / took, "cpu": 1000 * spent / count}


def main() -> None:
    path, seconds = sys.argv[1], float(sys.argv[2])
    body = FLEX.request([FLEX.record(1, 1, datetime.now(UTC))]).body
    print(json.dumps({n: appended(path, body, n, seconds / len(GROUPS)) for n in GROUPS}))


if __name__ == "__main__":
    main()
