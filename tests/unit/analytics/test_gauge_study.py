"""Gauge studies against the worked example of the manual."""

from fractions import Fraction

import pytest

from analytics.errors import DesignError, ParameterError, VarianceError
from analytics.gauge_study import anova_study, average_range_study
from analytics.readings import exact_readings

# AIAG, Measurement Systems Analysis, 4th edition, figure III-B 15: ten parts, three trials.
STUDY = {
    "A": [[0.29, 0.41, 0.64], [-0.56, -0.68, -0.58], [1.34, 1.17, 1.27], [0.47, 0.50, 0.64],
          [-0.80, -0.92, -0.84], [0.02, -0.11, -0.21], [0.59, 0.75, 0.66], [-0.31, -0.20, -0.17],
          [2.26, 1.99, 2.01], [-1.36, -1.25, -1.31]],
    "B": [[0.08, 0.25, 0.07], [-0.47, -1.22, -0.68], [1.19, 0.94, 1.34], [0.01, 1.03, 0.20],
          [-0.56, -1.20, -1.28], [-0.20, 0.22, 0.06], [0.47, 0.55, 0.83], [-0.63, 0.08, -0.34],
          [1.80, 2.12, 2.19], [-1.68, -1.62, -1.50]],
    "C": [[0.04, -0.11, -0.15], [-1.38, -1.13, -0.96], [0.88, 1.09, 0.67], [0.14, 0.20, 0.11],
          [-1.46, -1.07, -1.45], [-0.29, -0.67, -0.49], [0.02, 0.01, 0.21], [-0.46, -0.56, -0.49],
          [1.77, 1.45, 1.87], [-1.49, -1.77, -2.16]],
}  # fmt: skip
READINGS = [[exact_readings(cell) for cell in parts] for parts in STUDY.values()]


class TestAverageRange:
    def test_agrees_with_the_manual(self) -> None:
        found = average_range_study(READINGS)
        assert (
            found.repeatability, found.reproducibility, found.gauge, found.parts, found.total,
        ) == pytest.approx((0.20188, 0.22963, 0.30575, 1.10456, 1.14610), abs=2e-4)  # fmt: skip
        assert found.categories == 5
        assert found.share_of_total() == pytest.approx(0.2668, abs=1e-4)


class TestAnova:
    def test_agrees_with_the_manual(self) -> None:
        found = anova_study(READINGS)
        assert (
            found.repeatability, found.reproducibility, found.gauge, found.parts, found.total,
        ) == pytest.approx(
            (0.199933, 0.226838, 0.302373, 1.042327, 1.085), abs=5e-4
        )  # fmt: skip
        assert found.pooled
        assert found.categories == 4

    def test_its_table_adds_up(self) -> None:
        operator, part, interaction, error = anova_study(READINGS).table
        assert (operator.degrees, part.degrees, interaction.degrees, error.degrees) == (
            2,
            9,
            18,
            60,
        )
        assert operator.squares == pytest.approx(3.1673, abs=1e-4)
        assert part.squares == pytest.approx(88.3619, abs=1e-4)
        assert interaction.squares == pytest.approx(0.3590, abs=1e-4)
        assert error.squares == pytest.approx(2.7589, abs=1e-4)
        assert interaction.f == pytest.approx(0.434, abs=1e-3)

    def test_an_interaction_that_matters_is_kept(self) -> None:
        bent = [[tuple(v + (at % 3) * (who - 1) for v in cell) for at, cell in enumerate(parts)]
                for who, parts in enumerate(READINGS)]  # fmt: skip
        found = anova_study(bent)
        assert not found.pooled
        assert found.reproducibility > anova_study(READINGS).reproducibility


@pytest.mark.parametrize("study", [average_range_study, anova_study])
class TestBadStudies:
    def test_one_missing_trial_is_refused(self, study) -> None:  # type: ignore[no-untyped-def]  # one of the two
        broken = [READINGS[0], [*READINGS[1][:-1], READINGS[1][-1][:2]]]
        with pytest.raises(DesignError, match="study is not balanced"):
            study(broken)

    def test_one_operator_is_refused(self, study) -> None:  # type: ignore[no-untyped-def]  # one of the two
        with pytest.raises(DesignError, match="got 1, 10 and 3"):
            study(READINGS[:1])
        with pytest.raises(DesignError, match="study is not balanced"):
            study([])

    def test_a_gauge_that_never_differs_is_refused(self, study) -> None:  # type: ignore[no-untyped-def]  # one of the two
        with pytest.raises(VarianceError, match="too coarse to judge"):
            study([[[Fraction(part)] * 2 for part in range(3)]] * 2)


def test_six_sigmas_are_compared_with_the_tolerance() -> None:
    found = anova_study(READINGS)
    assert found.share_of_tolerance(Fraction(6)) == pytest.approx(found.gauge)
    with pytest.raises(ParameterError, match="tolerance is not positive"):
        found.share_of_tolerance(Fraction(0))
