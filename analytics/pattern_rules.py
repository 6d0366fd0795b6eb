"""The rules of `chart_rules` over whole arrays of normal points, for simulation.

A property test holds both to the same signals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Marks = NDArray[np.bool_]


def sounding(series: Series, rules: Sequence[str]) -> Marks:
    """Return at which points some rule sounds.

    Parameters
    ----------
    series
        Shape (n_series, n_points), in sigmas around the centre line.
    """
    found: Marks = np.zeros(series.shape, dtype=bool)
    for rule in rules:
        found |= PATTERNS[rule](series)
    return found


def _windowed(marks: Marks, width: int) -> NDArray[np.int64]:
    """Count marks in the last `width` points; before there are as many, none."""
    total = np.zeros((marks.shape[0], marks.shape[1] + 1), dtype=np.int64)
    np.cumsum(marks, axis=1, out=total[:, 1:])
    counts = np.zeros(marks.shape, dtype=np.int64)
    if marks.shape[1] >= width:
        counts[:, width - 1 :] = total[:, width:] - total[:, :-width]
    return counts


def _beyond(series: Series) -> Marks:
    marks: Marks = np.abs(series) > 3  # noqa: PLR2004 — three sigmas
    return marks


def _one_side(width: int) -> Callable[[Series], Marks]:
    def found(series: Series) -> Marks:
        up, down = _windowed(series > 0, width), _windowed(series < 0, width)
        marks: Marks = (up == width) | (down == width)
        return marks

    return found


def _most(sigmas: int, *, width: int, needed: int) -> Callable[[Series], Marks]:
    def found(series: Series) -> Marks:
        heard: Marks = np.zeros(series.shape, dtype=bool)
        for side in (1, -1):
            far = series * side > sigmas
            heard |= far & (_windowed(far, width) >= needed)
        return heard

    return found


def _trend(series: Series) -> Marks:
    steps = np.diff(series, axis=1, prepend=series[:, :1])
    marks: Marks = (_windowed(steps > 0, 5) == 5) | (_windowed(steps < 0, 5) == 5)  # noqa: PLR2004 — six points are five steps
    return marks


def _alternating(series: Series) -> Marks:
    steps = np.diff(series, axis=1, prepend=series[:, :1])
    turns: Marks = np.zeros(series.shape, dtype=bool)
    turns[:, 1:] = steps[:, 1:] * steps[:, :-1] < 0
    marks: Marks = _windowed(turns, 12) == 12  # noqa: PLR2004 — fourteen points turn twelve times
    return marks


def _hugging(series: Series) -> Marks:
    marks: Marks = _windowed(np.abs(series) <= 1, 15) == 15  # noqa: PLR2004 — fifteen points
    return marks


def _avoiding(series: Series) -> Marks:
    width = 8
    up, down = _windowed(series > 1, width), _windowed(series < -1, width)
    marks: Marks = (up + down == width) & (up > 0) & (down > 0)
    return marks


PATTERNS: dict[str, Callable[[Series], Marks]] = {
    "nelson_1": _beyond,
    "nelson_2": _one_side(9),
    "nelson_3": _trend,
    "nelson_4": _alternating,
    "nelson_5": _most(2, width=3, needed=2),
    "nelson_6": _most(1, width=5, needed=4),
    "nelson_7": _hugging,
    "nelson_8": _avoiding,
    "western_electric_1": _beyond,
    "western_electric_2": _most(2, width=3, needed=2),
    "western_electric_3": _most(1, width=5, needed=4),
    "western_electric_4": _one_side(8),
}
