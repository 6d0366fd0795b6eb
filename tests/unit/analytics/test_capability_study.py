"""Studies: indices of a stable process with intervals, and none of an unstable one."""

import random
from fractions import Fraction

import pytest

from analytics.capability import Specification
from analytics.capability_study import capability_study, percentile_performance
from analytics.errors import ParameterError, SpecificationError, TooFewError, VarianceError

LIMITS = Specification(Fraction(-40), Fraction(40))


def lots(count: int, size: int, *, sigma: float = 10, seed: int = 1) -> list[list[Fraction]]:
    generator = random.Random(seed)
    return [[Fraction(round(generator.gauss(0, sigma) * 10), 10) for _ in range(size)]
            for _ in range(count)]  # fmt: skip


class TestStudy:
    def test_a_stable_process_has_every_index(self) -> None:
        found = capability_study(lots(40, 5), LIMITS, target=Fraction(0))
        assert found.reason == ""
        for index in (found.cp, found.cpk, found.cpm, found.pp, found.ppk):
            assert index is not None
            assert index.low < index.value < index.high
        assert found.cp is not None
        assert found.cp.value == pytest.approx(4 / 3, rel=0.15)
        assert found.cp.value >= found.ppk.low
        assert found.normality is not None
        assert found.normality > 0.01

    def test_an_unstable_process_has_performance_only(self) -> None:
        shifted = lots(40, 5)
        shifted[20] = [value + 60 for value in shifted[20]]
        found = capability_study(shifted, LIMITS, target=Fraction(0))
        assert (found.reason, found.cp, found.cpk, found.cpm) == ("unstable", None, None, None)
        assert found.pp is not None
        assert found.nonconforming == 5

    def test_away_from_the_target_cpm_falls_and_cp_does_not(self) -> None:
        on, off = (capability_study(lots(40, 5), LIMITS, target=Fraction(t)) for t in (0, 15))
        assert on.cp == off.cp
        assert on.cpm is not None
        assert off.cpm is not None
        assert off.cpm.value < on.cpm.value

    def test_one_limit_has_neither_cp_nor_cpm(self) -> None:
        found = capability_study(lots(40, 5), Specification(None, Fraction(40)), target=Fraction(0))
        assert (found.cp, found.cpm, found.pp) == (None, None, None)
        assert found.cpk is not None

    def test_individuals_and_large_subgroups_have_charts_of_their_own(self) -> None:
        assert capability_study(lots(60, 1), LIMITS).chart.kind == "i_mr"
        assert capability_study(lots(10, 12), LIMITS).chart.kind == "xbar_s"

    def test_intervals_cover(self) -> None:
        # Of 200 processes with Cpk 4/3, about 95 in a hundred intervals hold it.
        held = sum(
            found.ppk.low <= 4 / 3 <= found.ppk.high
            for found in (capability_study(lots(10, 5, seed=seed), LIMITS) for seed in range(200))
        )
        assert 180 <= held <= 199

    def test_refuses_one_reading_no_variance_and_reversed_limits(self) -> None:
        with pytest.raises(TooFewError, match="expected 2, got 1"):
            capability_study([[Fraction(1)]], LIMITS)
        with pytest.raises(TooFewError, match="expected 2, got 0"):
            capability_study([], LIMITS)
        with pytest.raises(VarianceError, match="do not vary"):
            capability_study([[Fraction(1)] * 3] * 3, LIMITS)
        with pytest.raises(SpecificationError, match="reversed or equal"):
            capability_study(lots(4, 5), Specification(Fraction(1), Fraction(1)))
        with pytest.raises(ParameterError, match="confidence outside"):
            capability_study(lots(4, 5), LIMITS, confidence=Fraction(1))


class TestPercentiles:
    def test_of_a_normal_process_are_its_performance(self) -> None:
        values = [value for part in lots(40, 5) for value in part]
        found = percentile_performance(values, LIMITS, distribution="normal")
        study = capability_study([[value] for value in values], LIMITS)
        assert study.pp is not None
        assert found.pp == pytest.approx(study.pp.value, rel=1e-4)
        assert found.ppk == pytest.approx(study.ppk.value, rel=1e-4)

    @pytest.mark.parametrize("distribution", ["lognormal", "empirical"])
    def test_of_a_skewed_process_are_those_of_its_distribution(self, distribution) -> None:  # type: ignore[no-untyped-def]  # one of the names
        generator = random.Random(4)
        values = [Fraction(generator.lognormvariate(0, 0.5)) for _ in range(4000)]
        found = percentile_performance(
            values, Specification(None, Fraction(5)), distribution=distribution
        )
        # The true distribution has its percentile 99.865 at exp(1.5) and its median at 1.
        assert found.upper == pytest.approx(4.48, rel=0.12)
        assert found.ppk == pytest.approx(4 / 3.48, rel=0.15)
        assert found.pp is None

    @pytest.mark.parametrize("distribution", ["weibull", "gamma"])
    def test_other_families_fit_positive_readings(self, distribution) -> None:  # type: ignore[no-untyped-def]  # one of the names
        generator = random.Random(4)
        values = [Fraction(generator.weibullvariate(1, 2)) for _ in range(300)]
        limits = Specification(Fraction(0), Fraction(4))
        found = percentile_performance(values, limits, distribution=distribution)
        assert found.lower < found.median < found.upper
        with pytest.raises(ParameterError, match="of positive numbers only"):
            percentile_performance([*values, Fraction(-1)], limits, distribution=distribution)

    def test_too_few_readings_have_no_tail(self) -> None:
        with pytest.raises(TooFewError, match=r"too few readings to see a tail of 0.135 %"):
            percentile_performance(lots(40, 5)[0], LIMITS, distribution="empirical")

    def test_an_unknown_distribution_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="no such distribution"):
            percentile_performance(lots(1, 5)[0], LIMITS, distribution="cauchy")  # type: ignore[arg-type]  # on purpose
