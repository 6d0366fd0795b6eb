"""Capability is established only in control; its limits are exact."""

import random
from fractions import Fraction

import pytest

from analytics.capability import (
    Specification,
    StabilityPolicy,
    capability,
    indices,
    specification,
)
from analytics.errors import SpecificationError
from tests.unit.analytics.test_control_charts import individuals, subgroups

POLICY = StabilityPolicy(20, 30, ("nelson_1", "nelson_2"), Fraction("0.02"))
LIMITS = Specification(Fraction(-40), Fraction(40))


def normal_lots(count: int, size: int, *, seed: int = 1, sigma: float = 8) -> list[list[int]]:
    generator = random.Random(seed)
    return [[round(generator.gauss(0, sigma)) for _ in range(size)] for _ in range(count)]


class TestSpecification:
    def test_turns_limits_into_quanta_exactly(self) -> None:
        found = specification(
            Fraction("8.00"), Fraction("0.02"), lower=Fraction("7.95"), upper=Fraction("8.05")
        )
        assert (found.lower, found.upper) == (Fraction("-2.5"), Fraction("2.5"))

    def test_limits_belong_to_the_tolerance(self) -> None:
        assert LIMITS.conforms(40)
        assert not LIMITS.conforms(41)
        assert LIMITS.conforms(-40)
        assert not LIMITS.conforms(-41)

    def test_refuses_reversed_or_equal_limits(self) -> None:
        for lower, upper in [(1, 0), (1, 1)]:
            with pytest.raises(SpecificationError, match="reversed or equal"):
                Specification(Fraction(lower), Fraction(upper))

    def test_refuses_no_limit(self) -> None:
        with pytest.raises(SpecificationError, match="has no limit"):
            Specification(None, None)

    @pytest.mark.parametrize("quantum", [0, -1])
    def test_refuses_a_quantum_that_is_not_positive(self, quantum: int) -> None:
        with pytest.raises(SpecificationError, match="quantum is not positive"):
            specification(Fraction(1), Fraction(quantum), lower=None, upper=Fraction(2))


class TestIndices:
    def test_agrees_with_the_handbook(self) -> None:
        # NIST/SEMATECH e-Handbook, section 7.1.6: limits 8 and 20, mean 16, sigma 2.
        limits = Specification(Fraction(8), Fraction(20))
        cp, cpk = indices(Fraction(16), Fraction(4), limits=limits)
        assert cp == 1
        assert cpk == Fraction(666_666_666_666, 10**12)

    def test_four_thirds_are_not_rounded_up(self) -> None:
        limits = Specification(None, Fraction(4))
        assert indices(Fraction(0), Fraction(1), limits=limits)[1] == Fraction("1.333333333333")

    def test_a_one_sided_limit_has_no_cp(self) -> None:
        assert indices(Fraction(0), Fraction(1), limits=Specification(Fraction(-3), None)) == (
            None,
            1,
        )

    def test_a_mean_beyond_the_limit_is_negative(self) -> None:
        assert indices(Fraction(43), Fraction(1), limits=LIMITS)[1] == -1

    def test_no_variance_has_no_index(self) -> None:
        assert indices(Fraction(0), Fraction(0), limits=LIMITS) == (None, None)


class TestCapability:
    def test_is_established_when_the_chart_is_calm(self) -> None:
        found = capability(subgroups(*normal_lots(25, 5)), LIMITS, policy=POLICY)
        assert (found.reason, found.signals) == ("", ())
        assert found.chart is not None
        assert found.chart.kind == "xbar_r"
        assert found.cpk == pytest.approx(40 / 24, rel=0.15)
        assert found.ppk == pytest.approx(40 / 24, rel=0.15)

    def test_is_not_established_when_one_lot_is_off(self) -> None:
        lots = normal_lots(25, 5)
        lots[12] = [reading + 30 for reading in lots[12]]
        found = capability(subgroups(*lots), LIMITS, policy=POLICY)
        assert (found.reason, found.cp, found.cpk) == ("unstable", None, None)
        assert found.ppk is not None
        assert found.cpk_interval(Fraction(2)) is None
        assert found.ppk_interval(Fraction(2)) is not None

    def test_is_not_established_when_lots_drift(self) -> None:
        lots = [[*lot[:4], lot[4] + 2 * at] for at, lot in enumerate(normal_lots(25, 5))]
        drifting = [[reading + at for reading in lot] for at, lot in enumerate(lots)]
        assert capability(subgroups(*drifting), LIMITS, policy=POLICY).reason == "unstable"

    def test_charts_individuals_within_few_lots(self) -> None:
        found = capability(subgroups(*normal_lots(3, 20)), LIMITS, policy=POLICY)
        assert found.chart is not None
        assert (found.chart.kind, found.reason) == ("i_mr_within", "")

    def test_charts_lots_of_one_reading(self) -> None:
        values = [lot[0] for lot in normal_lots(25, 1)]
        found = capability(individuals(*values), LIMITS, policy=POLICY)
        assert found.chart is not None
        assert (found.chart.kind, found.reason) == ("i_mr", "")

    @pytest.mark.parametrize("lots", [[[1]], [[1, 2, 3]], [[1]] * 19, [[1] * 5, [2] * 5]])
    def test_is_not_established_from_too_few_readings(self, lots: list[list[int]]) -> None:
        found = capability(subgroups(*lots), LIMITS, policy=POLICY)
        assert (found.reason, found.cpk, found.chart) == ("too_few_readings", None, None)

    def test_is_not_established_without_variance(self) -> None:
        found = capability(subgroups(*[[3] * 5] * 25), LIMITS, policy=POLICY)
        assert (found.reason, found.cpk, found.ppk) == ("zero_variance", None, None)

    def test_interval_shrinks_with_readings(self) -> None:
        few = capability(subgroups(*normal_lots(20, 3)), LIMITS, policy=POLICY)
        many = capability(subgroups(*normal_lots(100, 5)), LIMITS, policy=POLICY)
        narrow, wide = many.cpk_interval(Fraction(2)), few.cpk_interval(Fraction(2))
        assert narrow is not None
        assert wide is not None
        assert narrow.high - narrow.low < wide.high - wide.low

    def test_charts_of_one_supplier_share_the_doubt(self) -> None:
        shared = POLICY.shared(100)
        assert shared.false_alarm == Fraction("0.0002")
        lots = normal_lots(25, 5)
        lots[12] = [reading + 14 for reading in lots[12]]
        assert capability(subgroups(*lots), LIMITS, policy=POLICY).reason == "unstable"
        assert capability(subgroups(*lots), LIMITS, policy=shared).reason == ""

    def test_calm_processes_are_rarely_called_unstable(self) -> None:
        unstable = sum(
            capability(subgroups(*normal_lots(25, 5, seed=seed)), LIMITS, policy=POLICY).reason
            == "unstable"
            for seed in range(200)
        )
        assert unstable <= 12
