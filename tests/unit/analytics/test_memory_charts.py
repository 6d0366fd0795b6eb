"""EWMA and CUSUM against worked examples, and what is refused."""

from fractions import Fraction

import pytest

from analytics.charts import Standard
from analytics.errors import ParameterError, TooFewError, VarianceError
from analytics.memory_charts import cusum_chart, ewma_chart
from analytics.readings import exact_readings

# NIST/SEMATECH e-Handbook, section 6.3.2.3: means of samples around a target of 325.
SAMPLES = exact_readings(
    [324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
     324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350]
)  # fmt: skip
UNIT = Standard(Fraction(0), Fraction(1))


class TestCusum:
    def test_agrees_with_the_handbook(self) -> None:
        chart = cusum_chart(
            SAMPLES, reference=Fraction("0.3175"), interval=Fraction("4.1959"),
            standard=Standard(Fraction(325), Fraction(1)),
        )  # fmt: skip
        high, low = chart.tracks
        found = [float(value) for value in high.values[12:16]]
        assert found == pytest.approx([3.0075, 4.94, 7.4475, 10.63], abs=1e-9)
        assert [signal.at for signal in high.signals] == list(range(13, 20))
        assert low.signals == ()

    def test_a_head_start_sounds_sooner(self) -> None:
        values = [Fraction(1)] * 9
        plain = cusum_chart(values, standard=UNIT, interval=Fraction(4))
        early = cusum_chart(values, standard=UNIT, interval=Fraction(4), head_start=Fraction(2))
        assert [chart.signals[0].at for chart in (plain, early)] == [8, 4]

    def test_phase_one_gives_mean_and_sigma(self) -> None:
        chart = cusum_chart(SAMPLES, phase_one=12)
        assert chart.phase_one == 12
        assert {signal.rule for signal in chart.signals} == {"cusum_high"}

    @pytest.mark.parametrize(("k", "h", "start"), [(-1, 5, 0), (0, 0, 0), (1, 5, 5), (1, 5, -1)])
    def test_refuses_parameters_out_of_range(self, k: int, h: int, start: int) -> None:
        with pytest.raises(ParameterError, match="expected k of 0 or more"):
            cusum_chart(SAMPLES, reference=Fraction(k), interval=Fraction(h),
                        head_start=Fraction(start))  # fmt: skip

    def test_refuses_no_readings(self) -> None:
        with pytest.raises(TooFewError, match="no readings to draw"):
            cusum_chart([], standard=UNIT)


class TestEwma:
    def test_limits_widen_to_the_steady_ones(self) -> None:
        values = [Fraction(0)] * 60
        growing = ewma_chart(values, standard=UNIT).tracks[0]
        steady = ewma_chart(values, standard=UNIT, steady=True).tracks[0]
        assert growing.upper[0] == pytest.approx(0.6, abs=1e-9)
        assert growing.upper[59] == pytest.approx(steady.upper[0], abs=1e-9)
        assert steady.upper[0] == pytest.approx(1, abs=1e-9)

    def test_a_small_lasting_shift_is_a_signal(self) -> None:
        calm = [Fraction(1, 2), Fraction(-1, 2)] * 10
        chart = ewma_chart([*calm, *[Fraction(3, 2)] * 10], standard=UNIT)
        assert chart.signals[0].at > 20
        assert ewma_chart(calm, standard=UNIT).is_stable

    @pytest.mark.parametrize("weight", [0, 2])
    def test_refuses_a_weight_out_of_range(self, weight: int) -> None:
        with pytest.raises(ParameterError, match="weight outside"):
            ewma_chart(SAMPLES, weight=Fraction(weight))

    def test_refuses_a_width_that_is_not_positive_and_no_variance(self) -> None:
        with pytest.raises(ParameterError, match="width of the limits is not positive"):
            ewma_chart(SAMPLES, width=Fraction(0))
        with pytest.raises(VarianceError, match="do not vary"):
            ewma_chart([Fraction(1)] * 4)
