"""The table: medians of all rounds, and their ratios to the bare relay of the same round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.bench.cases import Case
from benchmarks.bench.rounds import Results
from benchmarks.machine import median, table

Figure = Callable[[dict], float | None]

RELAY = "relay"


def phase(name: str, figure: str, part: str = "") -> Figure:
    """Return what reads one figure of one phase from a round."""

    def read(found: dict) -> float | None:
        value = found["phases"].get(name, {}).get(figure)
        return value.get(part) if part and value is not None else value

    return read


def lost(found: dict) -> float:
    return sum(each["lost"] for each in found["phases"].values())


def overtaken(found: dict) -> float:
    return sum(each["overtaken"] for each in found["phases"].values())


def disorder(found: dict) -> float:
    return sum(each["out_of_order"] for each in found["phases"].values())


def memory(found: dict) -> float:
    return found["peak_mib"]


def pace(found: dict) -> float | None:
    """Return events delivered a second; where nobody was there, events accepted."""
    closed = found["phases"]["closed"]
    return closed["events_per_second"] or closed["accepts_per_second"]


def others(found: dict) -> float:
    return max(each["others_cores"] for each in found["phases"].values())


THROUGHPUT: dict[str, Figure] = {
    "events/s": pace,
    "CPU s/1,000": phase("closed", "cpu_per_thousand"),
    "peak MiB": memory,
}
COUNTS: dict[str, Figure] = {"lost": lost, "overtaken": overtaken, "out of order": disorder}
PLAIN: dict[str, Figure] = {"others": others}


def latency(rate: str) -> dict[str, Figure]:
    acks = {f"ack {part}": phase(rate, "ack", part) for part in ("p50", "p99", "p99.9")}
    told = {f"delivery {part}": phase(rate, "delivery", part) for part in ("p50", "p99")}
    return acks | told


def middle(rounds: Sequence[dict], figure: Figure) -> float | None:
    """Return the median of a figure over the rounds that have it."""
    values = [value for each in rounds if (value := figure(each)) is not None]
    return median(values) if values else None


def ratio(rounds: Sequence[dict], others: Sequence[dict], figure: Figure) -> float | None:
    """Return the median of the ratios of rounds that were played together."""
    base = {each["round"]: figure(each) for each in others}
    ratios = [
        value / beside
        for each in rounds
        if (value := figure(each)) is not None and (beside := base.get(each["round"]))
    ]
    return median(ratios) if ratios else None


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3f}"


def throughput(cases: Sequence[Case], results: Results) -> str:
    """Return the table of the closed loops."""
    head = ["work", "contender", *(f"{name} (x relay)" for name in THROUGHPUT), *COUNTS, *PLAIN]
    return table(head, _lines(cases, results, THROUGHPUT, COUNTS))


def latencies(cases: Sequence[Case], results: Results, rate: str) -> str:
    """Return the table of one open loop."""
    timed = [case for case in cases if case.rates]
    figures = latency(rate)
    head = ["work", "contender", *(f"{name} ms (x relay)" for name in figures), *PLAIN]
    return table(head, _lines(timed, results, figures, {}))


def _lines(
    cases: Sequence[Case], results: Results, figures: dict[str, Figure], counts: dict[str, Figure]
) -> Iterator[list[str]]:
    for case in sorted(cases, key=lambda each: each.group):
        rounds = results.rounds.get(case.name)
        if not rounds:
            reason = results.missing.get(case.name, "not measured").splitlines()[0]
            cells = [reason[:80], *[""] * (len(figures) + len(counts))]
            yield [case.group, f"{case.contender} {case.note}".strip(), *cells]
            continue
        beside = results.rounds.get(f"{case.group} {RELAY}") or results.rounds.get("flex relay", [])
        yield [
            case.group,
            f"{case.contender} {case.note}".strip(),
            *(_cell(rounds, beside, figure) for figure in figures.values()),
            *(f"{sum(figure(each) or 0 for each in rounds):.0f}" for figure in counts.values()),
            *(shown(middle(rounds, figure)) for figure in PLAIN.values()),
        ]


def _cell(rounds: Sequence[dict], beside: Sequence[dict], figure: Figure) -> str:
    value, times = middle(rounds, figure), ratio(rounds, beside, figure)
    return shown(value) if times is None else f"{shown(value)} ({times:.2f})"
