"""What a supplier is scored from: integer statistics under their keys, losses, outputs.

Source: none; these are the shapes that `supplier_score` takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from analytics.capability import Specification, specification
from analytics.integer_statistics import IntegerStatistics
from analytics.loss_rates import AnnualLoss, AnnualOutput


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A measured characteristic; another limit or quantum makes it another version.

    Parameters
    ----------
    name, unit
        What is measured, and the unit of the next four numbers.
    nominal, quantum
        Value of deviation 0, and of one step of the gauge.
    lower, upper
        Specification limits; None where one-sided.
    is_key
        Whether it counts for the supplier's Cpk.
    """

    name: str
    unit: str
    nominal: Fraction
    quantum: Fraction
    lower: Fraction | None
    upper: Fraction | None
    is_key: bool

    def __hash__(self) -> int:
        """Hash the texts alone: fractions hash slowly, and versions of a name are few."""
        return hash((self.name, self.unit, self.is_key))

    @property
    def limits(self) -> Specification:
        """Return the limits as deviations in quanta."""
        return specification(self.nominal, self.quantum, lower=self.lower, upper=self.upper)


@dataclass(frozen=True, slots=True)
class SubgroupKey:
    """What the readings and counts of one subgroup have in common.

    Parameters
    ----------
    supplier
        GLN.
    kind, stage
        Kind of inspection and name of the stage.
    characteristic
        None for an inspection of whole units.
    lot
        Lot of the goods.
    is_first
        Whether these are first submissions.
    """

    supplier: str
    kind: str
    stage: str
    characteristic: Characteristic | None
    lot: str
    is_first: bool

    @property
    def gate(self) -> tuple[str, str, str]:
        """Return what makes a check of a stage distinct, whatever the version and lot."""
        return self.kind, self.stage, self.characteristic.name if self.characteristic else ""


@dataclass(frozen=True, slots=True)
class SupplierData:
    """All that one supplier's score depends on.

    Parameters
    ----------
    gln
        The supplier.
    subgroups
        Integer statistics by key.
    losses, outputs
        Declarations, in the order of the log.
    """

    gln: str
    subgroups: Mapping[SubgroupKey, IntegerStatistics]
    losses: tuple[AnnualLoss, ...] = ()
    outputs: tuple[AnnualOutput, ...] = ()

    def counted(self, kinds: tuple[str, ...]) -> Iterator[tuple[SubgroupKey, IntegerStatistics]]:
        """Yield the first submissions of the given kinds."""
        for key, statistics in self.subgroups.items():
            if key.is_first and key.kind in kinds:
                yield key, statistics
