"""Yields are fractions of first submissions; DPMO and sigma follow ISO 13053-1."""

from fractions import Fraction

import pytest

from analytics.errors import CountsError, MetricRangeError
from analytics.yields import (
    Gate,
    defects_per_million,
    defects_per_unit,
    rolled_throughput_yield,
    sigma_level,
)


def gate(inspected: int, passed: int) -> Gate:
    return Gate("in_process", "drawing", None, inspected, passed)


class TestRolledThroughputYield:
    def test_is_the_product_of_the_stages(self) -> None:
        stages = [gate(100, 99), gate(50, 49), gate(7, 7)]
        assert rolled_throughput_yield(stages) == Fraction("0.9702")

    def test_is_missing_without_any_stage(self) -> None:
        assert rolled_throughput_yield([]) is None

    @pytest.mark.parametrize(("inspected", "passed"), [(0, 0), (5, 6), (5, -1)])
    def test_refuses_units_that_contradict(self, inspected: int, passed: int) -> None:
        with pytest.raises(CountsError, match="units of stage 'drawing' contradict each other"):
            gate(inspected, passed)


class TestDefects:
    def test_counts_opportunities_not_units(self) -> None:
        assert defects_per_million(34, 10_000_000) == Fraction("3.4")
        assert defects_per_unit(3, 12) == Fraction(1, 4)

    def test_refuses_more_defects_than_opportunities(self) -> None:
        with pytest.raises(CountsError, match="got 11 of 10"):
            defects_per_million(11, 10)

    def test_refuses_no_opportunity(self) -> None:
        with pytest.raises(CountsError, match="got 0 of 0"):
            defects_per_million(0, 0)

    def test_refuses_no_unit(self) -> None:
        with pytest.raises(CountsError, match="got 1 defects in 0 units"):
            defects_per_unit(1, 0)


class TestSigmaLevel:
    @pytest.mark.parametrize(
        ("dpmo", "level"),
        [("66807.201269", "2.9999"), ("66807.2012", "3"), ("6210", "3.9999"), ("3.397673", "6"),
         ("500000", "1.5"), ("933192.8", "-0.0001")],
    )  # fmt: skip
    def test_is_one_sided_with_the_shift_and_rounded_down(self, dpmo: str, level: str) -> None:
        assert sigma_level(Fraction(dpmo)) == Fraction(level)

    def test_has_no_number_without_any_defect(self) -> None:
        assert sigma_level(Fraction(0)) is None

    def test_refuses_more_than_a_million(self) -> None:
        with pytest.raises(MetricRangeError, match="dpmo out of range"):
            sigma_level(Fraction(1_000_001))
