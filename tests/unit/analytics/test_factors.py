"""Factors against the published tables, to the digits that they print."""

import pytest

from analytics.control_charts import CONSTANTS
from analytics.errors import ParameterError
from analytics.factors import factors, mean_deviation


# ISO 7870-2:2013, table 2; ASTM STP 15D, table 27.
@pytest.mark.parametrize(
    ("size", "published"),
    [(2, (1.128, 0.853, 0.7979, 2.659, 3.267)), (5, (2.326, 0.864, 0.9400, 1.427, 2.089)),
     (10, (3.078, 0.797, 0.9727, 0.975, 1.716)), (25, (3.931, 0.708, 0.9896, 0.606, 1.435))],
)  # fmt: skip
def test_agree_with_the_tables(size: int, published: tuple[float, ...]) -> None:
    found = factors(size)
    got = (found.d2, found.d3, found.c4, found.a3, found.b_limits[1])
    assert got == pytest.approx(published, abs=6e-4)
    assert found.c4 == pytest.approx(published[2], abs=5.1e-5)


@pytest.mark.parametrize("size", CONSTANTS)
def test_the_rounded_factors_of_the_score_are_these(size: int) -> None:
    found, rounded = factors(size), CONSTANTS[size]
    assert float(rounded.range_mean) == pytest.approx(found.d2, abs=5.1e-4)
    assert float(rounded.mean_limit) == pytest.approx(found.a2, abs=6e-4)
    assert (float(rounded.range_lower), float(rounded.range_upper)) == pytest.approx(
        found.d_limits, abs=1e-3
    )


def test_the_range_of_two_is_known_in_closed_form() -> None:
    assert factors(2).d2 == pytest.approx(2 / 3.141592653589793**0.5, rel=1e-11)
    assert factors(2).e2 == pytest.approx(2.658680776358274, rel=1e-11)


@pytest.mark.parametrize("size", [1, 26])
def test_other_sizes_have_no_range_factors(size: int) -> None:
    with pytest.raises(ParameterError, match="expected 2 to 25"):
        factors(size)


def test_a_deviation_of_one_reading_has_no_factor() -> None:
    assert mean_deviation(200) == pytest.approx(1 - 1 / 800, abs=1e-5)
    with pytest.raises(ParameterError, match="expected 2 or more"):
        mean_deviation(1)
