"""Small plots as SVG text, for paper: black and grey, told apart by shape and hatching, every value also a number.

Everything that is drawn comes in as plain values; labels are escaped here. Each plot has a title and a description for
whoever does not see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

WIDTH = 640
TEXT = 11
CROWD = 40
"""More dots than this are drawn smaller."""
HATCH = (
    '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#fff"/><line x1="0" y1="0" x2="0" y2="5" stroke="#000" stroke-width="2.5"/>'
    "</pattern>"
)
"""Once in the page, in an SVG of its own."""


class Bar(NamedTuple):
    label: str
    value: float
    shown: str
    hatched: bool = False


class Dot(NamedTuple):
    x: float
    """0 to 1 along the plot."""
    value: float
    about: str
    """For the tooltip."""


def definitions() -> str:
    """What the plots refer to; put it into the page before them."""
    return f'<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>{HATCH}</defs></svg>'


def columns(name: str, title: str, about: str, bars: Sequence[Bar], goal: float, goal_label: str) -> str:
    """Upright bars with a dashed line at `goal`."""
    top, bottom, height, left, right = 24, 34, 190, 30, 70
    most = max([goal, *(bar.value for bar in bars)]) or 1
    step = (WIDTH - left - right) / len(bars)

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - value / most)

    parts = [_line(left, y(0), WIDTH - right, y(0))]
    for index, bar in enumerate(bars):
        x = left + step * index + step * 0.2
        parts.append(_rect(x, y(bar.value), step * 0.6, y(0) - y(bar.value), bar.hatched))
        parts.append(_text(x + step * 0.3, y(bar.value) - 5, bar.shown, "middle"))
        parts.append(_text(x + step * 0.3, height - bottom + 16, bar.label, "middle"))
    parts.append(_line(left, y(goal), WIDTH - right, y(goal), "5 4"))
    parts.append(_text(WIDTH - right + 6, y(goal) + 4, goal_label))
    return _figure(name, title, about, height, parts)


def pairs(name: str, title: str, about: str, rows: Sequence[tuple[str, Bar, Bar]]) -> str:
    """Two lying bars for each row, such as left and right."""
    left, right, pitch = 150, 90, 38
    most = max((max(one.value, other.value) for _, one, other in rows), default=0) or 1
    scale = (WIDTH - left - right) / most
    parts = []
    for index, (label, *bars) in enumerate(rows):
        y = 6 + index * pitch
        parts.append(_text(left - 62, y + 18, label, "end"))
        for number, bar in enumerate(bars):
            above = y + number * 15
            parts.append(_text(left - 8, above + 11, bar.label, "end"))
            parts.append(_rect(left, above, bar.value * scale, 12, bar.hatched))
            parts.append(_text(left + bar.value * scale + 5, above + 11, bar.shown))
    height = 6 + pitch * len(rows)
    parts.append(_line(left, 2, left, height - 6))
    return _figure(name, title, about, height, parts)


def dots(
    name: str,
    title: str,
    about: str,
    points: Sequence[Dot],
    most: float,
    ticks: Sequence[tuple[float, str]],
    ends: tuple[str, str],
    band: tuple[float, float] | None = None,
    joined: bool = False,
) -> str:
    """Values over time; `ticks` are lines across, `ends` the labels of the first and last moment, `band` is shaded."""
    top, bottom, height, left, right = 12, 28, 170, 56, 16

    def x(share: float) -> float:
        return left + (WIDTH - left - right) * share

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - min(value, most) / most)

    parts = []
    if band is not None:
        low, high = band
        shape = f'x="{_n(left)}" y="{_n(y(high))}" width="{_n(x(1) - left)}" height="{_n(y(low) - y(high))}"'
        parts.append(f'<rect {shape} fill="#e4e4e4"/>')
    for value, label in ticks:
        parts.append(_line(left, y(value), x(1), y(value), None if value == 0 else "1 3"))
        parts.append(_text(left - 6, y(value) + 4, label, "end"))
    if joined:
        parts += [_line(x(a.x), y(a.value), x(b.x), y(b.value)) for a, b in pairwise(points)]
    radius = 3.5 if len(points) <= CROWD else 2
    for point in points:
        if not joined:
            parts.append(_line(x(point.x), y(0), x(point.x), y(point.value)))
        circle = f'<circle cx="{_n(x(point.x))}" cy="{_n(y(point.value))}" r="{radius}"'
        parts.append(f"{circle}><title>{escape(point.about)}</title></circle>")
    parts.append(_text(left, height - 8, ends[0]))
    parts.append(_text(x(1), height - 8, ends[1], "end"))
    return _figure(name, title, about, height, parts)


def changes(name: str, title: str, about: str, rows: Sequence[tuple[str, float, float]]) -> str:
    """(label, before, after) on a scale of 0 to 10: an open circle before, a full one after."""
    left, right, pitch, top = 150, 30, 24, 10
    scale = (WIDTH - left - right) / 10
    height = top + pitch * len(rows) + 24
    foot = height - 20
    parts = []
    for tick in range(0, 11, 2):
        parts.append(_line(left + tick * scale, top, left + tick * scale, foot, "1 3"))
        parts.append(_text(left + tick * scale, height - 5, str(tick), "middle"))
    for index, (label, before, after) in enumerate(rows):
        y = top + pitch * index + 12
        parts.append(_text(left - 10, y + 4, label, "end"))
        parts.append(_line(left + before * scale, y, left + after * scale, y))
        open_, full = (f'<circle cx="{_n(left + value * scale)}" cy="{_n(y)}" r=' for value in (before, after))
        parts.append(f'{open_}"6" fill="#fff" stroke="#000" stroke-width="1.5"/>{full}"4"/>')
    return _figure(name, title, about, height, parts)


def spark(values: Sequence[float], most: float = 10) -> str:
    """A line so small that it fits a table's cell; the numbers stand beside it."""
    if len(values) < 2:
        return ""
    width, height = 70, 28
    step = (width - 8) / (len(values) - 1)
    at = [(4 + step * index, height - 4 - (height - 8) * value / most) for index, value in enumerate(values)]
    line = " ".join(f"{_n(x)},{_n(y)}" for x, y in at)
    x, y = at[-1]
    return (
        f'<svg class="spark" width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="1.5"/>'
        f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.5"/></svg>'
    )


def _figure(name: str, title: str, about: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {_n(height)}" role="img" aria-labelledby="{name}-title {name}-about">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-about">{escape(about)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _rect(x: float, y: float, width: float, height: float, hatched: bool) -> str:
    fill = "url(#hatch)" if hatched else "#333"
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}" stroke="#000"'
        ' stroke-width="0.8"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, dash: str | None = None) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="#000"{dashed}/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{TEXT}" text-anchor="{anchor}">{escape(text)}</text>'


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
