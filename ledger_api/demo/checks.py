"""Inspections of the demonstration: drawn from a seed, so that each supplier's grade is known.

Readings are integer deviations from nominal in gauge quanta. Source: none; the limits are those
that such goods usually have, the numbers are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from ledger_api.demo.cast import PLANT, POLYMERS, ROD_A, ROD_B, ROD_C, Party
from ledger_api.demo.plan import DAYS, DAYS_A_PVC_LOT, Plan, RodLot, pvc_lot
from traceability.strict_json import JSONValue

READINGS = 5  # Of each measured lot.
# Expected order statistics of five normal readings, and the farthest mean of a lot in its
# standard errors.
_NORMAL_SCORES = (-1.163, -0.495, 0.0, 0.495, 1.163)
_FARTHEST_MEAN = 1.5


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured characteristic and its limits, as decimal texts; None where one-sided."""

    name: str
    unit: str
    nominal: str
    quantum: str
    lower: str | None
    upper: str | None

    def to_json(self, deviations: Sequence[int]) -> dict[str, JSONValue]:
        """Return the characteristic with its readings; all of ours are key characteristics."""
        limits = {"lower": self.lower, "upper": self.upper}
        found: dict[str, JSONValue] = {
            "name": self.name,
            "unit": self.unit,
            "nominal": self.nominal,
            "quantum": self.quantum,
            "key": True,
            "deviations": list(deviations),
        }
        return found | {name: value for name, value in limits.items() if value is not None}

    def conforms(self, deviation: int) -> bool:
        """Tell whether a reading lies within the limits."""
        value = Fraction(self.nominal) + deviation * Fraction(self.quantum)
        above = self.lower is None or value >= Fraction(self.lower)
        return above and (self.upper is None or value <= Fraction(self.upper))


ROD_DIAMETER = Measure("diameter", "mm", "8.00", "0.01", "7.60", "8.40")
TENSILE_STRENGTH = Measure("tensile strength", "MPa", "15.0", "0.1", "12.5", None)
WIRE_DIAMETER = Measure("diameter", "mm", "1.700", "0.001", "1.683", "1.717")
RESISTANCE = Measure("conductor resistance at 20 °C", "Ω/km", "1.120", "0.001", None, "1.150")


