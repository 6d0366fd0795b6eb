"""Rules over arrays sound exactly where the rules over exact points do."""

from fractions import Fraction

import numpy as np
import pytest

from analytics.chart_rules import NELSON, WESTERN_ELECTRIC, point, signals
from analytics.pattern_rules import PATTERNS, sounding


def test_every_rule_is_known_to_both() -> None:
    assert set(PATTERNS) == {*NELSON, *WESTERN_ELECTRIC}


@pytest.mark.parametrize("rule", NELSON + WESTERN_ELECTRIC)
def test_both_sound_at_the_same_points(rule: str) -> None:
    generator = np.random.default_rng(5)
    # Slow waves and small noise, so that even the rare patterns occur.
    noise = generator.standard_normal((3, 200))
    series = np.vstack([noise, 0.4 * noise[:1], np.sin(np.arange(200) / 3)[None] * 2, np.where(
        np.arange(200) % 2, 1.5, -1.5)[None] + 0.1 * noise[:1]])  # fmt: skip
    marks = sounding(series, [rule])
    for row, values in enumerate(series):
        points = [point(Fraction(float(value)), Fraction(0), Fraction(1)) for value in values]
        assert [signal.at for signal in signals(points, [rule])] == list(np.flatnonzero(marks[row]))
    assert marks.any()


def test_a_series_shorter_than_the_pattern_is_silent() -> None:
    assert not sounding(np.full((1, 4), 0.5), ["nelson_2", "nelson_4", "nelson_7"]).any()
