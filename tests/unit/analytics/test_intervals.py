"""Bounds cover, are rounded outward, and agree with published values."""

from fractions import Fraction

import pytest
from scipy import stats

from analytics.errors import CountsError
from analytics.intervals import (
    capability_spread,
    chi_square_quantile,
    clopper_pearson,
    exact_lower,
    exact_upper,
    normal_quantile,
    wilson,
)

CONFIDENCE = Fraction("0.95")


class TestNormalQuantile:
    def test_is_rounded_up(self) -> None:
        assert normal_quantile(Fraction("0.975")) == Fraction("1.959964")
        assert normal_quantile(Fraction("0.95")) == Fraction("1.644854")

    def test_refuses_the_lower_half(self) -> None:
        with pytest.raises(CountsError, match=r"quantile wanted outside \(1/2, 1\)"):
            normal_quantile(Fraction(1, 2))


def test_chi_square_quantile_is_rounded_up() -> None:
    assert chi_square_quantile(4, Fraction("0.05")) == Fraction("9.487730")


class TestWilson:
    # R. G. Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        [(81, 263, "0.2553", "0.3662"), (15, 148, "0.0624", "0.1605"), (0, 20, "0", "0.1611"),
         (1, 29, "0.0061", "0.1718")],
    )  # fmt: skip
    def test_agrees_with_newcombe(self, successes: int, trials: int, low: str, high: str) -> None:
        found = wilson(successes, trials, confidence=CONFIDENCE)
        assert abs(found.low - Fraction(low)) < Fraction("0.00006")
        assert abs(found.high - Fraction(high)) < Fraction("0.00006")

    def test_stays_between_zero_and_one(self) -> None:
        assert wilson(0, 5, confidence=CONFIDENCE).low == 0
        assert wilson(5, 5, confidence=CONFIDENCE).high == 1

    @pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
    def test_refuses_counts_that_contradict(self, successes: int, trials: int) -> None:
        with pytest.raises(CountsError, match="successes outside"):
            wilson(successes, trials, confidence=CONFIDENCE)


class TestExactBounds:
    @pytest.mark.parametrize(
        ("units", "limit"),
        [(44, "0.0668"), (482, "0.0062"), (13_024, "0.00023"), (881_097, "0.0000034"),
         (44, "0.066807201269"), (481, "0.006209665326"), (12_877, "0.000232629079")],
    )  # fmt: skip
    def test_demonstrates_a_limit_with_that_many_faultless_units(
        self, units: int, limit: str
    ) -> None:
        assert exact_upper(0, units, confidence=CONFIDENCE) <= Fraction(limit)
        assert exact_upper(0, units - 1, confidence=CONFIDENCE) > Fraction(limit)

    @pytest.mark.parametrize(("successes", "trials"), [(0, 20), (3, 50), (49, 50), (120, 4000)])
    def test_is_the_value_at_which_the_tail_is_exhausted(self, successes: int, trials: int) -> None:
        upper = exact_upper(successes, trials, confidence=CONFIDENCE)
        assert stats.binom.cdf(successes, trials, float(upper)) == pytest.approx(0.05, abs=1e-9)

    def test_mirrors_upper_and_lower(self) -> None:
        lower = exact_lower(19, 20, confidence=CONFIDENCE)
        assert lower == 1 - exact_upper(1, 20, confidence=CONFIDENCE)
        assert exact_lower(0, 20, confidence=CONFIDENCE) == 0
        assert exact_upper(20, 20, confidence=CONFIDENCE) == 1

    def test_refuses_no_trials(self) -> None:
        with pytest.raises(CountsError, match="got 0 of 0"):
            exact_upper(0, 0, confidence=CONFIDENCE)


class TestClopperPearson:
    # R. G. Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5.
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        [(81, 263, "0.2527", "0.3676"), (15, 148, "0.0578", "0.1617"), (0, 20, "0", "0.1684"),
         (1, 29, "0.0009", "0.1776")],
    )  # fmt: skip
    def test_agrees_with_newcombe(self, successes: int, trials: int, low: str, high: str) -> None:
        found = clopper_pearson(successes, trials, confidence=CONFIDENCE)
        assert abs(found.low - Fraction(low)) < Fraction("0.00006")
        assert abs(found.high - Fraction(high)) < Fraction("0.00006")

    def test_agrees_with_scipy(self) -> None:
        theirs = stats.binomtest(7, 90).proportion_ci(0.95, "exact")
        found = clopper_pearson(7, 90, confidence=CONFIDENCE)
        assert (float(found.low), float(found.high)) == pytest.approx(theirs, abs=1e-11)

    def test_refuses_counts_that_contradict(self) -> None:
        with pytest.raises(CountsError, match="successes outside 0"):
            clopper_pearson(6, 5, confidence=CONFIDENCE)


class TestCapabilitySpread:
    @pytest.mark.parametrize(("readings", "needed"), [(30, "1.71"), (100, "1.52")])
    def test_bounding_133_needs_that_much_observed(self, readings: int, needed: str) -> None:
        def lower(index: Fraction) -> Fraction:
            degrees = Fraction(readings - 1)
            z = normal_quantile(CONFIDENCE)
            return index - capability_spread(index, readings, degrees=degrees, z=z)

        half = Fraction("0.005")
        assert lower(Fraction(needed) + half) >= Fraction("1.33") > lower(Fraction(needed) - half)

    def test_refuses_no_freedom(self) -> None:
        with pytest.raises(CountsError, match="too few readings for an interval: got 1"):
            capability_spread(Fraction(1), 1, degrees=Fraction(0), z=Fraction(2))
