"""The score of a destination: how many requests succeeded and failed since the start."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mapping.destination import Verdict
from gateway.model.values import quick

SUCCESSES_FOR_EACH_FAILURE = 9


@quick
@dataclass(frozen=True, slots=True)
class Score:
    """Requests that delivered something, and requests after which something is tried again."""

    successes: int = 0
    failures: int = 0

    def after(self, verdicts: frozenset[Verdict]) -> Score:
        """Return the score after one more request with *verdicts*."""
        return Score(
            self.successes + (Verdict.DELIVERED in verdicts),
            self.failures + (Verdict.RETRY in verdicts),
        )

    def others_succeed(self, before: Score) -> bool:
        """Whether the others have succeeded since *before*, at least nine times in ten.

        The last failure is the asker's own. Where many fail, it is the destination that is ill,
        and an item that is unlucky again and again must not be taken for a poisoned one: of a
        million items at a destination that fails every third request, ten meet ten failures in a
        row.
        """
        succeeded = self.successes - before.successes
        failed = self.failures - before.failures - 1
        return succeeded > 0 and succeeded >= SUCCESSES_FOR_EACH_FAILURE * failed
