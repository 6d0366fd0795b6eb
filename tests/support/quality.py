"""Synthetic quality records of known truth, for tests."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from analytics.loss_rates import AnnualLoss, AnnualOutput
from analytics.supplier_data import Characteristic
from traceability.quality.records import Inspection, LossRecord, OutputRecord, QualityRow

SUPPLIER = "6901234567892"
OTHER_SUPPLIER = "6912345678901"
DIAMETER = Characteristic(
    name="diameter",
    unit="mm",
    nominal=Fraction("8.00"),
    quantum=Fraction("0.01"),
    lower=Fraction("7.60"),
    upper=Fraction("8.40"),
    is_key=True,
)


def inspection(**changed: Any) -> Inspection:
    """Return a faultless incoming inspection of 50 units, with changes."""
    values: dict[str, Any] = {
        "kind": "incoming",
        "stage": "receiving",
        "submission": 1,
        "supplier": SUPPLIER,
        "lot": "L1",
        "inspected": 50,
        "passed": 50,
        "nonconformities": 0,
        "opportunities": 10,
        "characteristic": None,
        "deviations": (),
    }
    return Inspection(**{**values, **changed})


def inspection_rows(
    *,
    seed: int,
    lots: int,
    supplier: str = SUPPLIER,
    sigma: float = 6,
    failing: float = 0.0,
    size: int = 5,
) -> list[QualityRow]:
    """Return, for each lot, five measured diameters and an inspection by attributes.

    Parameters
    ----------
    sigma
        Standard deviation of the diameter, quanta; the limits are 40 quanta away.
    failing
        Probability that one of 50 units fails, with one defect each.
    """
    generator = random.Random(seed)
    rows = []
    for lot in range(lots):
        readings = tuple(round(generator.gauss(0, sigma)) for _ in range(size))
        outside = sum(abs(reading) > 40 for reading in readings)
        failed = sum(generator.random() < failing for _ in range(50))
        measured = inspection(
            supplier=supplier, lot=f"L{lot}", characteristic=DIAMETER, deviations=readings,
            inspected=size, passed=size - outside, nonconformities=outside, opportunities=1,
        )  # fmt: skip
        counted = inspection(
            supplier=supplier, lot=f"L{lot}", kind="outgoing", stage="final test",
            passed=50 - failed, nonconformities=failed,
        )  # fmt: skip
        rows += [QualityRow(10 + lot, 0, measured), QualityRow(10 + lot, 1, counted)]
    return rows


def accounts(
    *, supplier: str = SUPPLIER, leaf_index: int = 5, internal: int = 500, external: int = 300
) -> list[QualityRow]:
    """Return an output of 100,000 and one loss on each side, in cents."""
    contents = [
        OutputRecord(supplier, AnnualOutput(2025, 100_000, "CNY")),
        LossRecord(supplier, AnnualLoss(2025, "internal", "scrap", internal, "CNY")),
        LossRecord(supplier, AnnualLoss(2025, "external", "claim", external, "CNY")),
    ]
    return [QualityRow(leaf_index, at, content) for at, content in enumerate(contents)]
