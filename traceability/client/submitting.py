"""Signing a batch and sending it until it is answered: never two statements under one number.

1. What an earlier run left in the outbox is sent again first.
2. The served head must continue the one seen last; the node's word for where the key's chain
   stands must be this folder's own, once it has one.
3. The statement is signed, and the whole body kept in the outbox, before anything is sent.
4. The node gives one answer for one statement, however often it is sent. Its receipt must be for
   this entry and signed by the trusted log key; then receipt, state and outbox are written.
5. Where the log already shows a head over the entry, the entry must be in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from traceability.client import faults
from traceability.client.drafts import BatchDraft
from traceability.client.heads import OK, LogView
from traceability.client.key_folder import MAX_OUTBOX_BYTES, KeyFolder, KeyState
from traceability.client.transport import Answer, Transport
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import (
    STATEMENT_TYPE,
    Envelope,
    envelope_from_json,
    sign_envelope,
)
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import (
    BatchStatement,
    Header,
    Receipt,
    Seen,
    entry_leaf_hash,
    parse_statement,
    sound_payload,
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
class _Signed:
    """What is in the outbox."""

    body: bytes
    envelope: Envelope
    statement: BatchStatement


class Submitter:
    """Signs with one key for one log, and sends.

    Parameters
    ----------
    folder
        Where the key's chain is remembered; one for each key, on a disk that lasts.
    clock, sleep
        For tests.
    """

    def __init__(
        self,
        transport: Transport,
        trust: Trust,
        *,
        key: SecretKey,
        folder: KeyFolder,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._trust = trust
        self._key = key
        self._folder = folder
        self._clock = clock
        self._sleep = sleep
        self._log = LogView(transport, trust)

    def submit(self, draft: BatchDraft) -> Accepted:
        """Sign a batch and send it; what was left unsent goes first.

        Raises
        ------
        NodeUnavailable, NodeRefusedCaller
            Not answered; it is in the outbox and goes first next time.
        BatchRefused
            The node refused it; it is set aside, and its number is free.
        KeyNotUsable, KeyChainDiffers, SplitView
            Nothing was signed.
        """
        with self._folder.locked():
            self._resume()
            signed = self._sign(draft)
            self._folder.keep_outbox(signed.body)
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
        return self._folder.state(log=self._trust.log, key_id=self._key.key_id)

    def _read(self, body: bytes) -> _Signed:
        try:
            value = parse_json(body, max_bytes=MAX_OUTBOX_BYTES)
            envelope = envelope_from_json(value["envelope"] if isinstance(value, dict) else None)
            statement = parse_statement(envelope.payload)
        except (ItemProofError, KeyError) as error:
            raise faults.KeyFolderInvalid("file 'outbox.json' is damaged") from error
        if not isinstance(statement, BatchStatement) or (
            statement.header.key != self._key.key_id or statement.header.log != self._trust.log
        ):
            raise faults.KeyFolderInvalid("file 'outbox.json' is of another key or log")
        return _Signed(body, envelope, statement)

    # Signing.

    def _sign(self, draft: BatchDraft) -> _Signed:
        head = self._newest()
        header, participant = self._next(head)
        statement = BatchStatement(
            header=header,
            participant=participant,
            seen=Seen(head.tree_size, head.root_hash),
            record_count=draft.record_count,
            batch_root=draft.batch_root,
        )
        envelope = sign_envelope(STATEMENT_TYPE, sound_payload(statement), [self._key])
        body = canonicalize({"envelope": envelope.to_json(), **draft.to_json()})
        return _Signed(body, envelope, statement)

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

    def _next(self, head: Checkpoint) -> tuple[Header, bytes]:
        """Return the header of the key's next statement, and whose key it is."""
        found = self._registered()
        sequence, previous = _number(found, "next_sequence"), _digest(found, "previous")
        registered_at = _number(found, "registered_at")
        if head.tree_size <= registered_at:
            raise faults.NodeUnavailable("node shows no head over the key's registration yet")
        state = self._state()
        known = (state.next_sequence, state.previous)
        if state.next_sequence is not None and known != (sequence, previous):
            raise faults.KeyChainDiffers(
                f"node and folder do not agree on the key's chain: expected {known[0]} statements "
                f"after {state.previous.hex()[:16]}, got {sequence} after {previous.hex()[:16]}"
            )
        participant = bytes.fromhex(str(found.get("participant")))
        now = self._clock().astimezone(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return Header(self._trust.log, self._key.key_id, sequence, previous, now), participant

    def _registered(self) -> dict[str, JSONValue]:
        answer = self._transport.ask("GET", f"/api/keys/{self._key.key_id.hex()}")
        value = _object(answer)
        if answer.status != OK:
            _check_caller(value)
            if value.get("code") == "KEY_NOT_FOUND":
                raise faults.KeyNotUsable(
                    f"node does not know the key {self._key.key_id.hex()[:16]}: register it first"
                )
            raise faults.NodeUnavailable(f"node answers {answer.status} when asked for the key")
        if value.get("live") is not True:
            raise faults.KeyNotUsable("key is revoked: sign with another one")
        if value.get("registered_at") is None:
            raise faults.KeyNotUsable("key's registration is not in the log yet: try again")
        return value

    # Sending.

    def _deliver(self, signed: _Signed) -> Accepted:
        answer = self._answered(signed.body)
        value = _object(answer)
        if answer.status not in (OK, CREATED):
            _check_caller(value)
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

    def _accept(self, signed: _Signed, value: dict[str, JSONValue]) -> Accepted:
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
        self._folder.keep_state(self._state().advanced(sequence, leaf_hash))
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


def _object(answer: Answer) -> dict[str, JSONValue]:
    try:
        value = parse_json(answer.body)
    except ItemProofError:
        return {}
    return value if isinstance(value, dict) else {}


def _check_caller(value: dict[str, JSONValue]) -> None:
    if value.get("code") in OF_THE_CALLER:
        raise faults.NodeRefusedCaller(
            f"node refuses the API key: {str(value.get('message') or value['code'])[:200]}"
        )


def _number(found: dict[str, JSONValue], name: str) -> int:
    value = found.get(name)
    if not isinstance(value, int) or value < 0:
        raise faults.NodeUnavailable(f"node does not say {name!r} of the key")
    return value


def _digest(found: dict[str, JSONValue], name: str) -> bytes:
    value = found.get(name)
    if not isinstance(value, str):
        raise faults.NodeUnavailable(f"node does not say {name!r} of the key")
    return b64u_decode(value, length=32)


def _retry_after(answer: Answer, otherwise: float) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), MAX_WAIT_SECONDS) if text.isascii() and text.isdigit() else otherwise
