"""From the lines of a report to its figures, and to what fits on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from traceability.lineage.recalls.report import PIECES, Figures, Line, LotPart, Step
from traceability.lineage.recalls.states import STATES
from traceability.lineage.results import Edge
from traceability.lineage.rules import kind_of

_SERIAL_KINDS = ("item",)


def figures_of(lines: Iterable[Line]) -> Iterator[Figures]:
    """Yield what became of single things, then of amounts, unit by unit.

    What is counted without anybody saying how much of it there is, a lot that events only name,
    has no figure: a finding says so.
    """
    sums: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        unit = PIECES if line.kind in _SERIAL_KINDS else line.unit
        if unit is not None:
            amounts = sums.setdefault(unit, dict.fromkeys(STATES, Decimal(0)))
            amounts[line.state] += Decimal(1) if line.quantity is None else line.quantity
    for unit in sorted(sums, key=lambda one: (one != PIECES, one)):
        yield Figures(unit, sum(sums[unit].values(), Decimal(0)), **sums[unit])


def group_of(code: str, lot_of: Mapping[str, str]) -> str:
    """Return what stands for a code where not every piece is told: its lot, else its product."""
    if code in lot_of:
        return lot_of[code]
    return code.rpartition("/21/")[0] or code if kind_of(code) in _SERIAL_KINDS else code


def parts_of(lines: Sequence[Line]) -> Iterator[LotPart]:
    """Yield the lines together that are of one lot, in one state, at one holder."""
    groups: dict[tuple[str, str, int, str], list[Line]] = {}
    for line in lines:
        lot = group_of(line.code, {line.code: line.lot} if line.lot else {})
        groups.setdefault((lot, line.state, line.holder, line.unit or ""), []).append(line)
    for (lot, state, holder, unit), found in sorted(groups.items()):
        codes = [line.code for line in found]
        amounts = [line.quantity for line in found if line.quantity is not None]
        total = sum(amounts, Decimal(0)) if amounts else None
        yield LotPart(lot, state, holder, len(found), min(codes), max(codes), total, unit or None)


def steps_of(edges: Iterable[Edge], lot_of: Mapping[str, str]) -> Iterator[Step]:
    """Yield edges, those together that differ in the pieces of a lot only, in their order."""
    groups: dict[tuple[str, str, str, str], list[Edge]] = {}
    for edge in edges:
        source, target = group_of(edge.source, lot_of), group_of(edge.target, lot_of)
        # A serial is in its lot by its own item record: the first of them stands for all.
        event = "" if edge.relation == "membership" else edge.event_id
        groups.setdefault((source, target, edge.relation, event), []).append(edge)
    for (source, target, relation, _), found in groups.items():
        first = found[0]
        ends = (first.source, first.target) if len(found) == 1 else (source, target)
        yield Step(*ends, len(found), relation, first.event_id, first.proof_url)
