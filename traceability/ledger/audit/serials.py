"""No serial of a GTIN is issued twice, in whichever batches its items are.

Within a batch serials ascend, which the leaves' check holds; so the batches of a GTIN are merged
like sorted lists, a few rows of each at a time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.units import Context, Result, SerialsUnit
from traceability.store.repositories.items import ItemRun

# Rows in memory, of all batches of a GTIN together; and of one of them at least.
ROWS, LEAST = 65_536, 32


def check_serials(context: Context, unit: SerialsUnit) -> Result:
    """Name every serial of a GTIN that more than one batch has issued."""
    runs = context.repositories.items.runs_of(unit.gtin)
    step = max(LEAST, ROWS // max(1, len(runs)))
    differences: list[Difference] = []
    before, first = "", ""
    for serial, place in heapq.merge(*(_serials(context, run, step) for run in runs)):
        if serial == before:
            found = f"also {first}"
            fault = Difference("items", place, "serial", f"one item {serial} of {unit.gtin}", found)
            differences.append(fault)
        else:
            before, first = serial, place
    return Result(differences)


def _serials(context: Context, run: ItemRun, step: int) -> Iterator[tuple[str, str]]:
    """Yield the serials of a batch, each with its place."""
    # Not what the row says alone: a hand may have made it the largest number there is.
    end = min(run.first_index + run.quantity, context.rows.item_end(run.batch))
    for first in range(run.first_index, end, step):
        last = min(first + step, end)
        found = context.repositories.items.serials_between(run.batch, first, last)
        for at, (serial, _) in enumerate(found, first):
            yield serial, f"{run.batch}, {at}"
