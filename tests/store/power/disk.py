"""What a disk may hold after the power was lost.

What was synced is there. Of what was done to a file since, each sector of 512 bytes has become
durable on its own or has not: it holds any one of the contents that it had since the sync, and
the file is as long as it was at any moment since. Names in the folder likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.store.power.tape import (
    FolderMade,
    FolderSynced,
    Linked,
    Resized,
    Step,
    Synced,
    Tape,
    Written,
)

SECTOR = 512

Change = Written | Resized


@dataclass
class File:
    """A file: what is durable of it, and the changes since, each with its step's number."""

    durable: bytearray = field(default_factory=bytearray)
    changes: list[tuple[int, Change]] = field(default_factory=list)

    def sync(self, begun: int) -> None:
        """Make durable what was done before step *begun*."""
        for number, change in self.changes:
            if number < begun:
                _apply(self.durable, change)
        self.changes = [each for each in self.changes if each[0] >= begun]


def _apply(content: bytearray, change: Change) -> range:
    """Make a change; return the sectors that it touched."""
    size = len(content)
    if isinstance(change, Resized):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        first, last = sorted((size, change.size))
    else:
        first, last = min(size, change.offset), change.offset + len(change.data)
        content.extend(bytes(max(0, last - size)))
        content[change.offset : last] = change.data
    return range(first // SECTOR, -(-last // SECTOR))


class Disk:
    """A folder on a disk, moved on step by step."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        start = tape.start or {}
        self._files = {
            number: File(bytearray(content)) for number, content in enumerate(start.values())
        }
        self._names: dict[str, list[int | None]] = {
            name: [number] for number, name in enumerate(start)
        }
        self._has_folder = [tape.start is not None]
        self._position = 0

    def move_to(self, position: int, note: Callable[[object], None]) -> None:
        """Take the steps before *position*; tell *note* what was noted between them."""
        for number in range(self._position, position):
            step = self._tape.steps[number]
            match step:
                case Linked() | FolderMade() | FolderSynced():
                    self._name(step)
                case Synced(file, begun):
                    self._files[file].sync(begun)
                case Written(file) | Resized(file):
                    self._files[file].changes.append((number, step))
                case _:
                    note(step.what)
        self._position = max(self._position, position)

    def _name(self, step: Step) -> None:
        match step:
            case Linked(name, file):
                self._names.setdefault(name, [None]).append(file)
                if file is not None:
                    self._files.setdefault(file, File())
            case FolderMade():
                self._has_folder.append(True)
            case FolderSynced(parent=True):
                self._has_folder = self._has_folder[-1:]
            case FolderSynced():
                self._names = {name: found[-1:] for name, found in self._names.items()}

    def as_it_is(self) -> dict[str, bytes]:
        """Return what every reader sees while the power lasts."""
        found: dict[str, bytes] = {}
        for name, numbers in self._names.items():
            if numbers[-1] is not None:
                content = bytearray(self._files[numbers[-1]].durable)
                for _number, change in self._files[numbers[-1]].changes:
                    _apply(content, change)
                found[name] = bytes(content)
        return found

    def without_power(self, dice: Random) -> dict[str, bytes] | None:
        """Return what may be there when the power is lost now; `None`: no folder."""
        if not dice.choice(self._has_folder):
            return None
        numbers = {name: dice.choice(found) for name, found in self._names.items()}
        return {
            name: _survivor(self._files[number], dice)
            for name, number in numbers.items()
            if number is not None
        }


def _survivor(file: File, dice: Random) -> bytes:
    """Return one of the contents that a file may have."""
    mood = dice.choice(["nothing", "everything", "prefix", "hole", "some", "some"])
    if not file.changes or mood == "nothing":
        return bytes(file.durable)
    changes = [change for _number, change in file.changes]
    if mood == "prefix":  # in order, up to a moment
        changes = changes[: dice.randint(1, len(changes))]
    survives = {"everything": 1.0, "hole": 1.0, "prefix": 1.0}.get(mood, dice.random())
    missing = dice.randrange(len(changes)) if mood == "hole" else None
    return _torn(file.durable, changes, survives, missing, dice)


def _torn(
    durable: bytearray, changes: list[Change], survives: float, missing: int | None, dice: Random
) -> bytes:
    """Return a content of which each sector survives that often in a newer state.

    *missing*: of this change nothing becomes durable unless a later one writes there too.
    """
    newest, sizes = bytearray(durable), [len(durable)]
    versions: dict[int, list[bytes]] = {}
    for number, change in enumerate(changes):
        touched = _apply(newest, change)
        sizes.append(len(newest))
        if number != missing:
            for sector in touched:
                versions.setdefault(sector, []).append(_sector(newest, sector))
    size = sizes[-1] if survives == 1 else dice.choice(sizes)
    torn = bytearray(durable[:size])
    # Room that was allocated and never written may hold what was there before.
    rest = size - len(torn)
    torn.extend(dice.randbytes(rest) if dice.random() < 0.3 else bytes(rest))
    for sector, found in versions.items():
        if dice.random() < survives:
            content = found[-1] if dice.random() < 0.5 or survives == 1 else dice.choice(found)
            torn[sector * SECTOR : sector * SECTOR + len(content)] = content
    return bytes(torn[:size])


def _sector(content: bytearray, number: int) -> bytes:
    return bytes(content[number * SECTOR : (number + 1) * SECTOR])
