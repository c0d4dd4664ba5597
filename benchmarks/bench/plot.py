"""The plot: for each contender how it stands to the bare relay, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from benchmarks.bench.report import Figure, pace, phase, ratio
from benchmarks.bench.rounds import Results

PANELS: dict[str, Figure] = {
    "events/s (more is better)": pace,
    "CPU an event (less is better)": phase("closed", "cpu_per_thousand"),
    "ack p99 at 200/s (less is better)": phase("200/s", "ack", "p99"),
    "delivery p99 at 200/s (less is better)": phase("200/s", "delivery", "p99"),
    "ack p99 at 1,000/s (less is better)": phase("1000/s", "ack", "p99"),
    "delivery p99 at 1,000/s (less is better)": phase("1000/s", "delivery", "p99"),
}
LINES = ("flex gateway", "flex gateway batching", "flex relay", "flex taskiq", "flex celery",
         "flex node-red")  # fmt: skip
OURS, THEIRS = "#2a6f97", "#b5b5b5"
LEFT, WIDE, ROW, TOP = 190, 360, 20, 30
LOWEST, HIGHEST = 0.01, 1000.0


def standing(results: Results, figure: Figure) -> list[tuple[str, float]]:
    """Return the contenders that have the figure, with their ratio to the relay."""
    beside = results.rounds.get("flex relay", [])
    found = ((name, ratio(results.rounds.get(name, []), beside, figure)) for name in LINES)
    return [(name.removeprefix("flex "), value) for name, value in found if value]


def place(value: float) -> float:
    """Return where a ratio lies between the ends of the scale, from 0 to 1."""
    held = min(max(value, LOWEST), HIGHEST)
    return math.log(held / LOWEST) / math.log(HIGHEST / LOWEST)


def text(results: Results) -> str:
    """Return the plot in letters: on the same scale."""
    lines = []
    for title, figure in PANELS.items():
        lines.append(f"\n{title}, x relay")
        for name, value in standing(results, figure):
            bar = "█" * max(1, round(40 * place(value)))
            lines.append(f"{name:>18} {bar} {value:.2f}")
    return "\n".join(lines)


def svg(results: Results) -> str:
    panels = [(title, standing(results, figure)) for title, figure in PANELS.items()]
    parts: list[str] = []
    top = 0
    for title, bars in panels:
        parts += _panel(title, bars, top)
        top += TOP + ROW * len(bars) + 14
    size = f'width="{LEFT + WIDE + 90}" height="{top}"'
    style = "text{font:12px sans-serif} .t{font-weight:bold}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"])


def _panel(title: str, bars: Sequence[tuple[str, float]], top: int) -> Iterator[str]:
    one = LEFT + WIDE * place(1)
    bottom = top + TOP + ROW * len(bars)
    yield f'<text class="t" x="{LEFT}" y="{top + 18}">{escape(title)}, x relay</text>'
    for number, (name, value) in enumerate(bars):
        y = top + TOP + ROW * number
        end = LEFT + WIDE * place(value)
        colour = OURS if name.startswith("gateway") else THEIRS
        yield f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        yield (
            f'<rect x="{min(one, end):.0f}" y="{y}" width="{max(1.0, abs(end - one)):.0f}" '
            f'height="{ROW - 5}" fill="{colour}"/>'
        )
        yield f'<text x="{max(one, end) + 6:.0f}" y="{y + 12}">{value:.2f}</text>'
    yield f'<line x1="{one:.0f}" x2="{one:.0f}" y1="{top + TOP - 4}" y2="{bottom}" stroke="black"/>'
