"""A value that must not be seen: in a log, a dry run, a traceback."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret string. Printing it shows only that there is one."""

    value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself; call it where it is used and nowhere else."""
        return self.value

    def __str__(self) -> str:
        """Never the secret."""
        return "***"
