"""Pictures of charts, studies and plans as SVG: plain shapes, no script, no outside font.

Source: W3C, Scalable Vector Graphics 1.1. Signals differ from other points in shape as well as
colour, so that they are seen without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, exp, floor, log10, pi, sqrt

from analytics.charts import Chart, Track

WIDTH, PANEL = 960, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 100, 44, 36
_TICKS = 5
_MOST_MARKERS = 400
_BARS = 40
_FONT = "font-family='system-ui, Noto Sans SC, Microsoft YaHei, sans-serif'"
_LINE, _LIMIT, _ALARM, _INK, _FAINT = "#1f4e79", "#8a5a00", "#b00020", "#222222", "#dddddd"
Say = Callable[[str], str]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A panel: where its numbers fall on the page."""

    top: float
    left: tuple[float, float]
    scale: tuple[float, float]

    def x(self, value: float) -> float:
        low, high = self.left
        share = (value - low) / (high - low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 2)

    def y(self, value: float) -> float:
        low, high = self.scale
        share = (value - low) / (high - low)
        return round(self.top + PANEL - _BOTTOM - share * (PANEL - _TOP - _BOTTOM), 2)


def chart_svg(chart: Chart, *, title: str, say: Say) -> str:
    """Draw a control chart, a panel for each track."""
    panels = [_track(track, at, chart, say) for at, track in enumerate(chart.tracks)]
    return _page(panels, title)


def study_svg(values: Sequence[float], marks: Sequence[tuple[str, float]], *, title: str) -> str:
    """Draw readings as bars with the normal curve of their mean and deviation, and limits."""
    ends = [*values, *(at for _, at in marks)]
    room = (max(ends) - min(ends)) * 0.05 or 1.0
    low, high = min(ends) - room, max(ends) + room
    origin, width = _bars(values, high - low)
    counts: dict[int, int] = {}
    for value in values:
        bar = int((value - origin) / width)
        counts[bar] = counts.get(bar, 0) + 1
    mean = sum(values) / len(values)
    sigma = sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    peak = len(values) * width / (sigma * sqrt(2 * pi))
    frame = _Frame(0, (low, high), (0, max(*counts.values(), peak) * 1.1))
    parts = [_axes(frame, title)]
    for bar, count in sorted(counts.items()):
        left, top = frame.x(origin + bar * width), frame.y(count)
        size = f"width='{frame.x(low + width) - frame.x(low):.2f}'"
        parts.append(f"<rect x='{left}' y='{top}' {size} height='{frame.y(0) - top:.2f}' "
                     "fill='#9bb8d3' stroke='#ffffff'/>")  # fmt: skip
    steps = [low + (high - low) * at / 200 for at in range(201)]
    bell = [(x, peak * exp(-(((x - mean) / sigma) ** 2) / 2)) for x in steps]
    parts.append(_polyline(frame, bell, _LINE))
    for name, limit in marks:
        parts.append(_vertical(frame, limit, name))
    return _page(["".join(parts)], title)


def curves_svg(curves: Sequence[tuple[str, Points]], *, title: str, axis: str) -> str:
    """Draw operating characteristics: probability of acceptance over quality."""
    reach = max(x for _, points in curves for x, _ in points) or 1.0
    frame = _Frame(0, (0.0, reach), (0.0, 1.0))
    parts = [_axes(frame, title)]
    for at, (name, points) in enumerate(curves):
        dash = ("", "8 4", "2 3")[at % 3]
        parts.append(_polyline(frame, points, _LINE, dash=dash))
        middle = points[len(points) // 3]
        parts.append(_text(frame.x(middle[0]) + 6, frame.y(middle[1]) - 6, name))
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, PANEL - 4, axis))
    return _page(["".join(parts)], title)


def _bars(values: Sequence[float], reach: float) -> tuple[float, float]:
    """Return where bars begin and their width: whole steps of the gauge, so that none is empty."""
    known = sorted(set(values))
    gap = min((after - before for before, after in pairwise(known)), default=reach)
    return known[0] - gap / 2, gap * ceil(reach / _BARS / gap)


