"""What the log says is erased: only that may be missing, and it must be."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from traceability.errors import ItemProofError
from traceability.hashing.commitment import Commitment, RecordKind
from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import ERASED, Ranges, StatusStatement
from traceability.ledger.audit.difference import Difference, compare
from traceability.ledger.audit.units import Context, read_statement
from traceability.store.repositories.auditing import AuditedEvent, Range
from traceability.store.repositories.batches import RecordRow

ALL = ((0, 2**62),)


@dataclass(slots=True)
class Erased:
    """What of one batch is erased: records whole, and fields of others by their leaf indexes."""

    whole: list[tuple[int, int]] = field(default_factory=list)
    fields: dict[int, set[int]] = field(default_factory=dict)

    def is_whole(self, index: int) -> bool:
        """Tell whether all of a record is erased."""
        return any(first <= index <= last for first, last in self.whole)

    def add(self, statement: StatusStatement) -> None:
        """Take over what an entry says."""
        records: Ranges = ALL if isinstance(statement.records, int) else statement.records
        ranges = None if statement.erasure is None else statement.erasure.fields
        if ranges is None:
            self.whole += records
            return
        gone = {at for first, last in ranges for at in range(first, last + 1)}
        self.fields.setdefault(records[0][0], set()).update(gone)


NOTHING = Erased()


class Erasures:
    """What is erased of the batches of a range, and what is kept in its place."""

    def __init__(self, context: Context, asked: Range) -> None:
        self._of: dict[int, Erased] = {}
        found = context.rows.erasures(asked) if context.has_erasures else []
        for batch, entry_hash, envelope in found:
            statement = read_statement(envelope)
            # The row is compared with its entry elsewhere; here only the entry counts.
            if (
                isinstance(statement, StatusStatement)
                and statement.kind == ERASED
                and statement.entry == entry_hash
            ):
                self._of.setdefault(batch, Erased()).add(statement)
        self.partials = context.rows.partials(asked)

    def of(self, batch: int) -> Erased:
        """Return what is erased of a batch."""
        return self._of.get(batch, NOTHING)

    def check(self, row: RecordRow, event: AuditedEvent | None) -> Iterator[Difference] | None:
        """Check a record of which something is or should be erased; None: it is whole."""
        erased = self.of(row.batch)
        left = self.partials.get((row.batch, row.record_index))
        is_whole = erased.is_whole(row.record_index)
        fields = erased.fields.get(row.record_index)
        if not is_whole and fields is None and left is None:
            return None
        key = f"{row.batch}, {row.record_index}"
        if is_whole and row.kind == RecordKind.DOCUMENT:
            return _check_header(key, row, left)
        if is_whole:
            return _check_gone(key, row, event, left)
        if fields is None:
            return _check_unsaid(key, row)
        return _check_partial(key, row, fields, left)


def _check_unsaid(key: str, row: RecordRow) -> Iterator[Difference]:
    """Name what is kept in the place of a record that no entry erased, and what it lacks."""
    yield Difference("partial_records", key, "leaves", "an erasure entry", "none")
    for column in ("payload", "secret"):
        if getattr(row, column) is None:
            yield Difference("records", key, column, "content, or an erasure entry", "nothing")


def _check_gone(
    key: str, row: RecordRow, event: AuditedEvent | None, left: bytes | None
) -> Iterator[Difference]:
    """Check that nothing is left of a record that is erased."""
    yield from _check_no_content(key, row, "nothing: it is erased")
    if left is not None:
        yield Difference("partial_records", key, "leaves", "nothing: it is erased", "content")
    if event is not None:
        yield Difference("events", key, "event", "nothing: it is erased", "an event")


def _check_header(key: str, row: RecordRow, left: bytes | None) -> Iterator[Difference]:
    """Check that of an erased document exactly the header is left, which commits to its type.

    Without it nobody can say what the document was, and a type would be anybody's word.
    """
    yield from _check_no_content(key, row, "nothing: it is erased")
    if left is None and row.media_type is not None:
        yield Difference("partial_records", key, "leaves", "the header", "nothing")
        expected = "none: no header says it"
        yield Difference("records", key, "media_type", expected, row.media_type)
    if left is not None:
        record = yield from _check_leaves(key, row, left)
        if record is not None and not record.is_header_only:
            yield Difference("partial_records", key, "leaves", "the header alone", "other leaves")


def _check_no_content(key: str, row: RecordRow, expected: str) -> Iterator[Difference]:
    for column in ("payload", "secret"):
        if getattr(row, column) is not None:
            yield Difference("records", key, column, expected, "content")


def _check_partial(
    key: str, row: RecordRow, fields: set[int], left: bytes | None
) -> Iterator[Difference]:
    """Check that exactly the erased fields are missing, and that the others are the signed ones."""
    yield from _check_no_content(key, row, "nothing: fields are erased")
    if left is None:
        if row.payload is None:
            yield Difference("partial_records", key, "leaves", "the other fields", "nothing")
        return
    record = yield from _check_leaves(key, row, left)
    if record is not None:
        expected, found = sorted(fields), sorted(record.erased)
        yield from compare("partial_records", key, column="leaves", expected=expected, found=found)


def _check_leaves(
    key: str, row: RecordRow, left: bytes
) -> Generator[Difference, None, PartialRecord | None]:
    """Check that what is left of a record is of the signed one; return it."""
    table, column = "partial_records", "leaves"
    try:
        record = PartialRecord.from_bytes(left)
        computed = record.commitment(RecordKind(row.kind))
    except (ItemProofError, ValueError) as error:
        yield Difference(table, key, column, "leaves of a record", str(error)[:64])
        return None
    for expected, found in (
        (row.field_root, computed.field_root),
        (row.field_count, computed.field_count),
    ):
        yield from compare(table, key, column=column, expected=expected, found=found)
    return record


def event_left(left: bytes | None) -> PartialRecord | None:
    """Return what is left of an event; None where it cannot be read."""
    try:
        return None if left is None else PartialRecord.from_bytes(left)
    except ItemProofError:
        return None


class ErasedItems:
    """The erased items of a range: their leaves come from what is kept of them."""

    def __init__(self, context: Context, asked: Range) -> None:
        self._context = context
        self._asked = asked
        self._kept = context.rows.erased_items(asked)
        self._erasures = Erasures(context, asked)
        self.differences: list[Difference] = []

    def rest(self) -> list[int]:
        """Return the batches of which every item of the range is erased."""
        return sorted(self._kept)

    def merged(self, batch: int, hashes: list[bytes]) -> list[bytes]:
        """Put the leaves of a batch's erased items between those of the others."""
        kept = self._kept.pop(batch, {})
        erased = self._erasures.of(batch)
        if not kept and not erased.whole:
            return hashes
        indexes = self._context.rows.item_indexes(batch, self._asked.first, self._asked.last)
        self._compare(batch, erased, indexes, kept)
        leaves = {
            index: Commitment(RecordKind.ITEM, 1, root).leaf_hash() for index, root in kept.items()
        }
        leaves.update(zip(indexes, hashes, strict=False))
        return [leaves[index] for index in sorted(leaves)]

    def _compare(
        self, batch: int, erased: Erased, indexes: Sequence[int], kept: dict[int, bytes]
    ) -> None:
        """Check that what is kept of erased items is kept of those that are, and of no others."""
        for index in sorted(kept):
            if not erased.is_whole(index):
                key, expected = f"{batch}, {index}", "an erasure entry"
                fault = Difference("erased_items", key, "field_root", expected, "none")
                self.differences.append(fault)
        for index in indexes:
            if erased.is_whole(index):
                key, expected = f"{batch}, {index}", "nothing: it is erased"
                fault = Difference("items", key, "serial, salt", expected, "content")
                self.differences.append(fault)
