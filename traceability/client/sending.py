"""Sending a signed batch until it is answered, and checking every answer: no key is needed.

1. What an earlier run left in the outbox is sent again first.
2. The whole body is kept in the outbox before anything is sent.
3. The node gives one answer for one statement, however often it is sent. Its receipt must be for
   this entry and signed by the trusted log key; then receipt, state and outbox are written.
4. Where the log already shows a head over the entry, the entry must be in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from traceability.client import faults
from traceability.client.heads import OK, LogView
from traceability.client.key_folder import MAX_OUTBOX_BYTES, KeyFolder, KeyState
from traceability.client.transport import Answer, Transport
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize
from traceability.hashing.envelope import Envelope, envelope_from_json
from traceability.hashing.statement import (
    BatchStatement,
    Receipt,
    entry_leaf_hash,
    parse_statement,
)
from traceability.merkle.checkpoint import Checkpoint
from traceability.strict_json import JSONValue, parse_json
from traceability.verify.receipt import open_receipt
from traceability.verify.trust import Trust

MEDIA_TYPE = "application/vnd.itemproof.batch+json"
TRIES = 5
MAX_WAIT_SECONDS = 30.0
CREATED = 201
# Answers that say nothing of the statement: it stays in the outbox.
OVERLOADED = (429, 502, 503, 504)
REFUSALS = (400, 403, 409, 413)
OF_THE_CALLER = ("NOT_AUTHENTICATED", "API_ROLE_MISSING")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that the log has, or has promised to have.

    `is_shown` tells whether a served head was proven to hold it; `receipt_file` is kept.
    """

    batch_root: bytes
    sequence: int
    entry_hash: bytes
    leaf_index: int
    receipt: Receipt
    receipt_file: Path
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed batch: the bytes to send, its envelope and what that says."""

    body: bytes
    envelope: Envelope
    statement: BatchStatement


class Sender:
    """Sends what one key has signed for one log.

    Parameters
    ----------
    folder
        Where the key's chain is remembered; one for each key, on a disk that lasts.
    sleep
        For tests.
    """

    def __init__(
        self,
        transport: Transport,
        trust: Trust,
        *,
        key_id: bytes,
        folder: KeyFolder,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._trust = trust
        self._key_id = key_id
        self._folder = folder
        self._sleep = sleep
        self._log = LogView(transport, trust)

    def send(self, body: bytes) -> Accepted:
        """Send a batch that was signed elsewhere; what was left unsent goes first.

        Raises
        ------
        NodeUnavailable, NodeRefusedCaller
            Not answered; it is in the outbox and goes first next time.
        BatchRefused
            The node refused it; it is set aside, and its number is free.
        SignedFileInvalid, KeyChainDiffers
            It is no signed batch of this key and log, or not the key's next one: not sent.
        """
        with self._folder.locked():
            signed = read_signed(body, log=self._trust.log, key_id=self._key_id)
            self._resume()
            sequence, known = signed.statement.header.sequence, self._state().next_sequence
            if known is not None and sequence > known:
                raise faults.KeyChainDiffers(
                    f"signed batch is not the key's next: expected number {known}, got {sequence}"
                )
            self._folder.keep_outbox(body)
            return self._deliver(signed)

    def resume(self) -> Accepted | None:
        """Send what an earlier run left in the outbox, and return its answer if there was any."""
        with self._folder.locked():
            return self._resume()

    def _resume(self) -> Accepted | None:
        body = self._folder.outbox()
        if body is None:
            return None
        signed = self._read(body)
        done = self._state().next_sequence
        if done is not None and signed.statement.header.sequence < done:
            # Its answer was kept: only the last step was missing.
            self._folder.clear_outbox()
            return None
        return self._deliver(signed)

    def _state(self) -> KeyState:
        return self._folder.state(log=self._trust.log, key_id=self._key_id)

    def _read(self, body: bytes) -> Signed:
        try:
            return read_signed(body, log=self._trust.log, key_id=self._key_id)
        except faults.SignedFileInvalid as error:
            raise faults.KeyFolderInvalid(f"file 'outbox.json' is damaged: {error}") from error

    def _newest(self) -> Checkpoint:
        """Return the served head, proven to continue the one seen last, and remember it."""
        state = self._state()
        try:
            head, note = self._log.newest(state.seen)
        except faults.SplitView as error:
            self._folder.keep_evidence({"first": state.seen, "second": error.note})
            raise
        if note != state.seen:
            self._folder.keep_state(replace(state, seen=note))
        return head

    # Sending.

    def _deliver(self, signed: Signed) -> Accepted:
        answer = self._answered(signed.body)
        value = object_of(answer)
        if answer.status not in (OK, CREATED):
            check_caller(value)
            if answer.status not in REFUSALS or "code" not in value:
                raise faults.NodeUnavailable(f"node answers {answer.status}: is it an ItemProof?")
            self._folder.set_aside(signed.statement.header.sequence, value)
            told = str(value.get("detail") or value.get("message") or value["code"])
            raise faults.BatchRefused(f"batch was refused: {told[:200]}", problem=value)
        return self._accept(signed, value)

    def _answered(self, body: bytes) -> Answer:
        """Send until there is an answer about the statement, or patience ends."""
        for attempt in range(TRIES):
            wait = float(2**attempt) / 4
            try:
                answer = self._transport.ask(
                    "POST", "/api/batches", body=body, media_type=MEDIA_TYPE
                )
                if answer.status not in OVERLOADED:
                    return answer
                wait = _retry_after(answer, wait)
                error = faults.NodeUnavailable(f"node is overloaded: it answers {answer.status}")
            except faults.NodeUnavailable as silent:
                error = silent
            if attempt == TRIES - 1:
                raise error
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _accept(self, signed: Signed, value: dict[str, JSONValue]) -> Accepted:
        """Check the receipt, then keep it, the state, and the outbox's end, in this order."""
        leaf_hash = entry_leaf_hash(signed.envelope)
        data = canonicalize(value.get("receipt"))
        receipt = open_receipt(data, self._trust)
        if receipt.entry_leaf_hash != leaf_hash:
            raise faults.ReceiptMismatch(
                f"receipt is for another entry: expected {leaf_hash.hex()[:16]}, "
                f"got {receipt.entry_leaf_hash.hex()[:16]}"
            )
        sequence = signed.statement.header.sequence
        place = self._folder.keep_receipt(sequence, value.get("receipt"))
        state = self._state()
        if state.next_sequence is None or sequence >= state.next_sequence:
            self._folder.keep_state(state.advanced(sequence, leaf_hash))
        self._folder.clear_outbox()
        return Accepted(
            batch_root=signed.statement.batch_root,
            sequence=sequence,
            entry_hash=leaf_hash,
            leaf_index=receipt.leaf_index,
            receipt=receipt,
            receipt_file=place,
            is_shown=self._is_shown(leaf_hash, receipt.leaf_index),
        )

    def _is_shown(self, leaf_hash: bytes, leaf_index: int) -> bool:
        """Demand the entry of a head that should have it; no head yet is no fault."""
        try:
            head = self._newest()
            if head.tree_size <= leaf_index:
                return False
            self._log.require_entry(leaf_hash, leaf_index, head)
        except faults.NodeUnavailable:
            return False
        return True


