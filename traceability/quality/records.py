"""The quality records that the ledger commits to, as frozen values.

Source: ISO 2859-1:1999, section 3 (inspection, nonconforming unit, nonconformity).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analytics.loss_rates import AnnualLoss, AnnualOutput
from analytics.supplier_data import Characteristic

LOSS_MEDIA_TYPE = "application/vnd.itemproof.loss+json"
OUTPUT_MEDIA_TYPE = "application/vnd.itemproof.output+json"

InspectionKind = Literal["incoming", "in_process", "outgoing", "field"]
INSPECTION_KINDS = ("incoming", "in_process", "outgoing", "field")


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection of units of one lot at one stage.

    Parameters
    ----------
    kind, stage
        Kind of inspection, and name of the stage.
    submission
        1 when first submitted, 2 and more when submitted again.
    supplier
        GLN of the party whose quality this shows.
    lot
        Lot of the goods.
    inspected, passed
        Units.
    nonconformities
        Defects found, at least one on each unit that did not pass.
    opportunities
        Opportunities for a defect on each unit.
    characteristic, deviations
        What was measured, and its readings as integer deviations from nominal in gauge
        quanta, in order; None and empty for an inspection by attributes.
    """

    kind: InspectionKind
    stage: str
    submission: int
    supplier: str
    lot: str
    inspected: int
    passed: int
    nonconformities: int
    opportunities: int
    characteristic: Characteristic | None
    deviations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LossRecord:
    """A supplier's declared quality loss of a year."""

    supplier: str
    loss: AnnualLoss


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """A supplier's declared output of a year."""

    supplier: str
    output: AnnualOutput


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A committed record that is faulty in all but its supplier; it is listed, not counted."""

    supplier: str


Content = Inspection | LossRecord | OutputRecord | Unreadable


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A quality record and its place in the log.

    Parameters
    ----------
    leaf_index, record_index
        Index of the entry in the log, and of the record in its batch.
    content
        What was committed.
    status
        current, corrected, recalled or erased. A recall is of goods: the inspection stands.
    """

    leaf_index: int
    record_index: int
    content: Content
    status: str = "current"

    @property
    def place(self) -> tuple[int, int]:
        """Return the position in the log, which orders all readings."""
        return self.leaf_index, self.record_index
