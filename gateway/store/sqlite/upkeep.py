"""The store looked through and copied while it works, each on a connection of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import apsw

from gateway.model.errors import StoreError
from gateway.store.sqlite.damage import copy, problems_of, set_aside_before

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gateway.store.sqlite.database import Database


class SqliteUpkeep:
    """The part of the store that looks after it."""

    _database: Database

    async def check(self) -> Sequence[str]:
        """Look through all of it; return what is wrong, in words."""
        return await asyncio.to_thread(problems_of, self._database.path)

    async def backup(self, target: Path) -> int:
        """Copy it as it is now to a new file that only we may read; return its size in bytes."""
        try:
            return await asyncio.to_thread(copy, self._database.path, target)
        except FileExistsError:
            raise StoreError(f"there is something at {target} already") from None
        except OSError as problem:
            raise StoreError(f"{target} cannot be written: {problem.strerror}") from problem
        except apsw.Error as problem:
            raise StoreError(f"no copy could be made: {problem}") from problem

    def set_aside_before(self) -> Sequence[str]:
        """Return the names of damaged stores that were set aside and are still there."""
        return set_aside_before(self._database.path)