def object_of(answer: Answer) -> dict[str, JSONValue]:
    """Return an answer's JSON object; an empty one where it is none."""
    try:
        value = parse_json(answer.body)
    except ItemProofError:
        return {}
    return value if isinstance(value, dict) else {}


def check_caller(value: dict[str, JSONValue]) -> None:
    """Refuse to go on where the node refuses the API key."""
    if value.get("code") in OF_THE_CALLER:
        raise faults.NodeRefusedCaller(
            f"node refuses the API key: {str(value.get('message') or value['code'])[:200]}"
        )


def read_signed(body: bytes, *, log: bytes, key_id: bytes | None = None) -> Signed:
    """Return a signed batch of a log, and of a key if one is named.

    Raises
    ------
    SignedFileInvalid
    """
    try:
        value = parse_json(body, max_bytes=MAX_OUTBOX_BYTES)
        envelope = envelope_from_json(value["envelope"] if isinstance(value, dict) else None)
        statement = parse_statement(envelope.payload)
    except (ItemProofError, KeyError) as error:
        raise faults.SignedFileInvalid("file holds no signed batch") from error
    if not isinstance(statement, BatchStatement):
        raise faults.SignedFileInvalid(
            f"statement is none of a batch: expected 'batch', got {statement.type!r}"
        )
    header = statement.header
    if header.log != log or key_id not in (None, header.key):
        raise faults.SignedFileInvalid("signed batch is of another key or log")
    return Signed(body, envelope, statement)


def _retry_after(answer: Answer, otherwise: float) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), MAX_WAIT_SECONDS) if text.isascii() and text.isdigit() else otherwise
