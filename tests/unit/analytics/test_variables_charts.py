"""Charts of measurements: limits of phase I, points of phase II, and what is refused."""

from fractions import Fraction

import pytest

from analytics.chart_rules import Signal
from analytics.charts import Standard
from analytics.errors import ParameterError, TooFewError, VarianceError
from analytics.readings import exact_readings
from analytics.variables_charts import (
    individuals_chart,
    mean_deviation_chart,
    mean_range_chart,
)

# NIST/SEMATECH e-Handbook, section 6.3.2.2: flow rates.
FLOW = exact_readings([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
# D. C. Montgomery, Introduction to Statistical Quality Control, table 6.3: inside diameters of
# piston rings, 25 samples of 5, published limits 74.014 and 73.988, 0.049 and 0 (ranges).
RINGS = [
    [74.030, 74.002, 74.019, 73.992, 74.008], [73.995, 73.992, 74.001, 74.011, 74.004],
    [73.988, 74.024, 74.021, 74.005, 74.002], [74.002, 73.996, 73.993, 74.015, 74.009],
    [73.992, 74.007, 74.015, 73.989, 74.014], [74.009, 73.994, 73.997, 73.985, 73.993],
    [73.995, 74.006, 73.994, 74.000, 74.005], [73.985, 74.003, 73.993, 74.015, 73.988],
    [74.008, 73.995, 74.009, 74.005, 74.004], [73.998, 74.000, 73.990, 74.007, 73.995],
    [73.994, 73.998, 73.994, 73.995, 73.990], [74.004, 74.000, 74.007, 74.000, 73.996],
    [73.983, 74.002, 73.998, 73.997, 74.012], [74.006, 73.967, 73.994, 74.000, 73.984],
    [74.012, 74.014, 73.998, 73.999, 74.007], [74.000, 73.984, 74.005, 73.998, 73.996],
    [73.994, 74.012, 73.986, 74.005, 74.007], [74.006, 74.010, 74.018, 74.003, 74.000],
    [73.984, 74.002, 74.003, 74.005, 73.997], [74.000, 74.010, 74.013, 74.020, 74.003],
    [73.982, 74.001, 74.015, 74.005, 73.996], [74.004, 73.999, 73.990, 74.006, 74.009],
    [74.010, 73.989, 73.990, 74.009, 74.014], [74.015, 74.008, 73.993, 74.000, 74.010],
    [73.982, 73.984, 73.995, 74.017, 74.013],
]  # fmt: skip
LOTS = [exact_readings(row) for row in RINGS]


class TestIndividuals:
    def test_agree_with_the_handbook(self) -> None:
        chart = individuals_chart(FLOW)
        main, moving = chart.tracks
        assert float(main.upper[0]) == pytest.approx(55.8041, abs=2e-3)
        assert float(main.lower[0]) == pytest.approx(45.8159, abs=2e-3)
        assert float(moving.centre[0]) == pytest.approx(1.8778, abs=5e-5)
        assert (chart.kind, chart.phase_one, chart.is_stable) == ("i_mr", 10, True)

    def test_phase_two_is_held_to_the_limits_of_phase_one(self) -> None:
        later = (*FLOW, Fraction(60), Fraction(50))
        chart = individuals_chart(later, rules=["nelson_1"], phase_one=10)
        assert chart.tracks[0].upper[11] == individuals_chart(FLOW).tracks[0].upper[0]
        assert chart.signals == (Signal("nelson_1", 10),)
        assert len(chart.tracks[1].values) == 11

    def test_a_known_standard_needs_no_phase_one(self) -> None:
        known = Standard(Fraction(50), Fraction(1))
        chart = individuals_chart([Fraction(54)], rules=["nelson_1"], standard=known)
        assert (chart.phase_one, chart.signals) == (0, (Signal("nelson_1", 0),))
        assert len(chart.tracks) == 1

    def test_refuse_one_reading_no_variance_and_a_phase_beyond_the_end(self) -> None:
        with pytest.raises(TooFewError, match="expected 2, got 1"):
            individuals_chart(FLOW[:1])
        with pytest.raises(VarianceError, match="do not vary: all 3 are 5"):
            individuals_chart([Fraction(5)] * 3)
        with pytest.raises(ParameterError, match="phase I is longer than the chart: got 11 of 10"):
            individuals_chart(FLOW, phase_one=11)
        with pytest.raises(TooFewError, match="no readings to draw"):
            individuals_chart([], standard=Standard(Fraction(0), Fraction(1)))

    def test_refuse_a_sigma_that_is_not_positive(self) -> None:
        with pytest.raises(ParameterError, match="sigma is not positive: got 0"):
            Standard(Fraction(0), Fraction(0))


class TestMeansAndRanges:
    def test_agree_with_montgomery(self) -> None:
        mean, spread = mean_range_chart(LOTS).tracks
        assert float(mean.centre[0]) == pytest.approx(74.001, abs=5e-4)
        assert float(mean.upper[0]) == pytest.approx(74.014, abs=6e-4)
        assert float(mean.lower[0]) == pytest.approx(73.988, abs=6e-4)
        assert float(spread.upper[0]) == pytest.approx(0.049, abs=6e-4)
        assert (spread.lower[0], mean.signals, spread.signals) == (0, (), ())

    def test_a_wide_and_a_shifted_subgroup_are_signals(self) -> None:
        wide = [*LOTS, exact_readings([73.9, 74.1, 74.0, 74.0, 74.0])]
        chart = mean_range_chart(wide, rules=["nelson_1"], phase_one=25)
        assert chart.signals == (Signal("beyond_range", 25),)
        shifted = [*LOTS, tuple(value + Fraction(1, 10) for value in LOTS[0])]
        chart = mean_range_chart(shifted, rules=["nelson_1"], phase_one=25)
        assert chart.signals == (Signal("nelson_1", 25),)

    def test_refuse_subgroups_of_one_or_of_many(self) -> None:
        with pytest.raises(TooFewError, match="subgroup 2 is too small"):
            mean_range_chart([LOTS[0], FLOW[:1]])
        with pytest.raises(ParameterError, match="subgroup 1 is too large for ranges"):
            mean_range_chart([FLOW * 3, LOTS[0]])

    def test_refuse_subgroups_without_any_spread(self) -> None:
        with pytest.raises(VarianceError, match="within any of 2 subgroups"):
            mean_range_chart([[Fraction(1)] * 3, [Fraction(2)] * 3])


class TestMeansAndDeviations:
    def test_agree_with_montgomery(self) -> None:
        # Example 6.3 of the same book: 74.014, 73.988; deviations 0.0094, limits 0 and 0.0196.
        mean, spread = mean_deviation_chart(LOTS).tracks
        assert float(mean.upper[0]) == pytest.approx(74.014, abs=6e-4)
        assert float(mean.lower[0]) == pytest.approx(73.988, abs=6e-4)
        assert float(spread.centre[0]) == pytest.approx(0.0094, abs=5e-5)
        assert float(spread.upper[0]) == pytest.approx(0.0196, abs=6e-5)

    def test_limits_follow_the_size_of_each_subgroup(self) -> None:
        chart = mean_deviation_chart([*LOTS, LOTS[0][:3]])
        widths = [high - low for high, low in zip(chart.tracks[0].upper, chart.tracks[0].lower,
                                                  strict=True)]  # fmt: skip
        assert widths[-1] > widths[0]

    def test_refuse_subgroups_without_any_spread(self) -> None:
        with pytest.raises(VarianceError, match="within any of 2 subgroups"):
            mean_deviation_chart([[Fraction(1)] * 3, [Fraction(2)] * 3])
