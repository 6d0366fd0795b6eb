"""Each rule sounds at exactly its length, and not one point earlier."""

from fractions import Fraction

import pytest

from analytics.chart_rules import (
    NELSON,
    TEXTBOOK,
    WESTERN_ELECTRIC,
    Point,
    Signal,
    point,
    signals,
    tuned,
)
from analytics.errors import ParameterError


def points(*values: float) -> list[Point]:
    """Place values in sigmas around zero."""
    return [point(Fraction(str(value)), Fraction(0), Fraction(1)) for value in values]


ZIGZAG = [0.1, -0.1] * 4
PATTERNS = {
    "nelson_1": [3.01],
    "nelson_2": [0.5, 0.2] * 4 + [0.1],
    "nelson_3": [-0.5, -0.3, 0.1, 0.2, 0.6, 0.9],
    "nelson_4": [0.5, -0.4] * 7,
    "nelson_5": [2.1, 0.5, 2.2],
    "nelson_6": [1.1, 1.2, -0.5, 1.3, 1.1],
    "nelson_7": [0.9, -0.8, 0.3, 0.1, -0.2] * 3,
    "nelson_8": [1.1, 1.2, -1.3, -1.1, 1.4, -1.2, 1.1, -1.5],
    "western_electric_1": [-3.01],
    "western_electric_2": [-2.1, 0.5, -2.2],
    "western_electric_3": [-1.1, -1.2, 0.5, -1.3, -1.1],
    "western_electric_4": [-0.5, -0.2] * 4,
}


@pytest.mark.parametrize("rule", NELSON + WESTERN_ELECTRIC)
class TestEveryRule:
    def test_sounds_at_the_point_that_completes_the_pattern(self, rule: str) -> None:
        pattern = PATTERNS[rule]
        assert signals(points(*pattern), [rule]) == (Signal(rule, len(pattern) - 1),)

    def test_is_silent_one_point_earlier(self, rule: str) -> None:
        assert signals(points(*PATTERNS[rule][:-1]), [rule]) == ()

    def test_sounds_for_the_mirrored_pattern(self, rule: str) -> None:
        assert signals(points(*(-value for value in PATTERNS[rule])), [rule])


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("nelson_1", [3.0]),
        ("nelson_2", [0.5] * 8 + [0.0]),
        ("nelson_3", [-0.5, -0.3, 0.1, 0.1, 0.6, 0.9]),
        ("nelson_4", [0.5, -0.4] * 6 + [-0.4, 0.5]),
        ("nelson_5", [2.1, 0.5, -2.2]),
        ("nelson_6", [1.1, 1.2, 1.3, 1.3, 0.5]),
        ("nelson_7", [0.9] * 14 + [1.1]),
        ("nelson_8", [1.1, 1.2, 1.3, 1.1, 1.4, 1.2, 1.1, 1.5]),
    ],
)
def test_one_changed_point_silences_the_rule(rule: str, values: list[float]) -> None:
    assert signals(points(*values), [rule]) == ()


def test_a_stable_zigzag_breaks_no_western_electric_rule() -> None:
    assert signals(points(*ZIGZAG), WESTERN_ELECTRIC) == ()


def test_a_rule_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ParameterError, match="no such rule: got 'nelson_9'"):
        signals(points(0.1), ["nelson_9"])


class TestTuned:
    def test_is_never_tighter_than_the_textbook(self) -> None:
        assert tuned(2, Fraction("0.05")) == TEXTBOOK

    def test_widens_with_the_number_of_points(self) -> None:
        found = tuned(100, Fraction("0.02"))
        assert found.limit == Fraction("3.719017")
        assert found.run == 13

    def test_a_wider_limit_silences_rule_one_only_inside_it(self) -> None:
        tuning = tuned(100, Fraction("0.02"))
        assert signals(points(3.5), ["nelson_1"], tuning=tuning) == ()
        assert signals(points(3.8), ["nelson_1"], tuning=tuning) == (Signal("nelson_1", 0),)
