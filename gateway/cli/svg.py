"""Bars as an SVG picture: text of its own, nothing that it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.series import Series

WIDTH, HEIGHT = 960, 360
LEFT, TOP, BOTTOM = 56, 48, 72
LINES = 4
FONT = 'font-family="sans-serif" font-size="11"'
MOST_LABELS = 24
COLOURS = ("#2e7d32", "#f9a825", "#8e24aa", "#c62828", "#1565c0", "#757575")


def svg_of(series: Series) -> str:
    """Return a picture of *series*."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f"<title>{escape(series.title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_scale(series),
        *_bars(series),
        *_labels(series),
        *_legend(series),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _scale(series: Series) -> Iterator[str]:
    for step in range(LINES + 1):
        y = _height(step / LINES)
        value = series.highest * step / LINES
        yield f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'


def _height(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _room(series: Series) -> float:
    return (WIDTH - LEFT - 8) / max(1, len(series.labels))


def _bars(series: Series) -> Iterator[str]:
    room = _room(series)
    for place, label in enumerate(series.labels):
        before = 0.0
        for (name, values), colour in zip(series.parts, COLOURS, strict=False):
            value = values[place]
            if not value:
                continue
            top, foot = (_height(each / series.highest) for each in (before + value, before))
            before += value
            yield (
                f'<rect x="{LEFT + place * room + room * 0.1:.1f}" y="{top:.1f}" '
                f'width="{room * 0.8:.1f}" height="{foot - top:.1f}" fill="{colour}">'
                f"<title>{escape(f'{label} {name}: {value:.4g}')}</title></rect>"
            )


def _labels(series: Series) -> Iterator[str]:
    room, every = _room(series), -(-len(series.labels) // MOST_LABELS) or 1
    for place, label in enumerate(series.labels):
        if place % every == 0:
            x, y = LEFT + (place + 0.5) * room, HEIGHT - BOTTOM + 12
            turned = f'transform="rotate(45 {x:.1f} {y})"'
            yield f'<text x="{x:.1f}" y="{y}" {turned}>{escape(label)}</text>'


def _legend(series: Series) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="18" font-size="14">{escape(series.title)}</text>'
    for place, (name, _) in enumerate(series.parts):
        x = LEFT + place * 140
        yield f'<rect x="{x}" y="26" width="10" height="10" fill="{COLOURS[place]}"/>'
        yield f'<text x="{x + 14}" y="35">{escape(name)}</text>'