@dataclass(frozen=True, slots=True)
class Check:
    """One inspection of units of one lot."""

    kind: str
    stage: str
    supplier: Party
    lot: str
    inspected: int
    passed: int
    nonconformities: int
    opportunities: int
    submission: int = 1
    measure: Measure | None = None
    deviations: tuple[int, ...] = ()

    @property
    def conforms(self) -> bool:
        """Tell whether every unit passed."""
        return self.passed == self.inspected

    def to_json(self) -> dict[str, JSONValue]:
        """Return the member `itemproof:inspection` of an event."""
        found: dict[str, JSONValue] = {
            "kind": self.kind,
            "stage": self.stage,
            "submission": self.submission,
            "supplier": self.supplier.gln,
            "lot": self.lot,
            "inspected": self.inspected,
            "passed": self.passed,
            "nonconformities": self.nonconformities,
            "opportunities": self.opportunities,
        }
        if self.measure is not None:
            found["characteristic"] = self.measure.to_json(self.deviations)
        return found


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a rod maker is, and what its records must therefore say.

    Parameters
    ----------
    spread
        Standard deviation of the diameter, quanta; its limits are 40 quanta away.
    failing, defects
        Coils that fail on receipt when first submitted, of all; defects on each.
    level, limiting
        The grade that follows, and the metrics that hold it back.
    """

    spread: float
    failing: int
    defects: int
    level: int
    limiting: tuple[str, ...]


BAD_LOT_SHIFT = 27  # Quanta off centre: within the limits, far out of control.
ROD_QUALITY = {
    ROD_A: Quality(7.2, 0, 0, 4, ("cpk",)),
    ROD_B: Quality(5.4, 35, 1, 3, ("sigma", "rty")),
    # The bad lot puts the process out of control: no Cpk may be stated, which is level 1.
    ROD_C: Quality(9.0, 62, 2, 1, ("cpk",)),
}
# The grades of the others rest on the losses that they declare (`accounts.py`).
EXPECTED: dict[Party, tuple[int, tuple[str, ...]]] = {
    **{maker: (quality.level, quality.limiting) for maker, quality in ROD_QUALITY.items()},
    POLYMERS: (2, ("external_loss",)),
    PLANT: (3, ("internal_loss",)),
}

_COILS = 40  # Looked at on receipt, of each rod lot.
_FINAL_COILS = 20
_ROD_OPPORTUNITIES = 10
_SPOOLS = 20  # Of each wire lot.
_OPPORTUNITIES = 10
_DRAWING_DEFECTS, _STRANDING_DEFECTS, _SPARK_DEFECTS, _FINAL_DEFECTS = 2, 1, 3, 2
_BREAKS_OF_BAD_WIRE = 2  # In each lot that was drawn from the bad rod lot.


def source(plan: Plan, name: str) -> random.Random:
    """Return the random numbers for one purpose, independent of all others."""
    return random.Random(f"{plan.seed}/{name}")  # noqa: S311 # a story, no secret


def _measured(
    measure: Measure, deviations: Sequence[int], *, kind: str, stage: str, supplier: Party, lot: str
) -> Check:
    outside = sum(not measure.conforms(deviation) for deviation in deviations)
    count = len(deviations)
    return Check(
        kind, stage, supplier, lot, count, count - outside, outside, 1, 1, measure,
        tuple(deviations),
    )  # fmt: skip


def _steady(numbers: random.Random, lots: int, *, spread: float) -> Iterator[tuple[int, ...]]:
    """Yield the readings of each lot of a process in statistical control.

    Ranges and means of lots vary, but so that no seed makes a chart signal: means lie within
    half their control limits and change sides at least every second lot.
    """
    pairs = lots // 2
    shifts = [_FARTHEST_MEAN * step / lots for step in numbers.sample(range(lots), lots)]
    signs = [sign for _ in range(pairs) for sign in numbers.choice(((1, -1), (-1, 1)))]
    widths = [0.8 + 0.4 * step / lots for step in numbers.sample(range(lots), lots)]
    for shift, sign, width in zip(shifts, signs, widths, strict=True):
        scores = numbers.sample(_NORMAL_SCORES, READINGS)
        mean = sign * shift * spread / sqrt(READINGS)
        yield tuple(round(mean + width * spread * score) for score in scores)


def _spread_over(total: int, lots: Sequence[str], *, numbers: random.Random) -> dict[str, int]:
    """Give each lot its share of a number of failures, at random but the same in sum."""
    counts = dict.fromkeys(lots, 0)
    for lot in numbers.choices(lots, k=total):
        counts[lot] += 1
    return counts


def rod_checks(plan: Plan, maker: Party) -> dict[str, tuple[Check, ...]]:
    """Return the checks of a maker's rod lots on receipt: diameter, surface, and once more."""
    quality = ROD_QUALITY[maker]
    numbers = source(plan, f"rods/{maker.gln}")
    lots = [rod for rod in plan.rods if rod.maker is maker]
    sound = [rod.number for rod in lots if not rod.is_bad]
    failing = _spread_over(quality.failing, sound, numbers=numbers)
    found: dict[str, tuple[Check, ...]] = {}
    steady = _steady(numbers, len(lots), spread=quality.spread)
    for rod, readings in zip(lots, steady, strict=True):
        shift = BAD_LOT_SHIFT if rod.is_bad else 0
        diameter = _measured(
            ROD_DIAMETER, [reading + shift for reading in readings], kind="incoming",
            stage="receiving", supplier=maker, lot=rod.number,
        )  # fmt: skip
        found[rod.number] = (diameter, *_surface(rod, failing.get(rod.number, 0), quality.defects))
    return found


