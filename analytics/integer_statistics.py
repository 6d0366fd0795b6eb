"""Integer statistics of inspections: one portable SQL statement, and the same in Python.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque (1983), The American Statistician 37, 242-247,
on why sums of squares of deviations from a near constant lose nothing; here they are
integers, so that they lose nothing at all and every engine gives the same bits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from analytics.errors import CountsError

# A deviation is at most a million gauge quanta from nominal: squares of nine million
# readings of one subgroup then fit the 64-bit sums of SQLite, which overflow otherwise.
MAX_DEVIATION = 1_000_000
MAX_READINGS = 9_000_000

# Run by DuckDB, PostgreSQL and SQLite alike over a table, view or Arrow table `observations`:
#   subgroup        integer; stands for supplier, kind, stage, characteristic, lot, submission
#   ordinal         integer, unique; the order of all readings in the log
#   deviation       reading minus nominal, gauge quanta; null where nothing was measured
#   inspected, passed, nonconformities, opportunities
#                   counts of the inspection, on its first row; zero on the others
# The casts give every engine the same 64-bit type; the square is cast before it overflows.
STATEMENT = """
SELECT subgroup,
       COUNT(deviation) AS readings,
       CAST(COALESCE(SUM(deviation), 0) AS BIGINT) AS total,
       CAST(COALESCE(SUM(CAST(deviation AS BIGINT) * deviation), 0) AS BIGINT) AS squares,
       MIN(deviation) AS least,
       MAX(deviation) AS greatest,
       CAST(COALESCE(SUM(ABS(deviation - before)), 0) AS BIGINT) AS moving_range,
       MIN(ordinal) AS first_ordinal,
       CAST(SUM(inspected) AS BIGINT) AS inspected,
       CAST(SUM(passed) AS BIGINT) AS passed,
       CAST(SUM(nonconformities) AS BIGINT) AS nonconformities,
       CAST(SUM(opportunities) AS BIGINT) AS opportunities
FROM (SELECT subgroup, ordinal, deviation, inspected, passed, nonconformities, opportunities,
             LAG(deviation) OVER (PARTITION BY subgroup ORDER BY ordinal) AS before
      FROM observations) AS steps
GROUP BY subgroup
"""


class Observation(NamedTuple):
    """One row of `observations`; a tuple, since there are millions of them."""

    subgroup: int
    ordinal: int
    deviation: int | None
    inspected: int
    passed: int
    nonconformities: int
    opportunities: int


@dataclass(frozen=True, slots=True)
class IntegerStatistics:
    """What an engine returns of one subgroup; everything else follows from it exactly.

    Parameters
    ----------
    readings
        Number of measured deviations n.
    total, squares
        Σd and Σd², in gauge quanta and their squares.
    least, greatest
        Extreme deviations; None if nothing was measured.
    moving_range
        Σ|dᵢ − dᵢ₋₁| in the order of the readings, n − 1 terms.
    first_ordinal
        Where the subgroup begins; orders subgroups in time.
    inspected, passed, nonconformities, opportunities
        Sums of the counts: units, units, defects, units times opportunities a unit.
    """

    readings: int
    total: int
    squares: int
    least: int | None
    greatest: int | None
    moving_range: int
    first_ordinal: int
    inspected: int
    passed: int
    nonconformities: int
    opportunities: int

    def numbers(self) -> list[str | None]:
        """Return all but the order as decimal strings: sums exceed what JSON can carry."""
        found = (self.readings, self.total, self.squares, self.least, self.greatest)
        counts = (self.inspected, self.passed, self.nonconformities, self.opportunities)
        return [
            None if number is None else str(number)
            for number in (*found, self.moving_range, *counts)
        ]


def decode(rows: Iterable[Sequence[int | None]]) -> dict[int, IntegerStatistics]:
    """Turn the rows of `STATEMENT`, from any engine, into statistics by subgroup."""
    return {row[0]: IntegerStatistics(*row[1:]) for row in rows}  # type: ignore[misc, arg-type]  # the statement's column types


def run_python(observations: Iterable[Observation]) -> dict[int, IntegerStatistics]:
    """Compute what the statement computes, with Python's integers."""
    groups: dict[int, list[Observation]] = defaultdict(list)
    for observation in observations:
        groups[observation.subgroup].append(observation)
    return {subgroup: _summarise(rows) for subgroup, rows in groups.items()}


def _summarise(rows: list[Observation]) -> IntegerStatistics:
    rows.sort(key=lambda row: row.ordinal)
    deviations = [row.deviation for row in rows if row.deviation is not None]
    return IntegerStatistics(
        readings=len(deviations),
        total=sum(deviations),
        squares=sum(deviation * deviation for deviation in deviations),
        least=min(deviations, default=None),
        greatest=max(deviations, default=None),
        moving_range=sum(
            abs(after.deviation - before.deviation)
            for before, after in pairwise(rows)
            if after.deviation is not None and before.deviation is not None
        ),
        first_ordinal=rows[0].ordinal,
        inspected=sum(row.inspected for row in rows),
        passed=sum(row.passed for row in rows),
        nonconformities=sum(row.nonconformities for row in rows),
        opportunities=sum(row.opportunities for row in rows),
    )


def observe(
    subgroup: int,
    deviations: Sequence[int],
    *,
    ordinal: int,
    inspected: int,
    passed: int,
    nonconformities: int,
    opportunities_per_unit: int,
) -> Iterator[Observation]:
    """Yield the rows of one inspection, one a reading, or one without any reading.

    The counts stand on the first row, so that sums count them once.
    """
    counts = (inspected, passed, nonconformities, inspected * opportunities_per_unit)
    for offset, deviation in enumerate(deviations or (None,)):
        yield Observation(subgroup, ordinal + offset, deviation, *counts)
        counts = (0, 0, 0, 0)


def merge(parts: Sequence[IntegerStatistics]) -> IntegerStatistics:
    """Add up subgroups of one characteristic; moving ranges never cross a subgroup.

    Raises
    ------
    CountsError
        Nothing to merge.
    """
    if not parts:
        raise CountsError("no subgroups to merge")
    return IntegerStatistics(
        readings=sum(part.readings for part in parts),
        total=sum(part.total for part in parts),
        squares=sum(part.squares for part in parts),
        least=min((part.least for part in parts if part.least is not None), default=None),
        greatest=max((part.greatest for part in parts if part.greatest is not None), default=None),
        moving_range=sum(part.moving_range for part in parts),
        first_ordinal=min(part.first_ordinal for part in parts),
        inspected=sum(part.inspected for part in parts),
        passed=sum(part.passed for part in parts),
        nonconformities=sum(part.nonconformities for part in parts),
        opportunities=sum(part.opportunities for part in parts),
    )


def variance(statistics: IntegerStatistics) -> Fraction:
    """Return the sample variance (denominator n − 1), in squared quanta.

    Raises
    ------
    CountsError
        Fewer than two readings.
    """
    n = statistics.readings
    if n < 2:  # noqa: PLR2004 — a variance needs two readings
        raise CountsError(f"too few readings for a variance: expected 2, got {n}")
    return Fraction(n * statistics.squares - statistics.total**2, n * (n - 1))
