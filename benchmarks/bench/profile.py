"""Where an event's microseconds go: the real gateway under load, sampled by py-spy.

    python -m benchmarks.bench.profile [--seconds 5] [--rate 0] [--keep FOLDER]

Writes `profile.svg`, a flame graph, and `profile.md`: the functions with the most CPU, with
all they call and by themselves, in microseconds for each event.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench.cases import Case
from benchmarks.bench.contenders import Place, gateway
from benchmarks.bench.figures import Measured
from benchmarks.bench.packages import HOME, Packages, fetched
from benchmarks.bench.phases import WARM_SECONDS, Sink, Trial, absolute, sink
from benchmarks.bench.processes import Running
from benchmarks.machine import description, table

SAMPLES_PER_SECOND = 400
SPARE_SECONDS = 0.5
"""The sender needs a moment to start."""
SHOWN = 40
SAID = """\
{:.0f} µs of CPU an event, {:.0f} events/s, {} samples.
Native code counts for the Python function that called it."""
FRAME = re.compile(
    r"click/|thread|<module>|cli/|app/(gateway|process).py|__main__|Runner.run|uvloop/"
)
"""What is around all work and does none."""
Sampled = tuple[dict[str, float], Measured]
"""Seconds of CPU by thread, and the figures."""
COMMAND = re.compile(r">[^<>]*py-spy record[^<>]*<")
"""The title that py-spy gives: its own command line."""
THREAD = re.compile(r"^thread \((\d+)\)")
LINE = re.compile(r":\d+\)$")


async def sampled(
    tool: Path, pid: int, seconds: float, form: str, output: Path
) -> asyncio.subprocess.Process:
    """Start py-spy on a process."""
    return await asyncio.create_subprocess_exec(
        str(tool), "record", "--pid", str(pid), "--duration", str(round(seconds)),
        "--rate", str(SAMPLES_PER_SECOND), "--format", form, "--output", str(output),
        "--threads", "--nonblocking",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def under_load(
    trial: Trial, tool: Path, said: argparse.Namespace, form: str, output: Path
) -> Sampled:
    """Load the gateway and sample it meanwhile; return its threads' CPU, and the figures."""
    pid = trial.running.sessions[0]
    spy = await sampled(tool, pid, said.seconds, form, output)
    before = cpu_by_thread(pid)
    found = await trial.phase(seconds=said.seconds + SPARE_SECONDS, rate=said.rate)
    threads = {
        name: seconds - before.get(name, 0.0) for name, seconds in cpu_by_thread(pid).items()
    }
    _, told = await spy.communicate()
    if spy.returncode:
        raise RuntimeError(told.decode())
    return threads, found


def cpu_by_thread(pid: int) -> dict[str, float]:
    """Return the seconds of CPU of each thread, by its number."""
    return {
        each.name: int((each / "schedstat").read_text().split()[0]) / 1e9
        for each in Path(f"/proc/{pid}/task").iterdir()
    }


async def profile(said: argparse.Namespace, packages: Packages) -> Sampled:
    async with sink() as at:
        with tempfile.TemporaryDirectory(prefix="profile-", dir="var") as name:
            place = Place(absolute(name), [f"{at.url}/hook/0"], packages)
            async with gateway(place) as running:
                return await _both(said, packages.tool("py-spy"), running, at)


async def _both(said: argparse.Namespace, tool: Path, running: Running, at: Sink) -> Sampled:
    case = Case("flex", "gateway", work=said.work, records=said.records)
    trial = Trial(case, running, at, datetime.now(UTC))
    await trial.phase(seconds=WARM_SECONDS)
    await under_load(trial, tool, said, "flamegraph", said.keep / "profile.svg")
    return await under_load(trial, tool, said, "raw", said.keep / "profile.raw")


def stacks(lines: Iterable[str]) -> list[tuple[list[str], int]]:
    """Read collapsed stacks: functions from the outermost on, and how often they were seen."""
    found = []
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if not count.isdecimal():
            continue  # read while it was being written: the gateway is not stopped for a sample
        found.append(([LINE.sub(")", each) for each in stack.split(";")], int(count)))
    return found


def named(threads: Mapping[str, float], seen: Sequence[tuple[list[str], int]]) -> dict[str, float]:
    """Return the threads' CPU by what py-spy calls them; a thread never seen by its number."""
    names = {found[1]: stack[0] for stack, _ in seen if (found := THREAD.search(stack[0]))}
    return {names.get(number, f"thread {number}"): cpu for number, cpu in threads.items()}


def most(counts: Counter[str], total: float, microseconds: float) -> str:
    """Return a table of the functions seen most."""
    rows = [
        (f"`{name}`", f"{count / total:.1%}", f"{microseconds * count / total:.0f}")
        for name, count in counts.most_common(SHOWN)
    ]
    return table(["function", "of the CPU", "µs an event"], rows)


def written(
    seen: Sequence[tuple[list[str], int]], threads: Mapping[str, float], found: Measured
) -> str:
    """Return the tables; each thread's samples weigh what the thread took of the CPU."""
    samples = Counter(dict.fromkeys(threads, 0))
    for stack, count in seen:
        samples[stack[0]] += count
    whole: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for stack, count in seen:
        share = threads.get(stack[0], 0.0) * count / samples[stack[0]]
        alone[stack[-1]] += share
        whole.update({each: share for each in set(stack) if not FRAME.search(each)})
    microseconds = 1000 * found.cpu_per_thousand
    total = sum(threads.values()) or 1.0
    by_name: Counter[str] = Counter()
    for name, seconds in threads.items():
        by_name[name.rpartition(": ")[2]] += seconds
    parts = [
        "# Where an event's microseconds go",
        SAID.format(microseconds, found.events_per_second or 0, sum(samples.values())),
        description(),
        "## By thread",
        most(by_name, total, microseconds),
        "## With all they call",
        most(whole, total, microseconds),
        "## By themselves",
        most(alone, total, microseconds),
    ]
    return "\n\n".join(parts) + "\n"


def words() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.bench.profile", description=__doc__)
    asked.add_argument("--seconds", type=float, default=5)
    asked.add_argument("--rate", type=float, default=0, help="events/s; 0: as fast as it goes")
    asked.add_argument("--records", type=int, default=1, help="agents in a request")
    asked.add_argument("--work", choices=["flex", "ringcentral"], default="flex")
    asked.add_argument("--keep", type=Path, default=HOME)
    return asked.parse_args()


def main() -> int:
    said = words()
    said.keep.mkdir(parents=True, exist_ok=True)
    packages = fetched({"venv"})
    if packages.missing:
        print(f"py-spy cannot be had: {packages.missing['venv']}")
        return 1
    threads, found = asyncio.run(profile(said, packages))
    seen = stacks((said.keep / "profile.raw").read_text(errors="replace").splitlines())
    text = written(seen, named(threads, seen), found)
    (said.keep / "profile.md").write_text(text)
    graph = said.keep / "profile.svg"
    graph.write_text(COMMAND.sub(">wfm-gateway serve, CPU by function<", graph.read_text()))
    print(f"{text}\nThe flame graph: {said.keep / 'profile.svg'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
