"""No serial of a GTIN is issued twice, in whichever batches its items are.

Within a batch serials ascend; one that does not is named where its leaves are recomputed
(`leaves.py`). So the batches of a GTIN are compared like sorted lists, a window of each at a
time. Where a serial is met twice, or a list does not ascend after all, the database is asked for
every serial that is there twice: it sorts them itself, whatever their order.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import lt

from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.units import Context, Result, SerialsUnit

# Serials in memory, of all batches of a GTIN together; and of one of them at least.
ROWS, LEAST = 65_536, 128


def check_serials(context: Context, unit: SerialsUnit) -> Result:
    """Name every serial of a GTIN that is issued more than once."""
    if _all_differ(context, unit.gtin):
        return Result([])
    differences: list[Difference] = []
    before, first = "", ""
    for serial, batch, index in context.rows.serials_issued_twice(unit.gtin):
        place = f"{batch}, {index}"
        if serial == before:
            expected, found = f"one item {serial} of {unit.gtin}", f"also {first}"
            differences.append(Difference("items", place, "serial", expected, found))
        else:
            before, first = serial, place
    return Result(differences)


def _all_differ(context: Context, gtin: str) -> bool:
    """Tell whether every batch's serials ascend, and none is in two of them."""
    runs = context.repositories.items.runs_of(gtin)
    step = max(LEAST, ROWS // max(1, len(runs)))
    lots = [_Lot(context, run.batch, step) for run in runs]
    while True:
        if not all(lot.fill() for lot in lots):
            return False
        lots = [lot for lot in lots if lot.serials]
        if not lots:
            return True
        # Whatever is not above it has been read, of every batch.
        limit = min([lot.serials[-1] for lot in lots])
        taken = [serial for lot in lots for serial in lot.take(limit)]
        if len(set(taken)) != len(taken):
            return False


@dataclass(slots=True)
class _Lot:
    """The serials of a batch that are read and not compared yet."""

    context: Context
    batch: int
    step: int
    serials: list[str] = field(default_factory=list)
    index: int = -1
    last: str = ""
    is_over: bool = False

    def fill(self) -> bool:
        """Read more where less than half is left; return whether what was read ascends."""
        if self.is_over or 2 * len(self.serials) >= self.step:
            return True
        found = self.context.rows.serials_after(self.batch, self.index, limit=self.step)
        self.is_over = len(found) < self.step
        if not found:
            return True
        serials = [serial for _, serial in found]
        ascend = self.last < serials[0] and all(map(lt, serials, serials[1:]))
        self.index, self.last = found[-1][0], serials[-1]
        self.serials += serials
        return ascend

    def take(self, limit: str) -> list[str]:
        """Hand over the serials up to a limit."""
        if self.serials[0] > limit:
            return []
        end = bisect_right(self.serials, limit)
        taken, self.serials = self.serials[:end], self.serials[end:]
        return taken
