"""What a check is: its name, what it promises, and how a mapping is found to break it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.conformance.samples import Sample

MOST_PROBLEMS = 5
"""Of one sample and check that are told; the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. *of_sample* yields what breaks it in one sample, *of_all* in all of them
    together, each with the sample's name (empty: none in particular). *applies* says why there
    is nothing to look at in a mapping, or `None`.
    """

    name: str
    promise: str
    of_sample: Callable[[Any, Sample], Iterable[str]] | None = None
    of_all: Callable[[Any], Iterable[tuple[str, str]]] | None = None
    applies: Callable[[Any], str | None] = lambda _subject: None
