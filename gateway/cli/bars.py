"""Bars on the screen: one line each, its parts in colours and in letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from gateway.cli.show import UNBOUNDED, console

if TYPE_CHECKING:
    from gateway.cli.series import Series

COLOURS = ("green", "yellow", "magenta", "red", "blue", "white")
FILLS = "█▓▒░▚▞"
WIDEST = 60


def print_bars(series: Series) -> None:
    """Draw *series*, a line for each label."""
    screen = console()
    room = WIDEST if screen.width == UNBOUNDED else max(10, min(WIDEST, screen.width - 30))
    if not series.labels:
        screen.print("nothing happened in that time")
        return
    screen.print(_legend(series))
    width = max(len(label) for label in series.labels)
    for place, label in enumerate(series.labels):
        values = [values[place] for _, values in series.parts]
        line = Text(f"{label:>{width}} ")
        line.append_text(_bar(values, series.highest, room))
        line.append(f" {sum(values):.4g}")
        screen.print(line, no_wrap=True, crop=False)


def _legend(series: Series) -> Text:
    line = Text(f"{series.title}: ")
    for place, (name, _) in enumerate(series.parts):
        line.append(FILLS[place], style=COLOURS[place])
        line.append(f" {name}  ")
    return line


def _bar(values: list[float], highest: float, room: int) -> Text:
    """Return a bar: where its parts end is rounded, so that it is as long as the whole of it."""
    line, before, drawn = Text(), 0.0, 0
    for place, value in enumerate(values):
        before += value
        end = round(before / highest * room) if highest else 0
        line.append(FILLS[place] * (end - drawn), style=COLOURS[place])
        drawn = max(drawn, end)
    return line
