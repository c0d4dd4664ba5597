"""The sender's ledger: an entry is written only after the gateway's 2xx."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.acceptance.rig.centre import Fact, Said


@dataclass
class Ledger:
    """What was acknowledged, agent by agent in the order of the source, and what was answered."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)
    by_body: dict[bytes, tuple[Fact, ...]] = field(default_factory=dict)
    unclean_ends: int = 0
    requests: int = 0
    posts: int = 0
    bad_posts: Counter[str] = field(default_factory=Counter)
    bad_acknowledged: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def posting(self, said: Said) -> None:
        self.posts += 1
        self.bad_posts[_fault(said)] += 1

    def acknowledge(self, said: Said, status: int, answer: dict[str, Any]) -> None:
        """Write down what the gateway has taken for the first time."""
        self.requests += 1
        self.facts.setdefault(said.subject, []).extend(said.facts)
        self.by_body[digest(said.body)] = said.facts
        self._check(said, status, answer, ((1, 0), (0, 1)))

    def acknowledge_again(self, said: Said, status: int, answer: dict[str, Any]) -> None:
        """Check that what was acknowledged before is told from what is new."""
        self._check(said, status, answer, ((0, 1),))

    def _check(
        self,
        said: Said,
        status: int,
        answer: dict[str, Any],
        allowed: tuple[tuple[int, int], ...],
    ) -> None:
        self.bad_acknowledged[_fault(said)] += 1
        if said.broken:
            is_right = status == HTTPStatus.BAD_REQUEST
        else:
            counts = answer["accepted"], answer["duplicates"]
            is_right = counts in allowed and answer["quarantined"] == said.spoilt
            self.duplicates += answer["duplicates"]
        if not is_right:
            self.violations.append(f"{said.subject}: {status} {answer} to {said.body!r}")


def digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


def _fault(said: Said) -> str:
    """The word under which the gateway keeps what it cannot read, empty where it can."""
    return "content" if said.broken else "unreadable" if said.spoilt else ""
