"""Shrinkage brings small samples nearer the truth, and large ones hardly move."""

import numpy as np
import pytest

from analytics.errors import CountsError, ParameterError, TooFewError, VarianceError
from analytics.shrinkage import shrink


def test_it_comes_nearer_to_a_thousand_known_suppliers() -> None:
    generator = np.random.default_rng(7)
    truth = generator.beta(2, 48, 1000)
    units = generator.integers(10, 200, 1000)
    failures = generator.binomial(units, truth)
    found = shrink([int(x) for x in failures], [int(n) for n in units])
    raw = np.sqrt(np.mean((failures / units - truth) ** 2))
    shrunk = np.sqrt(np.mean((np.array([one.value for one in found.suppliers]) - truth) ** 2))
    covered = np.mean([one.low <= t <= one.high
                       for one, t in zip(found.suppliers, truth, strict=True)])  # fmt: skip
    assert shrunk < 0.75 * raw
    assert covered == pytest.approx(0.95, abs=0.03)
    assert found.alpha / (found.alpha + found.beta) == pytest.approx(0.04, abs=0.005)
    assert found.differ


def test_a_small_sample_moves_further_than_a_large_one() -> None:
    small, large, *_ = shrink([5, 500, 1, 2, 8], [10, 1000, 50, 60, 70]).suppliers
    assert small.raw == large.raw == 0.5
    assert small.value < large.value <= 0.5
    assert small.weight < large.weight


def test_suppliers_alike_are_all_drawn_to_the_mean() -> None:
    found = shrink([10] * 20, [200] * 20)
    assert not found.differ
    assert all(one.value == pytest.approx(0.05, abs=1e-4) for one in found.suppliers)


def test_a_supplier_without_units_has_no_share_of_its_own() -> None:
    nobody = shrink([5, 1, 0], [10, 100, 0]).suppliers[2]
    assert nobody.raw is None
    assert nobody.weight == 0
    assert 0 < nobody.value < 1


def test_bad_counts_are_refused() -> None:
    with pytest.raises(CountsError, match="counts of supplier 2 contradict: got 6 of 5"):
        shrink([1, 6], [5, 5])
    with pytest.raises(CountsError, match="suppliers differ in number"):
        shrink([1], [5, 5])
    with pytest.raises(TooFewError, match="too few suppliers with units"):
        shrink([1, 0], [5, 0])
    with pytest.raises(VarianceError, match="no share to learn from: 0 of 10"):
        shrink([0, 0], [5, 5])
    with pytest.raises(ParameterError, match="confidence outside"):
        shrink([1, 2], [5, 5], confidence=1)