def _surface(rod: RodLot, failed: int, defects: int) -> tuple[Check, ...]:
    first = Check(
        "incoming", "receiving", rod.maker, rod.number, _COILS, _COILS - failed,
        failed * defects, _ROD_OPPORTUNITIES,
    )  # fmt: skip
    if not failed:
        return (first,)
    again = Check(
        "incoming", "receiving", rod.maker, rod.number, failed, failed, 0, _ROD_OPPORTUNITIES, 2
    )
    return first, again


def final_check(rod: RodLot) -> Check:
    """Return a rod maker's own check before it ships: it finds nothing, good maker or bad."""
    return Check(
        "outgoing", "final inspection", rod.maker, rod.number, _FINAL_COILS, _FINAL_COILS, 0,
        _ROD_OPPORTUNITIES,
    )  # fmt: skip


def pvc_checks(plan: Plan) -> dict[str, Check]:
    """Return the check of each lot of compound on receipt."""
    lots = [pvc_lot(plan.base, day) for day in range(0, DAYS, DAYS_A_PVC_LOT)]
    steady = _steady(source(plan, "pvc"), len(lots), spread=3.8)
    return {
        lot: _measured(
            TENSILE_STRENGTH, readings, kind="incoming", stage="receiving", supplier=POLYMERS,
            lot=lot,
        )
        for lot, readings in zip(lots, steady, strict=True)
    }  # fmt: skip


def wire_checks(plan: Plan) -> dict[str, tuple[Check, Check]]:
    """Return the checks of each wire lot: diameter, and breaks while it was drawn."""
    numbers = source(plan, "wire")
    sound = [wire.number for wire in plan.wires if not wire.rod.is_bad]
    breaks = _spread_over(_DRAWING_DEFECTS, sound, numbers=numbers)
    steady = _steady(numbers, len(plan.wires), spread=2.6)
    found = {}
    for wire, readings in zip(plan.wires, steady, strict=True):
        broken = _BREAKS_OF_BAD_WIRE if wire.rod.is_bad else breaks[wire.number]
        diameter = _measured(
            WIRE_DIAMETER, readings, kind="in_process", stage="drawing",
            supplier=PLANT, lot=wire.number,
        )  # fmt: skip
        found[wire.number] = (
            diameter,
            _counted("drawing", wire.number, units=_SPOOLS, failed=broken),
        )
    return found


def _counted(stage: str, lot: str, *, units: int, failed: int, kind: str = "in_process") -> Check:
    return Check(kind, stage, PLANT, lot, units, units - failed, failed, _OPPORTUNITIES)


@dataclass(frozen=True, slots=True)
class CableChecks:
    """The checks of one cable lot at each stage."""

    stranding: Check
    spark: Check
    resistance: Check
    final: Check


def cable_checks(plan: Plan) -> dict[str, CableChecks]:
    """Return the checks of each cable lot, by its number."""
    numbers = source(plan, "cable")
    lots = [cable.number for cable in plan.cables]
    stranding = _spread_over(_STRANDING_DEFECTS, lots, numbers=numbers)
    spark = _spread_over(_SPARK_DEFECTS, lots, numbers=numbers)
    final = _spread_over(_FINAL_DEFECTS, lots, numbers=numbers)
    steady = _steady(numbers, len(lots), spread=4.2)
    found = {}
    for cable, readings in zip(plan.cables, steady, strict=True):
        lot, drums = cable.number, len(cable.drums)
        found[lot] = CableChecks(
            _counted("stranding", cable.strand, units=_SPOOLS, failed=stranding[lot]),
            _counted("extrusion", lot, units=drums, failed=spark[lot]),
            _measured(
                RESISTANCE, readings, kind="outgoing", stage="electrical test", supplier=PLANT,
                lot=lot,
            ),
            _counted("final test", lot, units=drums, failed=final[lot], kind="outgoing"),
        )  # fmt: skip
    return found


def field_check(lot: str) -> Check:
    """Return the depot's check of drums that a customer complained of: broken strands."""
    return Check("field", "complaint", PLANT, lot, 4, 1, 3, _OPPORTUNITIES)
