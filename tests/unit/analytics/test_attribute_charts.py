"""Charts of counts against worked examples, and what is refused."""

from fractions import Fraction

import pytest

from analytics.attribute_charts import c_chart, np_chart, p_chart, u_chart
from analytics.chart_rules import Signal
from analytics.errors import CountsError, ParameterError, TooFewError, VarianceError

# NIST/SEMATECH e-Handbook, section 6.3.3.1: particles on 25 wafers.
WAFERS = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19,
          16, 31, 13]  # fmt: skip
# The same, section 6.3.3.2: chips that fail in samples of 50.
CHIPS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15,
         9, 12, 7, 13, 9, 6]  # fmt: skip


class TestC:
    def test_agrees_with_the_handbook(self) -> None:
        chart = c_chart(WAFERS, rules=["nelson_1"])
        track = chart.tracks[0]
        assert chart.mean == 16
        assert (track.upper[0], track.lower[0]) == (28, 4)
        assert chart.signals == (Signal("nelson_1", 23),)

    def test_a_known_mean_needs_no_phase_one(self) -> None:
        assert c_chart([40], mean=Fraction(16)).signals == (Signal("nelson_1", 0),)

    def test_refuses_nothing_found_and_nothing_at_all(self) -> None:
        with pytest.raises(VarianceError, match="no limits from phase I: 0 of 2 units"):
            c_chart([0, 0])
        with pytest.raises(TooFewError, match="no samples to draw"):
            c_chart([])
        with pytest.raises(CountsError, match="counts of sample 2 contradict"):
            c_chart([3, -1])


class TestP:
    def test_agrees_with_the_handbook(self) -> None:
        chart = p_chart(CHIPS, [50] * 30, rules=["nelson_1"])
        track = chart.tracks[0]
        assert float(chart.mean) == pytest.approx(0.2313, abs=5e-5)
        assert float(track.upper[0]) == pytest.approx(0.4102, abs=5e-5)
        assert float(track.lower[0]) == pytest.approx(0.0524, abs=5e-5)
        assert chart.signals == (Signal("nelson_1", 14), Signal("nelson_1", 22))

    def test_limits_widen_for_small_samples_and_stop_at_zero(self) -> None:
        track = p_chart([1, 2, 1], [100, 10, 100]).tracks[0]
        assert track.upper[1] > track.upper[0]
        assert track.lower[1] == 0

    def test_refuses_more_failures_than_units(self) -> None:
        with pytest.raises(CountsError, match="sample 1 contradict each other: got 6 of 5"):
            p_chart([6, 0], [5, 5])
        with pytest.raises(CountsError, match="differ in number: got 1 and 2"):
            p_chart([1], [5, 5])

    @pytest.mark.parametrize("counts", [[0, 0], [5, 5]])
    def test_refuses_limits_without_room_for_chance(self, counts: list[int]) -> None:
        with pytest.raises(VarianceError, match="leave no room for chance"):
            p_chart(counts, [5, 5])

    @pytest.mark.parametrize("mean", [0, 1])
    def test_refuses_a_known_share_without_room_for_chance(self, mean: int) -> None:
        with pytest.raises(ParameterError, match="leaves no room for chance"):
            p_chart([1], [5], mean=Fraction(mean))


def test_np_says_what_p_says_in_units() -> None:
    shares, numbers = p_chart(CHIPS, [50] * 30), np_chart(CHIPS, [50] * 30)
    assert numbers.tracks[0].centre[0] == 50 * shares.tracks[0].centre[0]
    assert numbers.signals == shares.signals


class TestU:
    def test_is_a_c_chart_where_all_samples_are_one_unit(self) -> None:
        assert u_chart(WAFERS, [1] * 25).tracks[0].upper == c_chart(WAFERS).tracks[0].upper

    def test_limits_follow_the_size_of_the_sample(self) -> None:
        track = u_chart([8, 2], [4, 1]).tracks[0]
        assert track.centre == (2, 2)
        assert track.upper[0] < track.upper[1]

    def test_refuses_a_sample_of_nothing(self) -> None:
        with pytest.raises(CountsError, match="got 0 of 0"):
            u_chart([0, 1], [0, 1])