def _track(track: Track, at: int, chart: Chart, say: Say) -> str:
    values = [float(value) for value in track.values]
    sides = [[float(value) for value in side] for side in (track.lower, track.centre, track.upper)]
    low, high = min(values + sides[0]), max(values + sides[2])
    room = (high - low) * 0.08 or 1.0
    frame = _Frame(at * PANEL, (0.0, len(values) + 1.0), (low - room, high + room))
    parts = [_axes(frame, say(f"spc_{track.name}"))]
    for name, side, colour in zip(("LCL", "CL", "UCL"), sides, (_LIMIT, _LINE, _LIMIT),
                                  strict=True):  # fmt: skip
        steps = [(number + half, value) for number, value in enumerate(side, 1)
                 for half in (-0.5, 0.5)]  # fmt: skip
        parts.append(_polyline(frame, steps, colour, dash="" if name == "CL" else "6 4"))
        label = f"{name} {side[-1]:.5g}"
        parts.append(_text(WIDTH - _RIGHT + 4, frame.y(side[-1]) + 4, label, size=11))
    parts.append(_polyline(frame, list(enumerate(values, 1)), _INK))
    parts += _markers(frame, values, track)
    offset = chart.phase_one - (1 if track.name == "moving_range" else 0)
    if chart.phase_one > 0 and offset < len(values):
        parts.append(_vertical(frame, offset + 0.5, say("spc_phase_two")))
    return "".join(parts)


def _markers(frame: _Frame, values: Sequence[float], track: Track) -> list[str]:
    rules: dict[int, list[str]] = {}
    for signal in track.signals:
        rules.setdefault(signal.at, []).append(signal.rule)
    parts = []
    if len(values) <= _MOST_MARKERS:
        parts = [f"<circle cx='{frame.x(at)}' cy='{frame.y(value)}' r='2.5' fill='{_INK}'/>"
                 for at, value in enumerate(values, 1)]  # fmt: skip
    for at, names in rules.items():
        x, y = frame.x(at + 1), frame.y(values[at])
        told = escape(f"{at + 1}: {', '.join(names)}")
        parts.append(f"<path d='M{x} {y - 7}L{x + 7} {y}L{x} {y + 7}L{x - 7} {y}Z' "
                     f"fill='none' stroke='{_ALARM}' stroke-width='2'>"
                     f"<title>{told}</title></path>")  # fmt: skip
    return parts


def _axes(frame: _Frame, title: str) -> str:
    parts = [_text(_LEFT, frame.top + 24, title, size=15)]
    for value in _ticks(*frame.scale):
        y = frame.y(value)
        parts.append(f"<path d='M{_LEFT} {y}H{WIDTH - _RIGHT}' stroke='{_FAINT}'/>")
        parts.append(_text(_LEFT - 8, y + 4, f"{value:g}", size=11, anchor="end"))
    for value in _ticks(*frame.left):
        bottom = frame.top + PANEL - _BOTTOM + 16
        parts.append(_text(frame.x(value), bottom, f"{value:g}", size=11, anchor="middle"))
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers between two ends."""
    rough = (high - low) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = -floor(-low / step)
    return [round(at * step, 12) for at in range(first, floor(high / step) + 1)]


def _vertical(frame: _Frame, at: float, name: str) -> str:
    x, top, bottom = frame.x(at), frame.top + _TOP, frame.top + PANEL - _BOTTOM
    line = f"<path d='M{x} {top}V{bottom}' stroke='{_LIMIT}' stroke-dasharray='6 4'/>"
    return line + _text(x + 4, top + 10, name, size=11)


def _polyline(frame: _Frame, points: Points, colour: str, *, dash: str = "") -> str:
    told = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in points)
    dashes = f" stroke-dasharray='{dash}'" if dash else ""
    return f"<polyline points='{told}' fill='none' stroke='{colour}'{dashes}/>"


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    place = f"x='{round(x, 2)}' y='{round(y, 2)}' font-size='{size}' text-anchor='{anchor}'"
    return f"<text {place} fill='{_INK}'>{escape(text)}</text>"


def _page(panels: Sequence[str], title: str) -> str:
    height = PANEL * len(panels)
    size = f"viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'"
    body = "\n".join(panels)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {_FONT}>"
        f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='#ffffff'/>\n"
        f"{body}\n</svg>\n"
    )
