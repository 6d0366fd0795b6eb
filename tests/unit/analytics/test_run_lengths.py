"""Run lengths against the tables of those who published them first."""

import numpy as np
import pytest

from analytics.chart_rules import NELSON, WESTERN_ELECTRIC
from analytics.errors import ParameterError
from analytics.run_lengths import (
    cusum_run_length,
    ewma_run_length,
    false_alarms_per_point,
    rules_run_length,
)

ONE, TWO, THREE, FOUR = WESTERN_ELECTRIC


class TestRules:
    # C. W. Champ and W. H. Woodall (1987), Technometrics 29, 393-399, table 1.
    @pytest.mark.parametrize(
        ("rules", "points"),
        [((ONE,), 370.40), ((ONE, TWO), 225.44), ((ONE, THREE), 166.05), ((ONE, FOUR), 152.73),
         ((ONE, TWO, THREE), 132.89), (WESTERN_ELECTRIC, 91.75)],
    )  # fmt: skip
    def test_agree_with_champ_and_woodall(self, rules: tuple[str, ...], points: float) -> None:
        found = rules_run_length(rules)
        assert found.points == pytest.approx(points, abs=0.006)
        assert (found.method, found.standard_error) == ("chain", 0)

    def test_a_shift_of_one_sigma_is_found_after_44_points_by_the_first_rule(self) -> None:
        assert rules_run_length((ONE,), 1.0).points == pytest.approx(43.89, abs=0.006)

    def test_more_rules_sound_sooner(self) -> None:
        found = rules_run_length(NELSON)
        assert found.method == "simulation"
        assert found.points + 4 * found.standard_error < rules_run_length(NELSON[:2]).points

    def test_a_simulation_agrees_with_the_chain_within_its_error(self) -> None:
        # Beside the others, rule 7 hardly ever sounds first, but takes away the chain.
        simulated = rules_run_length((*WESTERN_ELECTRIC, "nelson_7"))
        exact = rules_run_length(WESTERN_ELECTRIC)
        assert simulated.method == "simulation"
        assert exact.points - 5 * simulated.standard_error < simulated.points
        assert simulated.points < exact.points + 3 * simulated.standard_error

    @pytest.mark.parametrize("rules", [(), ("nelson_9",)])
    def test_refuse_rules_that_nobody_knows(self, rules: tuple[str, ...]) -> None:
        with pytest.raises(ParameterError, match="no run length of these rules"):
            rules_run_length(rules)

    def test_false_alarms_per_point_follow_the_tail_of_the_normal(self) -> None:
        assert false_alarms_per_point((ONE,)) == pytest.approx(0.0027, abs=0.0003)


class TestCusum:
    # D. C. Montgomery, Introduction to Statistical Quality Control, table 9.3 (k = 1/2).
    @pytest.mark.parametrize(
        ("interval", "shift", "points"),
        [(4, 0, 168), (5, 0, 465), (4, 0.5, 26.6), (5, 0.5, 38.0), (4, 1, 8.38), (5, 1, 10.4),
         (5, 2, 4.01)],
    )  # fmt: skip
    def test_agrees_with_montgomery(self, interval: float, shift: float, points: float) -> None:
        assert cusum_run_length(0.5, interval, shift).points == pytest.approx(points, rel=5e-3)


class TestEwma:
    # J. M. Lucas and M. S. Saccucci (1990), Technometrics 32, 1-12: schemes of 500 points.
    @pytest.mark.parametrize(
        ("weight", "width", "shift", "points"),
        [(0.4, 3.054, 0, 500), (0.25, 2.998, 0, 500), (0.2, 2.962, 0, 500), (0.1, 2.814, 0, 500),
         (0.4, 3.054, 0.5, 71.2), (0.25, 2.998, 1, 11.1), (0.1, 2.814, 0.5, 31.3)],
    )  # fmt: skip
    def test_agrees_with_lucas_and_saccucci(
        self, weight: float, width: float, shift: float, points: float
    ) -> None:
        assert ewma_run_length(weight, width, shift).points == pytest.approx(points, rel=5e-3)

    def test_with_all_weight_on_the_newest_it_is_a_shewhart_chart(self) -> None:
        assert ewma_run_length(1.0, 3.0).points == pytest.approx(370.40, abs=0.01)
        assert np.isfinite(ewma_run_length(0.5, 3.0).points)
