"""Loss rates are of the latest year with an output; what cannot be added is not guessed."""

from fractions import Fraction

import pytest

from analytics.errors import CountsError
from analytics.loss_rates import AnnualLoss, AnnualOutput, loss_rates

OUTPUT = AnnualOutput(2025, 100_000, "CNY")
SCRAP = AnnualLoss(2025, "internal", "scrap", 500, "CNY")
CLAIM = AnnualLoss(2025, "external", "claim", 300, "CNY")


def test_divides_each_side_by_the_output() -> None:
    rework = AnnualLoss(2025, "internal", "rework", 250, "CNY")
    found = loss_rates([SCRAP, CLAIM, rework], [OUTPUT])
    assert (found.internal, found.external) == (Fraction("0.0075"), Fraction("0.003"))
    assert (found.year, found.unused) == (2025, ())


def test_no_declaration_is_missing_and_not_zero() -> None:
    found = loss_rates([SCRAP], [OUTPUT])
    assert found.external is None


def test_a_declared_zero_is_zero() -> None:
    zero = AnnualLoss(2025, "external", "claim", 0, "CNY")
    assert loss_rates([SCRAP, zero], [OUTPUT]).external == 0


def test_without_output_no_rate_exists() -> None:
    found = loss_rates([SCRAP, CLAIM], [])
    assert (found.internal, found.external, found.year) == (None, None, None)
    assert found.unused == (("loss_without_output", 2),)


def test_earlier_years_and_years_without_output_do_not_count() -> None:
    old = AnnualLoss(2024, "internal", "scrap", 9_999, "CNY")
    early = AnnualLoss(2026, "internal", "scrap", 1, "CNY")
    found = loss_rates([old, SCRAP, early], [AnnualOutput(2024, 1, "CNY"), OUTPUT])
    assert found.internal == Fraction("0.005")
    assert found.unused == (("loss_without_output", 1), ("earlier_year", 1))


def test_another_currency_leaves_the_side_unknown() -> None:
    foreign = AnnualLoss(2025, "internal", "rework", 1, "EUR")
    found = loss_rates([SCRAP, foreign, CLAIM], [OUTPUT])
    assert (found.internal, found.external) == (None, Fraction("0.003"))
    assert found.unused == (("currency_differs", 1),)


def test_the_last_output_of_a_year_stands() -> None:
    found = loss_rates([SCRAP], [OUTPUT, AnnualOutput(2025, 50_000, "CNY")])
    assert found.internal == Fraction("0.01")
    assert found.unused == (("output_restated", 1),)


def test_refuses_a_negative_loss_and_an_output_of_nothing() -> None:
    with pytest.raises(CountsError, match="loss is negative: got -1 cents"):
        AnnualLoss(2025, "internal", "scrap", -1, "CNY")
    with pytest.raises(CountsError, match="output is not positive: got 0 cents"):
        AnnualOutput(2025, 0, "CNY")
