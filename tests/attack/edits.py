"""Rows of a ledger in memory: what is changed together, and hashes made to fit again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, insert

from tests.attack.audited_erasures import Former, Row
from traceability.codes.uris import item_prefix
from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import Commitment, RecordKind, item_leaf_hashes
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import BatchStatement, parse_statement
from traceability.merkle.tree import leaf_hash, root_hash
from traceability.store.tables import metadata
from traceability.strict_json import parse_json

LEAVES_OF_A_TILE = 256


class Edit(NamedTuple):
    """A row as it is and as it is to be; None: there is none."""

    table: str
    before: Row | None
    after: Row | None


Edits = tuple[Edit, ...]


class Forgery(NamedTuple):
    """A change of several rows or columns, and the column by which it has to be named."""

    says: str
    named: str
    edits: Edits


def changed(table: str, row: Row, **values: Any) -> Edit:
    """Return the edit that gives a row other values."""
    return Edit(table, row, row | values)


def statements(edits: Sequence[Edit]) -> list[Any]:
    """Return what makes edits: all that goes, then all that comes."""
    gone = [_delete(one.table, one.before) for one in edits if one.before is not None]
    new = [
        insert(metadata.tables[one.table]).values(one.after)
        for one in edits
        if one.after is not None
    ]
    return [*gone, *new]


def undoing(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that undo edits."""
    return [Edit(one.table, one.after, one.before) for one in edits]


def _delete(table: str, row: Row) -> Any:
    columns = metadata.tables[table].primary_key.columns
    return delete(metadata.tables[table]).where(
        and_(*(column == row[column.name] for column in columns))
    )


class Rows:
    """Every row of a ledger, and those of before its erasures."""

    def __init__(self, now: Former, former: Former) -> None:
        self.now, self.former = now, former

    def all(self, table: str, is_it: Callable[[Row], object] = lambda _row: True) -> list[Row]:
        """Return the rows of a table of which something is true."""
        return [row for row in self.now[table] if is_it(row)]

    def one(self, table: str, is_it: Callable[[Row], object] = lambda _row: True) -> Row:
        """Return the first such row."""
        return self.all(table, is_it)[0]

    def at(self, table: str, place: Row) -> Row | None:
        """Return a table's row at the batch and record index of another row."""
        found = self.all(table, lambda row: is_at(row, place))
        return found[0] if found else None

    def entry_of(self, place: Row) -> Row:
        """Return the entry of the batch of a row."""
        batch = self.one("batches", lambda row: row["batch"] == place["batch"])
        return self.one("entries", lambda row: row["arrival"] == batch["arrival"])

    def after(self, edits: Sequence[Edit]) -> Rows:
        """Return the rows as edits leave them."""
        now = {table: list(rows) for table, rows in self.now.items()}
        for table, before, after in edits:
            if before is not None:
                now[table].remove(before)
            if after is not None:
                now[table].append(after)
        return Rows(now, self.former)

    def unused(self, table: str, column: str) -> int:
        """Return a number that no row has, nor had."""
        return 1 + max(int(row[column]) for row in [*self.now[table], *self.former[table]])


def is_at(row: Row, place: Row) -> bool:
    """Tell whether two rows are of the same batch and record index."""
    return (row["batch"], row["record_index"]) == (place["batch"], place["record_index"])


def batch_root(rows: Rows, batch: int) -> bytes:
    """Return the root that the rows of a batch hash to."""
    leaves: dict[int, bytes] = {}
    for row in rows.all("records", lambda row: row["batch"] == batch):
        said = Commitment(RecordKind(row["kind"]), row["field_count"], row["field_root"])
        leaves[row["record_index"]] = said.leaf_hash()
    for row in rows.all("erased_items", lambda row: row["batch"] == batch):
        said = Commitment(RecordKind.ITEM, 1, row["field_root"])
        leaves[row["record_index"]] = said.leaf_hash()
    for run in rows.all("item_runs", lambda row: row["batch"] == batch):
        for row in rows.all("items", lambda row: row["batch"] == batch):
            prefix = item_prefix(run["gtin"], run["lot"])
            (leaves[row["record_index"]],) = item_leaf_hashes(prefix, [row["serial"]], row["salt"])
    return root_hash([leaves[index] for index in sorted(leaves)])


def with_root(rows: Rows, edits: Edits, batch: int) -> Edits:
    """Let a batch's row fit its records again."""
    row = rows.one("batches", lambda row: row["batch"] == batch)
    root = batch_root(rows.after(edits), batch)
    return (*edits, changed("batches", row, batch_root=root))


def with_entry(rows: Rows, edits: Edits, batch: int) -> Edits:
    """Let a batch's entry fit its row again, under the signature that it has."""
    row = rows.after(edits).one("batches", lambda row: row["batch"] == batch)
    entry = rows.entry_of(row)
    envelope = parse_envelope(entry["envelope"])
    statement = parse_statement(envelope.payload)
    if not isinstance(statement, BatchStatement):
        raise TypeError("a batch has a batch entry")
    payload = replace(statement, batch_root=row["batch_root"]).to_payload()
    data = replace(envelope, payload=payload).to_bytes()
    return (*edits, changed("entries", entry, envelope=data, leaf_hash=leaf_hash(data)))


def with_tree(rows: Rows, edits: Edits) -> Edits:
    """Let tiles and heads fit the entries again, under the signatures that they have."""
    new = rows.after(edits)
    placed = sorted(new.all("entries"), key=lambda row: row["leaf_index"])
    leaves = [bytes(row["leaf_hash"]) for row in placed]
    if len(leaves) >= LEAVES_OF_A_TILE:
        raise AssertionError("the log fits one tile")
    tile = changed("log_tiles", rows.one("log_tiles"), hashes=b"".join(leaves))
    heads = [
        changed("checkpoints", row, root_hash=root_hash(leaves[: row["tree_size"]]))
        for row in rows.all("checkpoints")
    ]
    return (*edits, tile, *[one for one in heads if one.before != one.after])


def with_members(row: Row, **members: Any) -> bytes:
    """Return the payload of a row with other members."""
    value = parse_json(row["payload"])
    if not isinstance(value, dict):
        raise TypeError("a record is an object")
    return canonicalize(value | members)
