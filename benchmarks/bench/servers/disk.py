"""The disk: the same bytes appended to a file, so many at a time, each time made durable.

    python -m benchmarks.bench.servers.disk FILE SECONDS GROUP

It prints JSON: events a second, CPU seconds for 1,000 events, peak memory in MiB.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime

from benchmarks.bench.work import FLEX


def main() -> None:
    path, seconds, group = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    body = FLEX.request([FLEX.record(1, 1, datetime.now(UTC))]).body
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    began, cpu = time.perf_counter(), time.process_time()
    count = 0
    while (took := time.perf_counter() - began) < seconds:
        os.write(file, body * group)
        os.fdatasync(file)
        count += group
    spent = time.process_time() - cpu
    found = {
        "events_per_second": count / took,
        "cpu_per_thousand": 1000 * spent / count,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
