"""What stands outside the log: the second place, anchors and their evidence, the contract."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.chain.transactions import read_anchor_transaction
from traceability.errors import ItemProofError
from traceability.ledger.audit.difference import (
    NO_PROOF,
    Difference,
    Finding,
    Unchecked,
    compare,
    shown,
)
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.log import LogReplay
from traceability.ledger.second_place import ServedHead
from traceability.store.repositories.anchors import ANCHORED, NOT_FINAL, AttemptRow
from traceability.strict_json import parse_json
from traceability.verify.evidence import AnchoredHead, check_evidence
from traceability.verify.reading import parse_evidence

STATES = (*NOT_FINAL, "final")


def check_served(log: LogReplay, served: ServedHead | None) -> Iterator[Difference]:
    """Compare the log with the last head that was served before the audit began."""
    if served is None:
        return
    size, key = log.replay.size, str(served.tree_size)
    if served.tree_size > size:
        expected = f"served head of {key}"
        yield Difference("checkpoints", key, "tree_size", expected, f"log of {size}")
        return
    yield from compare(
        "checkpoints",
        key,
        column="root_hash",
        expected=served.root_hash,
        found=log.root(served.tree_size),
    )


def check_anchors(log: LogReplay, code_hash: bytes | None) -> Iterator[Finding]:
    """Check each anchor: its transaction, its head, its evidence down to its block's hash."""
    for row in log.repositories.anchors.each():
        yield from _check_transaction(row, log.replay)
        key = str(row.attempt)
        if row.state not in STATES:
            yield Difference("anchors", key, "state", " or ".join(STATES), shown(row.state))
        yield from _check_kept(row)
        yield from _check_said(row)
        if row.tree_size > log.replay.size:
            found, expected = str(row.tree_size), f"at most {log.replay.size}"
            yield Difference("anchors", key, "tree_size", expected, found)
            continue
        root = log.root(row.tree_size)
        yield from compare("anchors", key, column="root_hash", expected=root, found=row.root_hash)
        if row.evidence is not None and code_hash is not None:
            yield from _check_evidence(row, log.replay, root, code_hash)


def _check_transaction(row: AttemptRow, replay: Replay) -> Iterator[Difference]:
    """Compare a row with the bytes that were signed; one that was learnt elsewhere has none.

    Who signs says before what it will cost: of what was learnt from the chain or from a mirror,
    nothing was expected.
    """
    key = str(row.attempt)
    if not row.raw:
        if (row.estimated_gas, row.estimated_price) != (None, None):
            yield Difference("anchors", key, "raw", "a signed transaction", "nothing")
        return
    try:
        told = read_anchor_transaction(row.raw)
    except ItemProofError as error:
        yield Difference("anchors", key, "raw", "a signed transaction", str(error)[:64])
        return
    for column in ("tx_hash", "nonce", "from_size", "tree_size", "root_hash"):
        expected, found = getattr(told, column), getattr(row, column)
        yield from compare("anchors", key, column=column, expected=expected, found=found)
    contract = "" if replay.genesis is None else replay.genesis.contract
    expected = (shown(replay.log_id()), contract.lower())
    found = (shown(told.log_id), "0x" + told.to.hex())
    yield from compare("anchors", key, column="raw", expected=expected, found=found)


def _check_kept(row: AttemptRow) -> Iterator[Difference]:
    """Check that evidence is there where its block is named."""
    if (row.evidence is None) != (row.evidence_block_number is None):
        found = "nothing" if row.evidence is None else "a storage proof"
        expected = "of a block that is named" if found == "a storage proof" else "a storage proof"
        yield Difference("anchors", str(row.attempt), "evidence", expected, found)


def _check_said(row: AttemptRow) -> Iterator[Unchecked]:
    """Name an anchor that nothing says: neither a signed transaction nor a storage proof."""
    if row.state in ANCHORED and not row.raw and row.evidence is None:
        yield Unchecked("anchors", str(row.attempt), "raw, evidence", NO_PROOF)


def _check_evidence(
    row: AttemptRow, replay: Replay, root: bytes, code_hash: bytes
) -> Iterator[Difference]:
    key = str(row.attempt)
    if replay.genesis is None or row.evidence is None:
        return
    try:
        head = check_evidence(
            parse_evidence(parse_json(row.evidence)),
            contract=replay.genesis.contract,
            code_hash=code_hash,
            log=replay.log_id(),
        )
    except ItemProofError as error:
        yield Difference("anchors", key, "evidence", "a storage proof", str(error)[:64])
        return
    yield from compare(
        "anchors",
        key,
        column="evidence",
        expected=(row.tree_size, shown(root)),
        found=(head.tree_size, shown(head.root_hash)),
    )
    for column, expected in _of_evidence(head):
        found = getattr(row, column)
        yield from compare("anchors", key, column=column, expected=expected, found=found)


def _of_evidence(head: AnchoredHead) -> Iterator[tuple[str, object]]:
    """Yield what the evidence says of a row's columns."""
    yield "block_number", head.block_number
    yield "evidence_block_number", head.header_number
    yield "evidence_block_hash", head.header_hash
    if head.header_number == head.block_number:
        yield "block_hash", head.header_hash


def check_contract(log: LogReplay, head: tuple[int, bytes] | None) -> Iterator[Difference]:
    """Compare the contract's own head with the root that the store's entries have there."""
    if head is None:
        return
    size, root_hash = head
    if size > log.replay.size:
        expected, found = f"contract's head of {size}", f"log of {log.replay.size}"
        yield Difference("entries", "", "leaf_index", expected, found)
        return
    yield from compare(
        "checkpoints", str(size), column="root_hash", expected=root_hash, found=log.root(size)
    )
