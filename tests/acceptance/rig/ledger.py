"""The sender's ledger: an entry is written only after the gateway's 2xx."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.acceptance.rig.centre import Fact, Said


@dataclass
class Ledger:
    """What was acknowledged, agent by agent in the order of the source, and what was answered."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)
    requests: int = 0
    posts: int = 0
    spoilt_posts: int = 0
    spoilt_acknowledged: int = 0
    duplicates: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def posting(self, said: Said) -> None:
        self.posts += 1
        self.spoilt_posts += said.spoilt

    def acknowledge(self, said: Said, answer: dict[str, Any]) -> None:
        """Write down what the gateway has taken for the first time."""
        self.requests += 1
        self.spoilt_acknowledged += said.spoilt
        self.facts.setdefault(said.subject, []).extend(said.facts)
        self._check(said, answer, answer["accepted"] + answer["duplicates"] == 1)
        self.duplicates += answer["duplicates"]

    def acknowledge_again(self, said: Said, answer: dict[str, Any]) -> None:
        """Check that what was acknowledged before is told from what is new."""
        self.spoilt_acknowledged += said.spoilt
        self.duplicates += answer["duplicates"]
        self._check(said, answer, (answer["accepted"], answer["duplicates"]) == (0, 1))

    def _check(self, said: Said, answer: dict[str, Any], is_right: bool) -> None:  # noqa: FBT001 - one caller
        if not is_right or answer["quarantined"] != said.spoilt:
            self.violations.append(f"{said.subject}: answered {answer} to {said.body!r}")
