"""Item records: one run per lot and batch, serials ascending, found without an index on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from traceability.store.bulk import bulk_insert
from traceability.store.tables import item_runs, items


@dataclass(frozen=True, slots=True)
class ItemRun:
    """A batch's items: `quantity` records from `first_index`, all of one GTIN and lot."""

    batch: int
    gtin: str
    lot: str
    first_index: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item record; its URI follows from its run's GTIN and lot."""

    batch: int
    record_index: int
    serial: str
    salt: bytes


class ItemRepository:
    """SQL over `item_runs` and `items`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_run(self, run: ItemRun, rows: Iterable[tuple[int, int, str, bytes]]) -> None:
        """Keep a run and its items: rows of (batch, record index, serial, salt).

        Serials must ascend with the record index: `find` searches by halving.
        """
        self._connection.execute(
            insert(item_runs).values(
                batch=run.batch,
                gtin=run.gtin,
                lot=run.lot,
                first_index=run.first_index,
                quantity=run.quantity,
            )
        )
        bulk_insert(
            self._connection,
            items,
            columns=("batch", "record_index", "serial", "salt"),
            rows=rows,
        )

    def run(self, batch: int) -> ItemRun | None:
        """Return the run of a batch, if it has items."""
        row = self._connection.execute(
            select(item_runs).where(item_runs.c.batch == batch)
        ).one_or_none()
        return None if row is None else ItemRun(*row)

    def runs_of(self, gtin: str, lot: str | None = None) -> list[ItemRun]:
        """Return the runs of a GTIN, or of one of its lots, oldest first."""
        statement = select(item_runs).where(item_runs.c.gtin == gtin)
        if lot is not None:
            statement = statement.where(item_runs.c.lot == lot)
        rows = self._connection.execute(statement.order_by(item_runs.c.batch))
        return [ItemRun(*row) for row in rows]

    def runs_of_lot(self, lot: str, *, gtin: str | None = None) -> list[ItemRun]:
        """Return the runs of a lot number, whatever the GTIN unless one is given."""
        statement = select(item_runs).where(item_runs.c.lot == lot)
        if gtin is not None:
            statement = statement.where(item_runs.c.gtin == gtin)
        rows = self._connection.execute(statement.order_by(item_runs.c.batch))
        return [ItemRun(*row) for row in rows]

    def get(self, batch: int, record_index: int) -> ItemRow | None:
        """Return one item record."""
        row = self._connection.execute(
            select(items).where(items.c.batch == batch, items.c.record_index == record_index)
        ).one_or_none()
        return None if row is None else ItemRow(*row)

    def between(self, batch: int, first: int, last: int) -> list[ItemRow]:
        """Return item records `first` … `last` − 1 of a batch."""
        rows = self._connection.execute(
            select(items)
            .where(
                items.c.batch == batch,
                items.c.record_index >= first,
                items.c.record_index < last,
            )
            .order_by(items.c.record_index)
        )
        return [ItemRow(*row) for row in rows]

    def serials_between(self, batch: int, first: int, last: int) -> list[tuple[str, bytes]]:
        """Return serials and salts of item records `first` … `last` − 1 of a batch."""
        rows = self._connection.execute(
            select(items.c.serial, items.c.salt)
            .where(
                items.c.batch == batch,
                items.c.record_index >= first,
                items.c.record_index < last,
            )
            .order_by(items.c.record_index)
        )
        return [(row[0], row[1]) for row in rows]

    def find(self, run: ItemRun, serial: str) -> ItemRow | None:
        """Return the item of a run with this serial: about 20 reads in a million.

        Items that were erased have no row: the next one that has is compared in their place.
        """
        low, high = run.first_index, run.first_index + run.quantity
        while low < high:
            middle = (low + high) // 2
            row = self._first(run.batch, middle, high)
            if row is not None and row.serial == serial:
                return row
            if row is not None and row.serial < serial:
                low = row.record_index + 1
            else:
                high = middle
        return None

    def _first(self, batch: int, first: int, last: int) -> ItemRow | None:
        """Return the first item at or after `first` and before `last`."""
        row = self._connection.execute(
            select(items)
            .where(
                items.c.batch == batch,
                items.c.record_index >= first,
                items.c.record_index < last,
            )
            .order_by(items.c.record_index)
            .limit(1)
        ).one_or_none()
        return None if row is None else ItemRow(*row)

    def latest(self) -> tuple[str, str, str] | None:
        """Return GTIN, lot and serial of the first item of the newest run."""
        statement = select(item_runs).order_by(item_runs.c.batch.desc()).limit(1)
        row = self._connection.execute(statement).one_or_none()
        end = 0 if row is None else row.first_index + row.quantity
        item = None if row is None else self._first(row.batch, row.first_index, end)
        return None if row is None or item is None else (row.gtin, row.lot, item.serial)

    def count(self) -> int:
        """Return how many items there are."""
        total = self._connection.scalar(select(func.sum(item_runs.c.quantity)))
        return int(total or 0)
