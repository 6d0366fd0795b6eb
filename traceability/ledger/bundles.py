"""Making a proof bundle: from one record to the newest head that covers it.

The newest anchored head with evidence is preferred; where the record is younger, the newest
head that ends with a state entry is used, and the bundle then says `logged`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from traceability.codes.uris import item_prefix
from traceability.errors import NotFound
from traceability.hashing.commitment import Field, RecordKind, item_header, salted_fields
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import BatchStatement, parse_statement
from traceability.ledger.erasure import remaining
from traceability.ledger.faults import KeyUnknown, RecordUnknown
from traceability.ledger.identity import Identity
from traceability.ledger.receipts import NotLoggedYet
from traceability.ledger.state import StateCache
from traceability.ledger.tree_reading import (
    BatchNodes,
    UpperLevelsCache,
    log_nodes,
)
from traceability.merkle.proofs import Node, consistency_path, inclusion_path
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.entries import EntryRow
from traceability.store.repositories.tree import CheckpointRow
from traceability.strict_json import parse_json
from traceability.verify.building import disclose_from, key_part, status_runs
from traceability.verify.bundle import (
    Bundle,
    CompleteDisclosure,
    Disclosure,
    EntryPart,
    LoggedPart,
    LotPart,
    RecordPart,
    SeenProof,
)
from traceability.verify.evidence import AnchorEvidence
from traceability.verify.identity import LOT_MEDIA_TYPE
from traceability.verify.reading import parse_evidence

LOT_HEADER = {"kind": "document", "media_type": LOT_MEDIA_TYPE}
# Chooses which fields of a record are shown.
Selection = Callable[[RecordKind, list[Field]], list[int] | None]


class RecordErased(NotFound):
    """The record's content was erased; its commitment remains in the log."""

    code = "RECORD_ERASED"


@dataclass(frozen=True, slots=True)
class RecordAddress:
    """Where a record is: its batch and its index there."""

    batch: int
    record_index: int


def show_all(_kind: RecordKind, _fields: list[Field]) -> None:
    """Select every field: a complete disclosure."""


