"""The integers of a subgroup, from Python and DuckDB alike."""

from fractions import Fraction

import pytest

from analytics.duckdb_statistics import run_duckdb, to_arrow
from analytics.errors import CountsError
from analytics.integer_statistics import (
    MAX_DEVIATION,
    MAX_READINGS,
    IntegerStatistics,
    Observation,
    merge,
    observe,
    run_python,
    variance,
)


def rows(subgroup: int, *deviations: int, ordinal: int = 0) -> list[Observation]:
    return list(
        observe(
            subgroup,
            deviations,
            ordinal=ordinal,
            inspected=10,
            passed=9,
            nonconformities=2,
            opportunities_per_unit=4,
        )
    )


ENGINES = [run_python, lambda rows: run_duckdb(to_arrow(rows))]


@pytest.mark.parametrize("run", ENGINES, ids=["python", "duckdb"])
class TestEveryEngine:
    def test_counts_exactly(self, run) -> None:
        given = rows(7, 3, -2, 5, ordinal=40) + rows(8) + rows(7, 1, ordinal=50)
        assert run(given) == {
            7: IntegerStatistics(4, 7, 39, -2, 5, 5 + 7 + 4, 40, 20, 18, 4, 80),
            8: IntegerStatistics(0, 0, 0, None, None, 0, 0, 10, 9, 2, 40),
        }

    def test_follows_the_order_of_the_log_not_of_the_rows(self, run) -> None:
        given = rows(1, 3, -2, 5, 9)
        assert run(given[::-1]) == run(given)

    def test_a_moved_reading_changes_the_moving_range(self, run) -> None:
        assert run(rows(1, 3, -2, 5))[1].moving_range != run(rows(1, -2, 3, 5))[1].moving_range

    def test_holds_the_largest_deviations(self, run) -> None:
        found = run(rows(1, MAX_DEVIATION, -MAX_DEVIATION))[1]
        assert (found.squares, found.moving_range) == (2 * MAX_DEVIATION**2, 2 * MAX_DEVIATION)


def test_largest_subgroup_fits_64_bits() -> None:
    assert MAX_READINGS * MAX_DEVIATION**2 < 2**63


def test_duckdb_gives_the_same_with_any_number_of_threads() -> None:
    given = [row for lot in range(300) for row in rows(lot % 50, lot, -lot, ordinal=2 * lot)]
    assert run_duckdb(to_arrow(given), threads=1) == run_duckdb(to_arrow(given), threads=4)


def test_no_rows_make_no_subgroups() -> None:
    assert run_duckdb(to_arrow([])) == run_python([]) == {}


class TestMerge:
    def test_adds_without_crossing_subgroups(self) -> None:
        found = run_python(rows(1, 3, 5) + rows(2, 100, ordinal=9))
        whole = merge([found[2], found[1]])
        assert (whole.readings, whole.total, whole.squares) == (3, 108, 10_034)
        assert (whole.least, whole.greatest, whole.moving_range) == (3, 100, 2)
        assert whole.first_ordinal == 0

    def test_refuses_nothing(self) -> None:
        with pytest.raises(CountsError, match="no subgroups to merge"):
            merge([])


class TestVariance:
    def test_is_exact(self) -> None:
        assert variance(run_python(rows(1, 1, 2, 4))[1]) == Fraction(7, 3)

    def test_refuses_one_reading(self) -> None:
        with pytest.raises(CountsError, match="expected 2, got 1"):
            variance(run_python(rows(1, 1))[1])


def test_numbers_are_decimal_strings() -> None:
    found = run_python(rows(1, 3, -1))[1].numbers()
    assert found == ["2", "2", "10", "-1", "3", "4", "10", "9", "2", "40"]
