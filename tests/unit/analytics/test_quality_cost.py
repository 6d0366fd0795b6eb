"""Cost of poor quality by year, and its trend."""

from fractions import Fraction

import pytest

from analytics.errors import TooFewError
from analytics.loss_rates import AnnualLoss, AnnualOutput
from analytics.quality_cost import YearCost, cost_by_year, cost_trend


def years(*totals: int | None) -> list[YearCost]:
    return [YearCost(2020 + at, None, None, None if t is None else Fraction(t, 100))
            for at, t in enumerate(totals)]  # fmt: skip


def test_a_year_adds_both_sides_over_its_output() -> None:
    losses = [AnnualLoss(2024, "internal", "scrap", 300, "CNY"),
              AnnualLoss(2024, "external", "claim", 100, "CNY"),
              AnnualLoss(2025, "internal", "rework", 100, "CNY")]  # fmt: skip
    outputs = [AnnualOutput(2025, 10_000, "CNY"), AnnualOutput(2024, 10_000, "CNY")]
    found = cost_by_year(losses, outputs)
    assert [year.year for year in found] == [2024, 2025]
    assert found[0].total == Fraction(4, 100)
    assert (found[1].internal, found[1].total) == (Fraction(1, 100), None)


def test_a_steady_fall_is_a_trend() -> None:
    found = cost_trend(years(9, 8, 7, None, 5, 4, 3))
    assert found.slope == Fraction(-1, 100)
    assert found.p < 0.01


def test_noise_is_none() -> None:
    assert cost_trend(years(5, 3, 6, 4, 5)).p > 0.5
    assert cost_trend(years(5, 5, 5)).p == 1


def test_two_years_are_no_trend() -> None:
    with pytest.raises(TooFewError, match="too few years for a trend: expected 3, got 2"):
        cost_trend(years(9, None, 3))
