"""The balance worked out over all events in plain Python, with nothing of the program's own.

Amounts are kilograms as decimal numbers; the generated worlds say them in kilograms, grams or
tonnes, or as single things of a stated net weight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tests.support.lineage import World
from traceability.lineage.rules import Fact, erroneous

IN_KILOGRAMS = {"KGM": Decimal(1), "GRM": Decimal("0.001"), "TNE": Decimal(1000)}


@dataclass(frozen=True)
class Sums:
    """What went in, came out and was scrap; none where something is not said."""

    input: Decimal | None
    output: Decimal | None
    scrap: Decimal | None

    @property
    def unaccounted(self) -> Decimal | None:
        if self.input is None or self.output is None or self.scrap is None:
            return None
        return self.input - self.output - self.scrap


def transformations(world: World, events: Collection[int]) -> dict[frozenset[int], Sums]:
    """Return the sums of every transformation that has one of the events."""
    out = erroneous(world.facts)
    groups: dict[object, list[Fact]] = defaultdict(list)
    for fact in world.facts:
        if fact.type == "TransformationEvent" and fact.number not in out:
            groups[fact.transformation_id or fact.number].append(fact)
    found = {}
    for group in groups.values():
        numbers = frozenset(fact.number for fact in group)
        if numbers & set(events):
            found[numbers] = _sums(world, group)
    return found


def _sums(world: World, group: list[Fact]) -> Sums:
    named = {role: [one for fact in group for one in fact.objects if one.role == role]
             for role in ("input", "output")}  # fmt: skip
    scraps = [
        one for fact in group for one in world.said.get(fact.number, ()) if one.name == "scrap"
    ]
    masses = [
        [kilograms(world, one.code, one.quantity, one.uom) for one in named["input"]],
        [kilograms(world, one.code, one.quantity, one.uom) for one in named["output"]],
        [kilograms(world, "", one.value, one.uom) for one in scraps],
    ]
    is_said = all(mass is not None for side in masses for mass in side)
    if not is_said or not masses[0] or not masses[1]:
        return Sums(None, None, None)
    return Sums(*(sum((mass for mass in side if mass is not None), Decimal(0)) for side in masses))


def kilograms(world: World, code: str, quantity: str | None, uom: str | None) -> Decimal | None:
    """Return the mass of an amount; of a single thing what the event that made it says."""
    if quantity is not None:
        return None if uom not in IN_KILOGRAMS else Decimal(quantity) * IN_KILOGRAMS[uom]
    if "/21/" not in code:
        return None
    out = erroneous(world.facts)
    weights = {
        Decimal(said.value) * IN_KILOGRAMS[said.uom or ""]
        for fact in world.facts
        if fact.number not in out and code in {*fact.codes("output"), *fact.codes("epc")}
        for said in world.said.get(fact.number, ())
        if said.name == "net_weight"
    }
    return weights.pop() if len(weights) == 1 else None


def left_of(world: World, code: str) -> Decimal | None:
    """Return what is left of a lot: made, or else commissioned, less used and destroyed."""
    made, commissioned, gone = [], [], []
    out = erroneous(world.facts)
    for fact in world.facts:
        for one in fact.objects:
            if one.code != code or fact.number in out:
                continue
            mass = kilograms(world, code, one.quantity, one.uom)
            if fact.type == "TransformationEvent":
                (made if one.role == "output" else gone).append(mass)
            elif fact.type == "ObjectEvent" and fact.biz_step == "destroying":
                gone.append(mass)
            elif fact.type == "ObjectEvent" and fact.action == "ADD":
                commissioned.append(mass)
    entered = made or commissioned
    if not entered or None in entered or None in gone:
        return None
    return sum((one for one in entered if one is not None), Decimal(0)) - sum(
        (one for one in gone if one is not None), Decimal(0)
    )
