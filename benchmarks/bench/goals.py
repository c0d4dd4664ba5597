"""The figures to reach, each read from the results as a ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bench.report import Figure, pace, phase, ratio, shown
from benchmarks.machine import table

Rounds = Mapping[str, list[dict]]

CPU = phase("closed", "cpu_per_thousand")
ACCEPTS = phase("closed", "accepts_per_second")


@dataclass(frozen=True)
class Goal:
    """A ratio of two cases, and what it should be."""

    what: str
    case: str
    against: str
    figure: Figure
    wanted: float
    at_most: bool = False
    share: float = 1.0
    """By what the ratio is multiplied: a third, where a case delivers three times."""

    def reached(self, rounds: Rounds) -> float | None:
        found = ratio(rounds.get(self.case, []), rounds.get(self.against, []), self.figure)
        return None if found is None else found * self.share


def goals() -> Iterator[Goal]:
    """Yield the figures of the issue, in its order."""
    relay, us = "flex relay", "flex gateway"
    yield Goal("delivered events/s against the bare relay", us, relay, pace, 0.75)
    yield Goal("the same with a batching destination", f"{us} batching", relay, pace, 2)
    yield Goal("against FastAPI + taskiq + Redis streams", us, "flex taskiq", pace, 3.5)
    yield Goal("against FastAPI + Celery + Redis", us, "flex celery", pace, 10)
    yield Goal("against Node-RED", us, "flex node-red", pace, 4)
    yield Goal("durable accepts/s, destinations down, against aiohttp that keeps nothing",
               "accept gateway destinations down", "accept nothing", ACCEPTS, 0.6)  # fmt: skip
    yield Goal("with 3 % of answers 503, against none", f"{us} 3 % answered 503", us, pace, 0.85)
    for rate in ("200/s", "1000/s"):
        ack, told = phase(rate, "ack", "p99"), phase(rate, "delivery", "p99")
        yield Goal(f"ack p99 at {rate} against the bare relay's", us, relay, ack, 1.5, at_most=True)
        yield Goal(f"post-to-delivery p99 at {rate} against the bare relay's", us, relay, told, 2,
                   at_most=True)  # fmt: skip
    yield Goal("events/s with 1,000,000 in the backlog against none",
               "owed gateway 1,000,000", "owed gateway nothing", pace, 0.9)  # fmt: skip
    yield Goal("accepts/s likewise, the destination back and busy",
               "owed gateway 1,000,000", "owed gateway nothing", ACCEPTS, 0.9)  # fmt: skip
    yield Goal("CPU an event, 100,000 agents known against 100",
               "known gateway 100,000 agents", "known gateway 100 agents", CPU, 1.1,
               at_most=True)  # fmt: skip
    yield Goal("CPU a delivery, three destinations against one", "three gateway", us, CPU, 0.8,
               at_most=True, share=1 / 3)  # fmt: skip


def reached(rounds: Rounds) -> str:
    """Return the table of the figures to reach."""
    return table(["what", "wanted", "measured", ""], _lines(list(goals()), rounds))


def _lines(wanted: Sequence[Goal], rounds: Rounds) -> Iterator[list[str]]:
    for goal in wanted:
        found = goal.reached(rounds)
        words = f"at {'most' if goal.at_most else 'least'} {goal.wanted:g}"
        if found is None:
            yield [goal.what, words, "not measured", ""]
        else:
            good = found <= goal.wanted if goal.at_most else found >= goal.wanted
            yield [goal.what, words, shown(found), "reached" if good else "not reached"]
