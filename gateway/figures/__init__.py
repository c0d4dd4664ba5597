"""Figures out of the ledger: pure functions of entries that are read in the order of time.

Memory is bounded by agents, queues and the busiest interval, not by the length of the day (but
for `measures`, which counts distinct conversations). All sums are made in whole milliseconds, so
that they do not depend on the order of what is summed.
"""

from gateway.figures.agents import agent_intervals, agent_queue_intervals
from gateway.figures.coverage import Coverage
from gateway.figures.frame import Frame
from gateway.figures.grid import Interval, intervals
from gateway.figures.measures import DIMENSIONS, PERSONAL, Slice, measures
from gateway.figures.options import MINUTES, Options
from gateway.figures.queues import queue_intervals
from gateway.figures.reading import Period, agent_queues, agents, contacts, queues

__all__ = [
    "DIMENSIONS",
    "MINUTES",
    "PERSONAL",
    "Coverage",
    "Frame",
    "Interval",
    "Options",
    "Period",
    "Slice",
    "agent_intervals",
    "agent_queue_intervals",
    "agent_queues",
    "agents",
    "contacts",
    "intervals",
    "measures",
    "queue_intervals",
    "queues",
]
