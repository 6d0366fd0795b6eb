"""Yields and defect rates as exact fractions: FPY, RTY, DPU, DPMO and the sigma level.

Source: ISO 13053-1:2011, section 4 (DPMO and its sigma table with a shift of 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from analytics.errors import CountsError, MetricRangeError
from analytics.exact import round_to
from analytics.special_functions import special

MILLION = 1_000_000
SHIFT = 1.5  # Long-term drift of the mean, in sigmas, as the standard's table has it.
_SIGMA_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Gate:
    """First submissions at one check of one stage.

    Parameters
    ----------
    kind, stage
        Kind of inspection, and name of the stage.
    characteristic
        Name of what was measured; None for an inspection of the whole unit.
    inspected, passed
        Units of first submissions only, `0 <= passed <= inspected`, `inspected >= 1`.
    """

    kind: str
    stage: str
    characteristic: str | None
    inspected: int
    passed: int

    def __post_init__(self) -> None:
        if self.inspected < 1 or not 0 <= self.passed <= self.inspected:
            raise CountsError(
                f"units of stage {self.stage!r} contradict each other: "
                f"got {self.passed} passed of {self.inspected} inspected"
            )

    @property
    def first_pass_yield(self) -> Fraction:
        """Return the share of units that passed when first submitted."""
        return Fraction(self.passed, self.inspected)


def rolled_throughput_yield(gates: Iterable[Gate]) -> Fraction | None:
    """Return the product of the first-pass yields; None if nothing was inspected."""
    yields = [gate.first_pass_yield for gate in gates]
    return prod(yields, start=Fraction(1)) if yields else None


def defects_per_unit(nonconformities: int, inspected: int) -> Fraction:
    """Return nonconformities per inspected unit."""
    if inspected < 1 or nonconformities < 0:
        raise CountsError(f"expected units, got {nonconformities} defects in {inspected} units")
    return Fraction(nonconformities, inspected)


def defects_per_million(nonconformities: int, opportunities: int) -> Fraction:
    """Return nonconformities per million opportunities (DPMO).

    Parameters
    ----------
    nonconformities
        Defects found, at most `opportunities`.
    opportunities
        Units times opportunities a unit, at least 1.
    """
    if opportunities < 1 or not 0 <= nonconformities <= opportunities:
        raise CountsError(
            f"expected defects within opportunities, got {nonconformities} of {opportunities}"
        )
    return Fraction(nonconformities * MILLION, opportunities)


def sigma_level(dpmo: Fraction) -> Fraction | None:
    """Return the one-sided sigma level with the shift, rounded down to 4 decimals, to show.

    None stands for the infinite level of 0 and of a million DPMO. Never decide on this
    number: `grading` compares DPMO.
    """
    if not 0 <= dpmo <= MILLION:
        raise MetricRangeError(f"dpmo out of range: expected 0 to 1000000, got {float(dpmo)}")
    if dpmo in (0, MILLION):
        return None
    level = SHIFT - float(special().ndtri(float(dpmo / MILLION)))
    return round_to(Fraction(level), _SIGMA_DECIMALS, rounding="down")
