"""Internal and external quality loss as shares of annual output, exactly.

Source: 制造业卓越质量工程实施意见, annex: scrap, rework, downgrade, stoppage and incidents
inside; claims, returns, discounts and warranty outside; each over annual output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analytics.errors import CountsError

Side = Literal["internal", "external"]
SIDES: tuple[Side, Side] = ("internal", "external")
KINDS: dict[Side, tuple[str, ...]] = {
    "internal": ("scrap", "rework", "downgrade", "stoppage", "incident"),
    "external": ("claim", "return", "discount", "warranty"),
}


@dataclass(frozen=True, slots=True)
class AnnualLoss:
    """One declared loss; a declared zero says that the loss was computed."""

    year: int
    side: Side
    kind: str
    amount_cents: int
    currency: str

    def __post_init__(self) -> None:
        if self.amount_cents < 0:
            raise CountsError(f"loss is negative: got {self.amount_cents} cents")


@dataclass(frozen=True, slots=True)
class AnnualOutput:
    """The value of what a supplier produced in a year."""

    year: int
    amount_cents: int
    currency: str

    def __post_init__(self) -> None:
        if self.amount_cents < 1:
            raise CountsError(f"output is not positive: got {self.amount_cents} cents")


@dataclass(frozen=True, slots=True)
class LossRates:
    """Loss rates of one year.

    Parameters
    ----------
    year
        The latest year with an output; None without one.
    internal, external
        Loss over output; None where nothing was declared, or a currency differs.
    unused
        Reason and number of declarations that do not count:
        `loss_without_output`, `earlier_year`, `currency_differs`, `output_restated`.
    """

    year: int | None
    internal: Fraction | None
    external: Fraction | None
    unused: tuple[tuple[str, int], ...]


def loss_rates(losses: Sequence[AnnualLoss], outputs: Sequence[AnnualOutput]) -> LossRates:
    """Return the loss rates of the latest year that has an output.

    Parameters
    ----------
    losses, outputs
        Declarations of one supplier, in the order of the log: of two outputs for a year the
        later one stands.
    """
    if not outputs:
        unused = (("loss_without_output", len(losses)),) if losses else ()
        return LossRates(None, None, None, unused)
    year = max(output.year for output in outputs)
    of_year = [output for output in outputs if output.year == year]
    counted = [loss for loss in losses if loss.year == year]
    foreign = [loss for loss in counted if loss.currency != of_year[-1].currency]
    years = {output.year for output in outputs}
    unused_counts = {
        "loss_without_output": sum(loss.year not in years for loss in losses),
        "earlier_year": sum(loss.year in years and loss.year != year for loss in losses),
        "currency_differs": len(foreign),
        "output_restated": len(of_year) - 1,
    }
    return LossRates(
        year=year,
        internal=_rate("internal", counted, of_year[-1]),
        external=_rate("external", counted, of_year[-1]),
        unused=tuple((reason, count) for reason, count in unused_counts.items() if count),
    )


def _rate(side: Side, losses: Sequence[AnnualLoss], output: AnnualOutput) -> Fraction | None:
    """Sum one side; a loss that cannot be added leaves the rate unknown, not smaller."""
    found = [loss for loss in losses if loss.side == side]
    if not found or any(loss.currency != output.currency for loss in found):
        return None
    return Fraction(sum(loss.amount_cents for loss in found), output.amount_cents)
