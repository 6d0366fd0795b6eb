"""Charts against worked examples, and the choice of the chart that fits."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import special

from analytics.chart_rules import Signal
from analytics.control_charts import CONSTANTS, control_chart, within_subgroups
from analytics.errors import CountsError
from analytics.integer_statistics import IntegerStatistics, observe, run_python


def subgroups(*lots: list[int]) -> list[IntegerStatistics]:
    found = []
    ordinal = 0
    for lot in lots:
        rows = observe(
            0, lot, ordinal=ordinal, inspected=len(lot), passed=len(lot), nonconformities=0,
            opportunities_per_unit=1,
        )  # fmt: skip
        found.append(run_python(rows)[0])
        ordinal += len(lot)
    return found


def individuals(*values: int) -> list[IntegerStatistics]:
    return subgroups(*([value] for value in values))


# NIST/SEMATECH e-Handbook, section 6.3.2.2: flow rates, in tenths.
FLOW = [496, 476, 499, 513, 478, 512, 526, 524, 536, 521]


class TestIndividuals:
    def test_agrees_with_the_handbook(self) -> None:
        chart = control_chart(individuals(*FLOW))
        assert chart.kind == "i_mr"
        assert chart.mean / 10 == Fraction("50.81")
        assert float(chart.dispersion_limits[0].centre / 10) == pytest.approx(1.8778, abs=5e-5)
        assert float(chart.location_limits[0].upper / 10) == pytest.approx(55.8041, abs=5e-4)
        assert float(chart.location_limits[0].lower / 10) == pytest.approx(45.8159, abs=5e-4)
        assert chart.signals == ()

    def test_one_wild_reading_is_a_signal(self) -> None:
        chart = control_chart(individuals(*FLOW, 620), rules=["nelson_1"])
        assert chart.signals == (Signal("nelson_1", 10),)

    def test_follows_the_order_of_production(self) -> None:
        given = individuals(*FLOW)
        assert control_chart(given[::-1]) == control_chart(given)


class TestMeansAndRanges:
    def test_takes_equal_subgroups_of_two_to_ten(self) -> None:
        lots = [[9, 10, 11, 12, 13], [10, 12, 10, 12, 11], [11, 9, 13, 11, 10]]
        chart = control_chart(subgroups(*lots))
        mean_range = Fraction(4 + 2 + 4, 3)
        assert chart.kind == "xbar_r"
        assert chart.dispersion == (4, 2, 4)
        assert chart.variance == (mean_range / Fraction("2.326")) ** 2
        assert chart.dispersion_limits[0].upper == mean_range * Fraction("2.114")
        width = chart.location_limits[0].upper - chart.mean
        assert float(width) == pytest.approx(float(Fraction("0.577") * mean_range), abs=1e-9)

    def test_a_wide_subgroup_is_a_signal(self) -> None:
        calm = [[-1, 0, 1, 0, 1], [0, 1, -1, 1, 0]] * 6
        assert control_chart(subgroups(*calm)).signals == ()
        wild = control_chart(subgroups(*calm, [-9, 9, 0, 0, 0]), rules=["nelson_1"])
        assert wild.signals == (Signal("beyond_range", 12),)

    def test_a_shifted_subgroup_is_a_signal(self) -> None:
        calm = [[-1, 0, 1, 0, 1], [0, 1, -1, 1, 0]] * 6
        chart = control_chart(subgroups(*calm, [9, 10, 11, 10, 11]), rules=["nelson_1"])
        assert chart.signals == (Signal("nelson_1", 12),)


class TestMeansAndVariances:
    def test_takes_subgroups_of_different_sizes(self) -> None:
        chart = control_chart(subgroups([1, 3], [2, 4, 6], [5]))
        assert chart.kind == "xbar_s"
        assert chart.variance == Fraction(2 + 8, 3)
        assert chart.degrees == 3
        assert chart.mean == Fraction(21, 6)
        widths = [limit.upper - limit.centre for limit in chart.location_limits]
        assert widths[2] > widths[0] > widths[1]

    def test_a_wide_subgroup_is_a_signal(self) -> None:
        calm = [[-1, 0, 1, 0, 1, 0], [0, 1, -1, 1, 0]] * 6
        assert control_chart(subgroups(*calm), false_alarm=Fraction("0.02")).signals == ()
        chart = control_chart(
            subgroups(*calm, [-6, 6, 0, 0]), rules=["nelson_1"], false_alarm=Fraction("0.02")
        )
        assert chart.signals == (Signal("beyond_range", 12),)


class TestWithinSubgroups:
    def test_needs_only_sums_and_extremes(self) -> None:
        chart = within_subgroups(subgroups([1, 3, 2], [4, 2]))
        assert chart.kind == "i_mr_within"
        assert chart.variance == (Fraction(2 + 1 + 2, 3) / Fraction("1.128")) ** 2
        assert (chart.location, chart.mean) == ((1, 4), Fraction(12, 5))
        assert chart.signals == ()

    def test_an_extreme_beyond_the_limits_is_a_signal(self) -> None:
        chart = within_subgroups(subgroups([1, 3, 2, 1, 2, 3], [4, 2, 3, 2, 3, 40]))
        assert chart.signals == (Signal("nelson_1", 1),)

    def test_a_lot_far_from_the_others_is_a_signal(self) -> None:
        assert within_subgroups(subgroups([1, 3, 2], [101, 103, 102])).signals

    def test_refuses_single_readings(self) -> None:
        with pytest.raises(CountsError, match="too few readings for a chart: got 2"):
            within_subgroups(individuals(1, 2))


def test_refuses_a_single_subgroup() -> None:
    with pytest.raises(CountsError, match="too few subgroups for a chart: expected 2, got 1"):
        control_chart(subgroups([1, 2, 3]))


def _mean_and_deviation_of_range(size: int) -> tuple[float, float]:
    """Integrate the distribution of the range of a unit normal sample on a fine grid."""
    x = np.linspace(-8, 8, 1601)
    width = np.linspace(0, 12, 1201)
    within = special.ndtr(x + width[:, None]) - special.ndtr(x)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    survival = 1 - size * np.trapezoid(density * within ** (size - 1), x)
    mean = np.trapezoid(survival, width)
    square = np.trapezoid(2 * width * survival, width)
    return float(mean), float(np.sqrt(square - mean**2))


@pytest.mark.parametrize("size", range(2, 11))
def test_constants_are_those_of_the_normal_range(size: int) -> None:
    mean, deviation = _mean_and_deviation_of_range(size)
    found = CONSTANTS[size]
    assert float(found.range_mean) == pytest.approx(mean, abs=6e-4)
    assert float(found.mean_limit) == pytest.approx(3 / (mean * size**0.5), abs=6e-4)
    assert float(found.range_upper) == pytest.approx(1 + 3 * deviation / mean, abs=1e-3)
    assert float(found.range_lower) == pytest.approx(max(0, 1 - 3 * deviation / mean), abs=1e-3)