class BundleBuilder:
    """Builds bundles on one snapshot of the store."""

    def __init__(
        self,
        repositories: Repositories,
        identity: Identity,
        *,
        states: StateCache,
        upper: UpperLevelsCache,
    ) -> None:
        self._repositories = repositories
        self._identity = identity
        self._states = states
        self._upper = upper

    def build(self, address: RecordAddress, *, select: Selection = show_all) -> Bundle:
        """Build the bundle of one record.

        Raises
        ------
        RecordUnknown, RecordErased
            There is nothing to show.
        NotLoggedYet
            No head that ends with a state entry covers the record yet.
        """
        batch, entry, leaf_index = self._place(address)
        head, anchor = self._head_over(leaf_index)
        nodes = log_nodes(self._repositories, head.tree_size)
        trees = self._states.at(self._repositories, head.tree_size - 1)
        statement = parse_statement(parse_envelope(entry.envelope).payload)
        if not isinstance(statement, BatchStatement):
            raise RecordUnknown("entry is not a batch")
        upper = self._upper.of(self._repositories, batch)
        batch_nodes = BatchNodes(self._repositories, batch, upper=upper)
        return Bundle(
            record=self._record(address, batch, batch_nodes, select),
            entry=EntryPart(
                parse_envelope(entry.envelope),
                leaf_index,
                _path(leaf_index, head.tree_size, nodes),
            ),
            state=self._logged(head.tree_size - 1, head.tree_size, nodes),
            key=key_part(trees.keys, statement.header.key),
            registration=self._registration(statement.header.key, head.tree_size, nodes),
            status=status_runs(trees.statuses, entry.leaf_hash, address.record_index),
            genesis=self._identity.genesis_envelope,
            checkpoint=head.text,
            card=self._card(statement.header.key),
            lot=self._lot(batch, batch_nodes),
            anchor=anchor,
            seen_proof=self._seen_proof(statement, head.tree_size, nodes),
        )

    def _place(self, address: RecordAddress) -> tuple[BatchRow, EntryRow, int]:
        batch = self._repositories.batches.get(address.batch)
        if batch is None or not 0 <= address.record_index < batch.record_count:
            raise RecordUnknown(
                f"record {address.record_index} of batch {address.batch} is unknown"
            )
        entry = self._repositories.entries.by_arrival(batch.arrival)
        if entry is None or entry.leaf_index is None:
            raise NotLoggedYet("record has arrived and has no place in the log yet")
        return batch, entry, entry.leaf_index

    def _head_over(self, leaf_index: int) -> tuple[CheckpointRow, AnchorEvidence | None]:
        tree = self._repositories.tree
        proven = self._repositories.anchors.newest_proven()
        if proven is not None and proven.evidence and proven.tree_size - 1 > leaf_index:
            head = tree.checkpoint(proven.tree_size)
            if head is not None and head.ends_with_state:
                return head, _evidence(proven.evidence)
        head = tree.latest_checkpoint(ends_with_state=True)
        if head is None or head.tree_size - 1 <= leaf_index:
            raise NotLoggedYet("no state entry follows the record yet: ask again in a moment")
        return head, None

    def _record(
        self, address: RecordAddress, batch: BatchRow, nodes: BatchNodes, select: Selection
    ) -> RecordPart:
        kind, record = self._fields(address)
        return RecordPart(
            kind=kind,
            index=address.record_index,
            path=_path(address.record_index, batch.record_count, nodes.node),
            fields=_disclose(record, kind, select),
        )

    def _fields(self, address: RecordAddress) -> tuple[RecordKind, PartialRecord]:
        row = self._repositories.batches.record(address.batch, address.record_index)
        if row is None:
            return RecordKind.ITEM, PartialRecord.of([self._item_field(address)])
        record = remaining(self._repositories, row)
        kind = RecordKind(row.kind)
        is_gone = record is not None and kind is RecordKind.DOCUMENT and record.is_header_only
        if record is None or (is_gone and record.erased):
            raise RecordErased("record's content was erased")
        return kind, record

    def _item_field(self, address: RecordAddress) -> Field:
        run = self._repositories.items.run(address.batch)
        item = self._repositories.items.get(address.batch, address.record_index)
        if run is not None and item is None:
            index = address.record_index
            if self._repositories.erasing.erased_items(address.batch, index, index + 1):
                raise RecordErased("item was erased")
        if run is None or item is None:
            raise RecordUnknown(
                f"record {address.record_index} of batch {address.batch} is unknown"
            )
        uri = item_prefix(run.gtin, run.lot) + item.serial
        return Field((), item.salt, item_header(uri))

    def _logged(self, index: int, tree_size: int, nodes: Node) -> LoggedPart:
        row = self._repositories.entries.by_leaf_index(index)
        if row is None:
            raise RecordUnknown(f"entry {index} is missing from the store")
        return LoggedPart(parse_envelope(row.envelope), _path(index, tree_size, nodes))

    def _registration(self, key_id: bytes, tree_size: int, nodes: Node) -> LoggedPart:
        key = self._repositories.keys.get(key_id)
        if key is None or key.registered_at is None:
            raise KeyUnknown(f"key {key_id.hex()[:16]} is not in the log")
        return self._logged(key.registered_at, tree_size, nodes)

    def _card(self, key_id: bytes) -> Disclosure | None:
        key = self._repositories.keys.get(key_id)
        card = None if key is None else self._repositories.participants.card(key.card)
        if card is None or card.payload is None or card.secret is None:
            return None
        value = parse_json(card.payload)
        return CompleteDisclosure(tuple(salted_fields(RecordKind.PARTICIPANT, value, card.secret)))

    def _lot(self, batch: BatchRow, nodes: BatchNodes) -> LotPart | None:
        run = self._repositories.items.run(batch.batch)
        if run is None or run.first_index == 0:
            return None
        try:
            kind, record = self._fields(RecordAddress(batch.batch, 0))
        except RecordErased:
            return None
        if record.fields[0].value != LOT_HEADER:
            # A participant may sign items without saying more of their lot.
            return None
        path = _path(0, batch.record_count, nodes.node)
        return None if record.erased else LotPart(path, _disclose(record, kind, show_all))

    def _seen_proof(
        self, statement: BatchStatement, tree_size: int, nodes: Node
    ) -> SeenProof | None:
        seen = self._repositories.anchors.of_size(statement.seen.tree_size)
        if seen is None or not seen.evidence or seen.root_hash != statement.seen.root_hash:
            return None
        path = consistency_path(seen.tree_size, tree_size=tree_size, node=nodes)
        return SeenProof(tuple(path), _evidence(seen.evidence))


def _path(index: int, tree_size: int, node: Node) -> tuple[bytes, ...]:
    return tuple(inclusion_path(index, tree_size=tree_size, node=node))


def _disclose(record: PartialRecord, kind: RecordKind, select: Selection) -> Disclosure:
    """Return the fields that are chosen of those that are not erased."""
    there = record.fields
    chosen = select(kind, list(there.values()))
    if chosen is None and not record.erased:
        return CompleteDisclosure(tuple(there.values()))
    indexes = list(there)
    return disclose_from(record, indexes if chosen is None else [indexes[at] for at in chosen])


def _evidence(data: bytes) -> AnchorEvidence:
    return parse_evidence(parse_json(data))
