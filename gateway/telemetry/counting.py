"""Counters and histograms for the hot path: a count is an addition, the rest is done when it is
asked for.

The client library's own take a lock and check their labels with every increment, which came to
8 µs for an event. These are read by the library as collectors and look the same in `/metrics`.
They are counted up in the event loop's thread; elsewhere two at once might count as one.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import inf
from time import time
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client import CollectorRegistry


class Count:
    """How often one thing happened."""

    __slots__ = ("created", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.created = time()

    def inc(self, more: float = 1) -> None:
        """Count it, once or *more* often."""
        self.value += more


class Counted(Collector):
    """A counter with labels, whose values are few, being of the configuration."""

    def __init__(
        self, registry: CollectorRegistry, name: str, text: str, labels: Sequence[str]
    ) -> None:
        self._about = (name, text)
        self._labels = labels
        self._counts: dict[tuple[str, ...], Count] = {}
        registry.register(self)

    def labels(self, *values: str) -> Count:
        """Return the count for these values of the labels."""
        try:
            return self._counts[values]
        except KeyError:
            _check(values, self._labels)
            return self._counts.setdefault(values, Count())

    def describe(self) -> Iterable[CounterMetricFamily]:
        """Return the name, for the registry to refuse another of it."""
        return [CounterMetricFamily(*self._about, labels=self._labels)]

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Return what was counted."""
        family = CounterMetricFamily(*self._about, labels=self._labels)
        for values, count in list(self._counts.items()):
            family.add_metric(values, count.value, count.created)
        return [family]


class Spread:
    """How long one thing took each time: how often in each bucket, and all together."""

    __slots__ = ("_bounds", "counts", "created", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self.created = time()

    def observe(self, amount: float) -> None:
        """Count one."""
        self.counts[bisect_left(self._bounds, amount)] += 1
        self.sum += amount


class Timed(Collector):
    """A histogram with one label. *buckets* are their upper bounds, without infinity."""

    def __init__(
        self,
        registry: CollectorRegistry,
        name: str,
        text: str,
        label: str,
        buckets: tuple[float, ...],
    ) -> None:
        self._about = (name, text)
        self._label = label
        self._buckets = buckets
        self._spreads: dict[str, Spread] = {}
        registry.register(self)

    def labels(self, value: str) -> Spread:
        """Return what is observed for this value of the label."""
        return self._spreads.setdefault(value, Spread(self._buckets))

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """Return the name, for the registry to refuse another of it."""
        return [HistogramMetricFamily(*self._about, labels=[self._label])]

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """Return what was observed."""
        family = HistogramMetricFamily(*self._about, labels=[self._label])
        bounds = (*self._buckets, inf)
        names = [floatToGoString(each) for each in bounds]  # type: ignore[no-untyped-call]
        for value, spread in list(self._spreads.items()):
            totals = map(float, accumulate(spread.counts))
            family.add_metric([value], list(zip(names, totals, strict=True)), spread.sum)
            family.add_sample(f"{family.name}_created", {self._label: value}, spread.created)
        return [family]


def _check(values: Sequence[str], labels: Sequence[str]) -> None:
    if len(values) != len(labels):
        raise ValueError(f"{len(labels)} labels need as many values, not {len(values)}")
