"""Rules that find signals on a control chart, by name.

Sources: L. S. Nelson (1984), Journal of Quality Technology 16, 238-239; Western Electric
(1956), Statistical Quality Control Handbook, pages 23-28.

False alarms of a stable process, per point: `nelson_1` 0.0027 (in-control run length 370),
the four Western Electric rules together 0.016, all eight Nelson rules 0.023. On a phase I
chart of 100 points the first alone sounds with probability 0.24: `tuned` widens the limits
and lengthens the runs so that a whole chart has the wanted probability.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from analytics.errors import ParameterError
from analytics.intervals import normal_quantile


class Point(NamedTuple):
    """A point against its centre line; comparisons are of squares, so that they are exact."""

    value: Fraction
    side: int
    squared: Fraction
    variance: Fraction

    def beyond(self, sigmas: Fraction | int) -> bool:
        """Return whether the point is more than so many sigmas from the centre line."""
        return self.squared > sigmas * sigmas * self.variance


class Tuning(NamedTuple):
    """Limit of `nelson_1` in sigmas, and run length of `nelson_2`."""

    limit: Fraction
    run: int


class Signal(NamedTuple):
    """A rule broken, and the zero-based point that completes the pattern."""

    rule: str
    at: int


Window = Sequence[Point]
TEXTBOOK = Tuning(limit=Fraction(3), run=9)


def point(value: Fraction, centre: Fraction, variance: Fraction) -> Point:
    """Place a value against a centre line; `variance` is that of the plotted value."""
    offset = value - centre
    return Point(value, (offset > 0) - (offset < 0), offset * offset, variance)


@lru_cache(maxsize=1024)
def tuned(points: int, false_alarm: Fraction) -> Tuning:
    """Return limits that a stable normal process of so many points rarely breaks.

    Parameters
    ----------
    points
        Number of points on the chart.
    false_alarm
        Probability that rule 1, and likewise rule 2, sounds anywhere on the chart; both are
        bounded by the sum over points (Bonferroni). Never tighter than the textbook.
    """
    limit = normal_quantile(1 - false_alarm / (2 * max(points, 1)))
    run = TEXTBOOK.run
    while 2**run * false_alarm < points + 1:
        run += 1
    return Tuning(max(TEXTBOOK.limit, limit), run)


def signals(
    points: Sequence[Point], rules: Sequence[str], *, tuning: Tuning = TEXTBOOK
) -> tuple[Signal, ...]:
    """Return every signal of the named rules, ordered by rule as given, then by point."""
    found = []
    for rule in rules:
        width, broken = _rule(rule, tuning)
        for index in range(width - 1, len(points)):
            if broken(points[index - width + 1 : index + 1]):
                found.append(Signal(rule, index))
    return tuple(found)


def _rule(name: str, tuning: Tuning) -> tuple[int, Callable[[Window], bool]]:
    if name in ("nelson_1", "western_electric_1"):
        return 1, lambda window: window[-1].beyond(tuning.limit)
    if name == "nelson_2":
        return tuning.run, _one_side
    if name not in _FIXED_RULES:
        raise ParameterError(f"no such rule: got {name[:40]!r}")
    return _FIXED_RULES[name]


def _one_side(window: Window) -> bool:
    return window[0].side != 0 and all(point.side == window[0].side for point in window)


def _steps(window: Window) -> list[int]:
    return [
        (after.value > before.value) - (after.value < before.value)
        for before, after in pairwise(window)
    ]


def _trend(window: Window) -> bool:
    return abs(sum(_steps(window))) == len(window) - 1


def _alternating(window: Window) -> bool:
    steps = _steps(window)
    return 0 not in steps and all(a == -b for a, b in pairwise(steps))


def _most_beyond(sigmas: int, *, needed: int) -> Callable[[Window], bool]:
    def broken(window: Window) -> bool:
        last = window[-1]
        same = sum(point.side == last.side and point.beyond(sigmas) for point in window)
        return last.beyond(sigmas) and same >= needed

    return broken


def _hugging(window: Window) -> bool:
    return not any(point.beyond(1) for point in window)


def _avoiding(window: Window) -> bool:
    sides = {point.side for point in window}
    return all(point.beyond(1) for point in window) and sides == {-1, 1}


_FIXED_RULES: dict[str, tuple[int, Callable[[Window], bool]]] = {
    "nelson_3": (6, _trend),
    "nelson_4": (14, _alternating),
    "nelson_5": (3, _most_beyond(2, needed=2)),
    "nelson_6": (5, _most_beyond(1, needed=4)),
    "nelson_7": (15, _hugging),
    "nelson_8": (8, _avoiding),
    "western_electric_2": (3, _most_beyond(2, needed=2)),
    "western_electric_3": (5, _most_beyond(1, needed=4)),
    "western_electric_4": (8, _one_side),
}
NELSON = tuple(f"nelson_{number}" for number in range(1, 9))
WESTERN_ELECTRIC = tuple(f"western_electric_{number}" for number in range(1, 5))
